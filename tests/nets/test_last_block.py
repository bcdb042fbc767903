import pytest
import timm
from torch import nn

from sonosift.errors import SonosiftError
from sonosift.nets.last_block import last_block


def names_of(net):
    wanted = {id(weight) for module in last_block(net) for weight in module.parameters()}
    return {name for name, weight in net.named_parameters() if id(weight) in wanted}


def test_a_resnet18_gives_the_second_block_of_its_last_layer():
    net = timm.create_model("resnet18", num_classes=0)
    found = names_of(net)
    assert found == {name for name, _ in net.named_parameters() if name.startswith("layer4.1.")}
    assert len(found) == 6  # two convolutions and two normalisations


@pytest.mark.parametrize(
    ("name", "beginnings"),
    [
        ("test_vit", ("blocks.5.", "norm.")),
        ("densenet121", ("features.denseblock4.", "features.norm5.")),
        ("test_efficientnet", ("blocks.4.", "conv_head.", "bn2.")),
    ],
)
def test_other_networks(name, beginnings):
    net = timm.create_model(name, num_classes=0)
    found = names_of(net)
    assert found
    assert len(found) < len(list(net.parameters()))
    assert {key for key in found if not key.startswith(beginnings)} == set()


def test_a_network_of_another_shape_is_refused():
    with pytest.raises(SonosiftError, match="no last block"):
        last_block(nn.Linear(2, 2))

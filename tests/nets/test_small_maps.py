import pytest
import timm
import torch
from torch import nn

from sonosift.nets.backbone import Backbone
from sonosift.nets.small_maps import SmallMapConv2d, compute_small_maps_as_products


def twins(**of_the_layer):
    """The same layer twice, once as torch computes it."""
    plain = nn.Conv2d(64, 48, **of_the_layer)
    ours = nn.Sequential(nn.Conv2d(64, 48, **of_the_layer))
    ours[0].load_state_dict(plain.state_dict())
    compute_small_maps_as_products(ours)
    return plain, ours.train()


@pytest.mark.parametrize("side", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "layer",
    [
        {"kernel_size": 3, "padding": 1, "bias": False},
        {"kernel_size": 3, "padding": 1, "stride": 2},
        {"kernel_size": (3, 5), "padding": (1, 2), "stride": (2, 1)},
        {"kernel_size": 2, "padding": 1},
    ],
    ids=str,
)
def test_answers_and_gradients_are_torch_s(side, layer):
    plain, ours = twins(**layer)
    images = torch.randn(3, 64, side, side + 1).to(memory_format=torch.channels_last)
    found = []
    for network in (plain, ours):
        given = images.clone().requires_grad_()
        answer = network(given)
        (answer * torch.linspace(0, 1, answer.numel()).view_as(answer)).sum().backward()
        found.append([answer, given.grad, *(weight.grad for weight in network.parameters())])
    for expected, mine in zip(*found, strict=True):
        torch.testing.assert_close(mine, expected, rtol=1e-4, atol=1e-4)


def test_only_small_maps_are_computed_so_and_only_to_learn_or_embed(monkeypatch):
    plain, ours = twins(kernel_size=3, padding=1)
    used = []
    around = SmallMapConv2d._around

    def counted(layer):
        used.append(1)
        return around(layer)

    monkeypatch.setattr(SmallMapConv2d, "_around", counted)
    small = torch.randn(1, 64, 2, 2)
    ours(small)
    assert used == [1]
    ours(torch.randn(1, 64, 4, 4))
    with torch.no_grad():
        assert torch.equal(ours.eval()(small), plain(small))
    assert used == [1]
    with torch.inference_mode():
        torch.testing.assert_close(ours(small), plain(small))
    assert used == [1, 1]


def test_a_backbone_keeps_its_weights_names_and_its_answers():
    backbone = Backbone("resnet18")
    assert any(type(module) is SmallMapConv2d for module in backbone.modules())
    timms = timm.create_model("resnet18", num_classes=0, in_chans=1)
    timms.load_state_dict(backbone.net.state_dict())
    images = torch.rand(4, 1, 64, 64)
    torch.testing.assert_close(backbone.net(images), timms(images), rtol=1e-3, atol=1e-4)


def test_grouped_and_narrow_layers_stay_as_they_are():
    network = nn.Sequential(
        nn.Conv2d(64, 64, 3, groups=64), nn.Conv2d(8, 8, 3), nn.Conv2d(64, 64, 1), nn.Conv2d(64, 64, 3, dilation=2),
        nn.Conv2d(64, 64, 3, padding="same"), nn.Conv2d(64, 64, 3, padding=1, padding_mode="reflect"),
    )  # fmt: skip
    compute_small_maps_as_products(network)
    assert not any(type(module) is SmallMapConv2d for module in network)


def test_a_compiled_network_keeps_its_convolutions_and_its_gradients():
    # The layer after ours is the one that failed: the compiler took it for one outside bf16.
    net = nn.Sequential(nn.Conv2d(64, 256, 3, padding=1, bias=False), nn.ReLU(), nn.Conv2d(256, 8, 1, bias=False))
    compute_small_maps_as_products(net.train())
    images = torch.randn(2, 64, 7, 7).to(memory_format=torch.channels_last)
    found = []
    for network in (net, torch.compile(net, backend="aot_eager")):
        net.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            network(images).square().mean().backward()
        found.append([weight.grad.clone() for weight in net.parameters()])
    for expected, compiled in zip(*found, strict=True):
        torch.testing.assert_close(compiled, expected, rtol=0.05, atol=2e-3)

import copy

import pytest
import timm
import torch
from timm.layers import Conv2dSame
from torch import nn

from sonosift.nets.backbone import Backbone
from sonosift.nets.depthwise_in_float32 import compute_depthwise_in_float32

BF16 = {"device_type": "cpu", "dtype": torch.bfloat16}


def depthwise(kind):
    return nn.Sequential(kind(8, 16, 3, stride=2, groups=8, bias=False))


@pytest.mark.parametrize("kind", [nn.Conv2d, Conv2dSame])
def test_under_autocast_answers_and_gradients_are_those_of_float32(kind):
    plain = depthwise(kind)
    ours = copy.deepcopy(plain)
    compute_depthwise_in_float32(ours)
    images = torch.randn(2, 8, 9, 9).bfloat16()
    with torch.autocast(**BF16):
        answer = ours(images)
    expected = plain(images.float())
    assert answer.dtype == torch.float32
    assert torch.equal(answer, expected)
    for one in (answer, expected):
        one.square().sum().backward()
    assert torch.equal(ours[0].weight.grad, plain[0].weight.grad)


def test_other_convolutions_and_computing_without_autocast_are_left_alone():
    net = nn.Sequential(nn.Conv2d(4, 8, 3), nn.Conv2d(8, 8, 3, groups=2), nn.Conv2d(1, 4, 3))
    compute_depthwise_in_float32(net)
    assert [type(one) for one in net] == [nn.Conv2d] * 3
    ours = depthwise(nn.Conv2d)
    for _ in range(2):
        compute_depthwise_in_float32(ours)
    assert type(ours[0]).__mro__.count(nn.Conv2d) == 1
    assert ours.double()(torch.ones(1, 8, 5, 5, dtype=torch.float64)).dtype == torch.float64


def test_a_backbone_has_them_and_its_weights_keep_their_names():
    ours = Backbone("tf_efficientnet_lite0")
    layers = [one for one in ours.net.modules() if isinstance(one, nn.Conv2d) and one.groups > 1]
    assert layers
    seen = []
    for layer in layers:
        layer.register_forward_hook(lambda _layer, _given, answer: seen.append(answer.dtype))
    with torch.autocast(**BF16):
        ours.train()(torch.rand(2, 1, 32, 32)).sum().backward()
    assert seen == [torch.float32] * len(layers)
    assert ours.net.state_dict().keys() == timm.create_model("tf_efficientnet_lite0", num_classes=0).state_dict().keys()

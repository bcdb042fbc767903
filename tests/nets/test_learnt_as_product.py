import pytest
import torch
from torch.nn import functional as F

from sonosift.nets import learnt_as_product
from sonosift.nets.backbone import Backbone
from sonosift.nets.learnt_as_product import FEWEST_CHANNELS, MOST_PLACES, convolve, gains

LAYERS = [((3, 3), (1, 1), (1, 1)), ((3, 3), (2, 2), (1, 1)), ((1, 1), (2, 2), (0, 0)), ((3, 5), (2, 1), (0, 2))]


def gradients(convolution, dtype, kernel, stride, padding):
    draw = torch.Generator().manual_seed(0)
    images = torch.randn(3, 16, 9, 8, generator=draw, dtype=torch.float64).to(memory_format=torch.channels_last)
    weight = torch.randn(24, 16, *kernel, generator=draw, dtype=torch.float64)
    images, weight = (given.to(dtype).requires_grad_() for given in (images, weight))
    answer = convolution(images, weight, stride, padding)
    answer.backward(torch.randn(answer.shape, generator=draw, dtype=torch.float64).to(dtype))
    return answer.detach(), images.grad, weight.grad


def torch_s(images, weight, stride, padding):
    return F.conv2d(images, weight, None, stride, padding)


@pytest.mark.parametrize(("kernel", "stride", "padding"), LAYERS, ids=str)
def test_answers_and_gradients_are_torch_s(kernel, stride, padding):
    expected = gradients(torch_s, torch.float64, kernel, stride, padding)
    found = gradients(convolve, torch.float64, kernel, stride, padding)
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize(("kernel", "stride", "padding"), LAYERS, ids=str)
def test_in_bf16_they_are_as_near_the_exact_ones_as_torch_s_and_the_same_each_time(kernel, stride, padding):
    exact = gradients(torch_s, torch.float64, kernel, stride, padding)
    theirs = gradients(torch_s, torch.bfloat16, kernel, stride, padding)
    found, again = (gradients(convolve, torch.bfloat16, kernel, stride, padding) for _ in range(2))
    for mine, once_more, other, truth in zip(found, again, theirs, exact, strict=True):
        assert torch.equal(mine, once_more)
        assert (mine - truth).norm() < 1.1 * (other - truth).norm()


def test_only_small_wide_maps_in_bf16_gain():
    assert gains(MOST_PLACES, FEWEST_CHANNELS, torch.bfloat16)
    assert not gains(MOST_PLACES + 1, FEWEST_CHANNELS, torch.bfloat16)
    assert not gains(MOST_PLACES, FEWEST_CHANNELS - 1, torch.bfloat16)
    assert not gains(MOST_PLACES, FEWEST_CHANNELS, torch.float32)


def test_a_network_learns_the_same_with_it(monkeypatch):
    """The weights' gradients at 64 pixels, where the map has 4x4 places in the third stage."""
    backbone, used = Backbone("resnet18").to(memory_format=torch.channels_last).train(), []
    images = torch.rand(8, 1, 64, 64, generator=torch.Generator().manual_seed(0))

    def learnt():
        backbone.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            features = backbone(images)
        features.float().square().mean().backward()
        return torch.cat([weight.grad.flatten() for weight in backbone.parameters()])

    whole = learnt_as_product.convolve
    monkeypatch.setattr(learnt_as_product, "convolve", lambda *given: used.append(1) or whole(*given))
    mine = learnt()
    assert len(used) == 4  # 3x3 layers with 256 channels out; those with 512 see 2x2 places and are products throughout
    monkeypatch.setattr(learnt_as_product, "MOST_PLACES", 0)
    theirs = learnt()
    assert len(used) == 4
    assert (mine - theirs).norm() < 0.02 * theirs.norm()
    with torch.inference_mode():
        backbone.eval()(images)
    assert len(used) == 4

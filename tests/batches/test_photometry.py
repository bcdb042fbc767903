import cv2
import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from sonosift.batches.photometry import blurred, rotated, solarized


def images(count=4, side=40):
    return torch.rand(count, 1, side, side, generator=torch.Generator().manual_seed(0))


def test_blur_is_opencv_s_blur_with_each_image_s_own_sigma():
    pictures, sigmas = images(), torch.tensor([0.0, 0.7, 1.3, 2.0])
    found = blurred(pictures, sigmas)
    torch.testing.assert_close(found[0], pictures[0], atol=1e-6, rtol=0)
    for picture, result, sigma in zip(pictures[1:, 0], found[1:, 0], sigmas[1:], strict=True):
        side = 2 * int(np.ceil(3 * 2.0)) + 1
        expected = cv2.GaussianBlur(picture.numpy(), (side, side), float(sigma), borderType=cv2.BORDER_REFLECT_101)
        np.testing.assert_allclose(result.numpy(), expected, atol=1e-5)


def test_blur_keeps_a_flat_image_and_the_mean():
    flat = torch.full((1, 1, 20, 20), 0.3)
    torch.testing.assert_close(blurred(flat, torch.tensor([1.5])), flat)
    assert blurred(flat, torch.tensor([0.0])) is flat


def test_solarize_is_torchvision_s():
    pictures = images(2)
    found = solarized(pictures, torch.tensor([True, False]))
    torch.testing.assert_close(found[0], tv.solarize(pictures[0], 0.5))
    assert torch.equal(found[1], pictures[1])


@pytest.mark.parametrize("degrees", [10.0, -25.0, 90.0])
def test_rotation_is_torchvision_s(degrees):
    pictures = images(1, 41)
    found = rotated(pictures, torch.tensor([degrees]))
    expected = tv.rotate(pictures, degrees, interpolation=tv.InterpolationMode.BILINEAR)
    torch.testing.assert_close(found[..., 5:-5, 5:-5], expected[..., 5:-5, 5:-5], atol=2e-3, rtol=0)

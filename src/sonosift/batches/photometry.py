"""Changes of the grey values of a batch of views, each with a number of its own per image."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

# Beyond three sigma a Gaussian adds less than a grey level.
_REACH = 3.0


def jitter(images: Tensor, brightness: Tensor, contrast: Tensor) -> Tensor:
    """Scale the grey values by ``brightness``, then their distance from the image's mean by ``contrast``.

    Held to 0..1 after each of the two, as torchvision does: what became too bright has lost its detail, and the mean
    is that of the brightened image.

    Args:
        images: ``[B, 1, H, W]`` in 0..1.
        brightness: ``[B]`` factors.
        contrast: ``[B]`` factors.
    """
    bright = (images * brightness[:, None, None, None]).clamp_(0.0, 1.0)
    gain = contrast[:, None, None, None]
    offset = (1 - gain) * bright.mean(dim=(2, 3), keepdim=True)
    return bright.mul_(gain).add_(offset).clamp_(0.0, 1.0)


def blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """Blur each image with a Gaussian of its own; sigma 0 leaves it as it is.

    Args:
        images: ``[B, 1, H, W]``.
        sigma: ``[B]`` in pixels.
    """
    largest = float(sigma.max()) if len(sigma) else 0.0
    if largest <= 0:
        return images
    count, _, height, width = images.shape
    reach = min(math.ceil(_REACH * largest), height - 1, width - 1)
    distance = torch.arange(-reach, reach + 1, device=images.device, dtype=images.dtype)
    kernel = torch.exp(-0.5 * (distance / sigma.to(images).clamp(min=1e-3)[:, None]) ** 2)
    kernel = kernel / kernel.sum(dim=1, keepdim=True)
    as_channels = F.pad(images.view(1, count, height, width), (reach,) * 4, mode="reflect")
    down = F.conv2d(as_channels, kernel[:, None, :, None], groups=count)
    return F.conv2d(down, kernel[:, None, None, :], groups=count).view_as(images)


def solarized(images: Tensor, chosen: Tensor) -> Tensor:
    """Turn pixels at or above the middle grey into their negative, in the chosen images.

    Args:
        images: ``[B, 1, H, W]`` in 0..1.
        chosen: ``[B]`` booleans.
    """
    return torch.where(chosen[:, None, None, None] & (images >= 0.5), 1.0 - images, images)


def rotated(images: Tensor, degrees: Tensor) -> Tensor:
    """Turn each image about its middle, black where nothing was.

    Args:
        images: ``[B, 1, S, S]``.
        degrees: ``[B]``, counter-clockwise.
    """
    angle = torch.deg2rad(degrees).to(images)
    matrix = torch.zeros(len(images), 2, 3, device=images.device, dtype=images.dtype)
    matrix[:, 0, 0], matrix[:, 0, 1] = torch.cos(angle), -torch.sin(angle)
    matrix[:, 1, 0], matrix[:, 1, 1] = torch.sin(angle), torch.cos(angle)
    # The grid asks where each pixel comes from, in an image whose y axis points down.
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)

"""The pool of fourteen operations that FUSC's strong view draws from, each with a strength of its own per image.

All take ``[B, 1, S, S]`` float images in 0..1 and ``[B]`` numbers in 0..1 that say how strong, and keep 0..1. On grey
images the operation on colours does nothing; it stays in the pool, so that the others come up as often as published.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from sonosift.batches.photometry import jitter, rotated

Operation = Callable[[Tensor, Tensor], Tensor]

_LARGEST_ANGLE = 30.0
_LARGEST_SHEAR = 0.1
_LARGEST_SHIFT = 0.1


def identity(images: Tensor, amount: Tensor) -> Tensor:  # noqa: ARG001 (one signature for all)
    """Leave the images as they are."""
    return images


def autocontrast(images: Tensor, amount: Tensor) -> Tensor:  # noqa: ARG001
    """Stretch each image's grey values to 0..1; an image of one grey stays."""
    low, high = images.amin(dim=(2, 3), keepdim=True), images.amax(dim=(2, 3), keepdim=True)
    stretched = (images - low) / (high - low).clamp(min=1e-6)
    return torch.where(high > low, stretched, images)


def equalize(images: Tensor, amount: Tensor) -> Tensor:  # noqa: ARG001
    """Make all 256 grey levels about equally common, as Pillow does it; an image of one grey stays."""
    count = len(images)
    levels = (images * 255).round().long().view(count, -1)
    histogram = torch.zeros(count, 256, dtype=torch.long, device=images.device)
    histogram.scatter_add_(1, levels, torch.ones_like(levels))
    # The highest level that occurs is not counted into the step (Pillow).
    occurring = (histogram > 0) * torch.arange(256, device=images.device)
    last = histogram.gather(1, occurring.amax(dim=1, keepdim=True))
    step = (histogram.sum(dim=1, keepdim=True) - last) // 255
    before = histogram.cumsum(dim=1) - histogram
    table = ((before + step // 2) // step.clamp(min=1)).clamp(0, 255)
    equalized = table.gather(1, levels).view_as(images).to(images.dtype) / 255
    return torch.where((step > 0)[:, :, None, None], equalized, images)


def rotate(images: Tensor, amount: Tensor) -> Tensor:
    """Turn by up to 30 degrees either way."""
    return rotated(images, (2 * amount - 1) * _LARGEST_ANGLE)


def solarize(images: Tensor, amount: Tensor) -> Tensor:
    """Invert what is at least as bright as a threshold from 0 to 256 of 255."""
    threshold = (amount * 256 / 255)[:, None, None, None]
    return torch.where(images >= threshold, 1.0 - images, images)


def contrast(images: Tensor, amount: Tensor) -> Tensor:
    """Multiply the distance from the mean grey by 0.05 to 0.95."""
    return jitter(images, torch.ones_like(amount), _factor(amount))


def brightness(images: Tensor, amount: Tensor) -> Tensor:
    """Multiply the grey values by 0.05 to 0.95."""
    return jitter(images, _factor(amount), torch.ones_like(amount))


def sharpness(images: Tensor, amount: Tensor) -> Tensor:
    """Blend with a smoothed image, of which 5 to 95 % is the image itself; the border is not smoothed (Pillow)."""
    kernel = torch.ones(1, 1, 3, 3, device=images.device, dtype=images.dtype)
    kernel[..., 1, 1] = 5.0
    smooth = images.clone()
    smooth[..., 1:-1, 1:-1] = F.conv2d(images, kernel / kernel.sum())
    factor = _factor(amount)[:, None, None, None]
    return (smooth + factor * (images - smooth)).clamp(0.0, 1.0)


def shear_across(images: Tensor, amount: Tensor) -> Tensor:
    """Slant by up to 0.1 pixels per pixel, along the rows."""
    return moved(images, 0, 1, (2 * amount - 1) * _LARGEST_SHEAR)


def shear_down(images: Tensor, amount: Tensor) -> Tensor:
    """Slant by up to 0.1 pixels per pixel, along the columns."""
    return moved(images, 1, 0, (2 * amount - 1) * _LARGEST_SHEAR)


def shift_across(images: Tensor, amount: Tensor) -> Tensor:
    """Move by up to a tenth of the width."""
    return moved(images, 0, 2, (2 * amount - 1) * 2 * _LARGEST_SHIFT)


def shift_down(images: Tensor, amount: Tensor) -> Tensor:
    """Move by up to a tenth of the height."""
    return moved(images, 1, 2, (2 * amount - 1) * 2 * _LARGEST_SHIFT)


def posterize(images: Tensor, amount: Tensor) -> Tensor:
    """Keep the upper 4 to 8 bits of each grey value."""
    bits = 4 + (amount * 5).long().clamp(max=4)
    mask = (256 - 2 ** (8 - bits))[:, None, None, None]
    return ((images * 255).round().long() & mask).to(images.dtype) / 255


POOL: tuple[Operation, ...] = (
    identity, autocontrast, equalize, rotate, solarize, identity, contrast, brightness, sharpness, shear_across,
    shear_down, shift_across, shift_down, posterize,
)  # fmt: skip
"""The second identity stands for the change of colours."""


def apply_from_pool(images: Tensor, chosen: Tensor, amount: Tensor, pool: tuple[Operation, ...] = POOL) -> Tensor:
    """Apply to each image its own operation.

    Args:
        images: ``[B, 1, S, S]`` in 0..1.
        chosen: ``[B]`` numbers of operations in ``pool``.
        amount: ``[B]`` strengths as the operations of this pool take them; in 0..1 for FUSC's.
        pool: what is chosen from.
    """
    chosen, amount = chosen.to(images.device), amount.to(images)
    result = images.clone()
    for number, operation in enumerate(pool):
        if operation is identity:
            continue
        rows = (chosen == number).nonzero(as_tuple=True)[0]
        if len(rows):
            result[rows] = operation(images[rows], amount[rows])
    return result


def _factor(amount: Tensor) -> Tensor:
    return 0.05 + 0.9 * amount


def moved(images: Tensor, row: int, column: int, by: Tensor) -> Tensor:
    """Sample each image through an affine map that differs from the identity in one entry; black where nothing was.

    Args:
        images: ``[B, 1, S, S]``.
        row: of the map's ``[2, 3]`` matrix: 0 says where across, 1 where down a pixel comes from.
        column: of the matrix: 0 and 1 shear, 2 shifts, in units of half a side.
        by: ``[B]``, the entry.
    """
    matrix = torch.zeros(len(images), 2, 3, device=images.device, dtype=images.dtype)
    matrix[:, 0, 0] = matrix[:, 1, 1] = 1.0
    matrix[:, row, column] = by
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)

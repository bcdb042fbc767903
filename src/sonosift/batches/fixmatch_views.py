"""FixMatch's two views: a weak one, mirrored and moved a little, and the same after RandAugment and a grey square.

RandAugment draws from the operations that USB keeps for grey medical images: whatever inverts, posterises or stretches
the grey values is left out.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sonosift.batches.cutout import cutout
from sonosift.batches.operation_pool import (
    Operation,
    apply_from_pool,
    brightness,
    equalize,
    identity,
    moved,
    rotate,
    sharpness,
)
from sonosift.batches.random_views import centre_view, mirrored
from sonosift.batches.view_draws import ViewDraws

_LARGEST_SHIFT = 1 / 8
"""Of the weak view, as a share of the side."""
_OPERATIONS = 2
_CHANCE = 0.5
_LEVELS = 10
_REACH = 0.3
"""Largest shear, and largest shift of the strong view as a share of the side."""
_COVERED = 0.5
"""Side of the square, as a share of the image's."""
_GREY = 127 / 255


def moved_view(frames: Tensor, size: int, draws: ViewDraws) -> Tensor:
    """Return the weak view: mirrored or not, and moved by up to an eighth of the side; edges are reflected.

    Args:
        frames: ``[B, H, W]`` uint8.
        size: pixels of a view.
        draws: the random numbers of the batch.
    """
    count = len(frames)
    images = mirrored(centre_view(frames, size), draws)
    most = int(size * _LARGEST_SHIFT)
    across, down = (draws.integers(count, 2 * most + 1) - most for _ in range(2))
    return shifted(images, across, down)


def shifted(images: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """Move each image by whole pixels to the right and down; what comes in is its own reflection.

    Args:
        images: ``[B, 1, S, S]``.
        across: ``[B]``, less than S either way.
        down: the same.
    """
    rows = _reflected(down.to(images.device), images.shape[2])[:, None, :, None].expand(-1, 1, -1, images.shape[3])
    columns = _reflected(across.to(images.device), images.shape[3])[:, None, None, :].expand(-1, 1, images.shape[2], -1)
    return images.gather(2, rows).gather(3, columns)


def randaugmented(images: Tensor, draws: ViewDraws) -> Tensor:
    """Return the strong view of weak ones: two operations, each with a chance of one half, and a grey square.

    Args:
        images: ``[B, 1, S, S]`` in 0..1.
        draws: the random numbers of the batch.
    """
    count, side = len(images), images.shape[-1]
    for _ in range(_OPERATIONS):
        chosen = draws.integers(count, len(GREY_POOL))
        # Number 0 leaves an image as it is.
        chosen = torch.where(draws.uniform(count) < _CHANCE, chosen, torch.zeros_like(chosen))
        level = (1 + draws.integers(count, _LEVELS - 1)) / _LEVELS
        sign = 1.0 - 2.0 * draws.integers(count, 2)
        images = apply_from_pool(images, chosen, level * sign, GREY_POOL)
    across, down = draws.uniform(count, 2)
    return cutout(images, torch.full((count,), _COVERED * side), across, down, _GREY)


def _reflected(by: Tensor, size: int) -> Tensor:
    """Say for each pixel of a moved line which one of the old line stands there."""
    wanted = torch.arange(size, device=by.device)[None] - by[:, None]
    return (size - 1) - ((size - 1) - wanted.abs()).abs()


# Each takes a level in -1..1; where there is no direction its sign does not matter.


def _brightness(images: Tensor, level: Tensor) -> Tensor:
    return brightness(images, level.abs())


def _sharpness(images: Tensor, level: Tensor) -> Tensor:
    return sharpness(images, level.abs())


def _rotate(images: Tensor, level: Tensor) -> Tensor:
    return rotate(images, (1 + level) / 2)


def _shear_across(images: Tensor, level: Tensor) -> Tensor:
    return moved(images, 0, 1, _REACH * level)


def _shear_down(images: Tensor, level: Tensor) -> Tensor:
    return moved(images, 1, 0, _REACH * level)


def _shift_across(images: Tensor, level: Tensor) -> Tensor:
    # The grid that images are sampled on is two units wide.
    return moved(images, 0, 2, 2 * _REACH * level)


def _shift_down(images: Tensor, level: Tensor) -> Tensor:
    return moved(images, 1, 2, 2 * _REACH * level)


GREY_POOL: tuple[Operation, ...] = (
    identity, _brightness, equalize, _rotate, _sharpness, _shear_across, _shear_down, _shift_across, _shift_down,
)  # fmt: skip

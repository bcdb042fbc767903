"""FUSC's strong view: a random place, a mirror image, four operations from the pool, a small hole."""

from __future__ import annotations

from torch import Tensor

from sonosift.batches.cutout import cutout
from sonosift.batches.operation_pool import POOL, apply_from_pool
from sonosift.batches.random_views import mirrored, weak_view
from sonosift.batches.view_draws import ViewDraws

_OPERATIONS = 4
_LARGEST_HOLE = 16
_HOLE_AT = 224
"""The published hole measures up to 16 pixels in a view of 224; in smaller views it shrinks with them."""


def fusc_view(frames: Tensor, size: int, draws: ViewDraws) -> Tensor:
    """Return ``[B, 1, size, size]`` in 0..1; the operations are drawn with replacement.

    Args:
        frames: ``[B, H, W]`` uint8.
        size: pixels of a view.
        draws: the random numbers of the batch.
    """
    count = len(frames)
    images = mirrored(weak_view(frames, size, draws), draws)
    for _ in range(_OPERATIONS):
        images = apply_from_pool(images, draws.integers(count, len(POOL)), draws.uniform(count))
    return with_hole(images, *draws.uniform(count, 3))


def with_hole(images: Tensor, length: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """Blacken a small square anywhere in the image.

    Args:
        images: ``[B, 1, S, S]``.
        length: ``[B]`` in 0..1, from the smallest side to the largest.
        across: ``[B]`` in 0..1, where the middle lies.
        down: the same, from the top.
    """
    largest = max(1.0, _LARGEST_HOLE * images.shape[-1] / _HOLE_AT)
    side = (1 + (length * largest).floor()).clamp(max=largest)
    return cutout(images, side, across, down)

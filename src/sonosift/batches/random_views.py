"""Random views of a batch of frames, computed for the whole batch at once on the training device.

All views take ``[B, H, W]`` uint8 frames and return ``[B, 1, size, size]`` float32 in 0..1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sonosift.batches.crop_resize import Boxes, crop_resize
from sonosift.batches.view_presets import ViewPreset

_ATTEMPTS = 10

# The canvas that weak crops are cut from is this much larger than the crop (256 to 224, as usual for this network).
CANVAS_OVER_CROP = 8 / 7


def canvas_size(size: int) -> int:
    """Pixels of the frames that ``size``-pixel crops are cut from.

    >>> canvas_size(224), canvas_size(96)
    (256, 110)
    """
    return round(size * CANVAS_OVER_CROP)


def centre_view(frames: Tensor, size: int) -> Tensor:
    """The view for evaluation: the middle of the frame at the scale of the weak view, nothing random."""
    height, width = frames.shape[1:]
    box_height, box_width = _crop_side(height), _crop_side(width)
    ones = torch.ones(len(frames))
    boxes = Boxes(
        ones * ((height - box_height) // 2),
        ones * ((width - box_width) // 2),
        ones * box_height,
        ones * box_width,
        torch.zeros(len(frames), dtype=torch.bool),
    )
    return crop_resize(frames, boxes, size)


def weak_view(frames: Tensor, size: int, draws: torch.Generator) -> Tensor:
    """The weak view of PICA's published configuration: resize, then crop at a random place; no flip, no grey change."""
    count, height, width = frames.shape
    box_height, box_width = _crop_side(height), _crop_side(width)
    ones = torch.ones(count)
    boxes = Boxes(
        torch.randint(0, height - box_height + 1, (count,), generator=draws).float(),
        torch.randint(0, width - box_width + 1, (count,), generator=draws).float(),
        ones * box_height,
        ones * box_width,
        torch.zeros(count, dtype=torch.bool),
    )
    return crop_resize(frames, boxes, size)


def strong_view(frames: Tensor, size: int, preset: ViewPreset, draws: torch.Generator) -> Tensor:
    """Random resized crop, then brightness and contrast, then a mirror image, each drawn per image."""
    count, height, width = frames.shape
    boxes = random_boxes(count, height, width, preset, draws)
    factors = torch.rand(2, count, generator=draws) * 2 - 1
    brightness = (1 + preset.brightness * factors[0]).to(frames.device)
    contrast = (1 + preset.contrast * factors[1]).to(frames.device)
    return jitter(crop_resize(frames, boxes, size), brightness, contrast)


def jitter(images: Tensor, brightness: Tensor, contrast: Tensor) -> Tensor:
    """Scale the grey values by ``brightness`` and their distance from the image's mean by ``contrast``.

    Both in one pass, held to 0..1 at the end.

    Args:
        images: ``[B, 1, H, W]`` in 0..1.
        brightness: ``[B]`` factors.
        contrast: ``[B]`` factors.
    """
    mean = images.mean(dim=(2, 3), keepdim=True)
    gain = (brightness * contrast)[:, None, None, None]
    offset = (brightness * (1 - contrast))[:, None, None, None] * mean
    return (images * gain + offset).clamp_(0.0, 1.0)


def random_boxes(count: int, height: int, width: int, preset: ViewPreset, draws: torch.Generator) -> Boxes:
    """Draw a box per image: area uniform in ``scale``, ratio log-uniform, place uniform, whole pixels.

    Boxes that do not fit are drawn again; after ten attempts the largest centred box of an allowed ratio is taken.
    """
    area = height * width * torch.empty(_ATTEMPTS, count).uniform_(*preset.scale, generator=draws)
    low, high = map(math.log, preset.ratio)
    ratio = torch.empty(_ATTEMPTS, count).uniform_(low, high, generator=draws).exp()
    widths = (area * ratio).sqrt().round()
    heights = (area / ratio).sqrt().round()
    fits = (widths >= 1) & (widths <= width) & (heights >= 1) & (heights <= height)
    first = fits.int().argmax(dim=0)
    whole_ratio = min(max(width / height, preset.ratio[0]), preset.ratio[1])
    fallback_width = float(min(width, round(height * whole_ratio)))
    fallback_height = float(min(height, round(width / whole_ratio)))
    found = fits.any(dim=0)
    each = torch.arange(count)
    box_width = torch.where(found, widths[first, each], torch.tensor(fallback_width))
    box_height = torch.where(found, heights[first, each], torch.tensor(fallback_height))
    places = torch.rand(2, count, generator=draws)
    top = (places[0] * (height - box_height + 1)).floor().clamp(max=height - box_height)
    left = (places[1] * (width - box_width + 1)).floor().clamp(max=width - box_width)
    top = torch.where(found, top, ((height - box_height) / 2).floor())
    left = torch.where(found, left, ((width - box_width) / 2).floor())
    flip = torch.rand(count, generator=draws) < preset.flip
    return Boxes(top, left, box_height, box_width, flip)


def _crop_side(pixels: int) -> int:
    return max(1, round(pixels / CANVAS_OVER_CROP))

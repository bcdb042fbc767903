"""Random views of a batch of frames, computed for the whole batch at once on the training device.

All views take ``[B, H, W]`` uint8 frames and return ``[B, 1, size, size]`` float32 in 0..1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from sonosift.batches.crop_resize import Boxes, crop_resize
from sonosift.batches.photometry import blurred, jitter, rotated, solarized
from sonosift.batches.view_draws import ViewDraws
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


def mirrored(images: Tensor, draws: ViewDraws) -> Tensor:
    """Mirror each image ``[B, 1, S, S]``, left to right, with a chance of one half."""
    chosen = (draws.uniform(len(images)) < 0.5).to(images.device)
    return torch.where(chosen[:, None, None, None], images.flip(3), images)


def whole_view(frames: Tensor, height: int, width: int | None = None) -> Tensor:
    """The whole frame at another size, black beside it where the shape differs; nothing random."""
    wide = width or height
    count, rows, columns = frames.shape
    scale = min(height / rows, wide / columns)
    inner = max(1, min(height, round(rows * scale))), max(1, min(wide, round(columns * scale)))
    ones = torch.ones(count)
    boxes = Boxes(ones * 0, ones * 0, ones * rows, ones * columns, torch.zeros(count, dtype=torch.bool))
    picture = crop_resize(frames, boxes, inner)
    top, left = (height - inner[0]) // 2, (wide - inner[1]) // 2
    return F.pad(picture, (left, wide - inner[1] - left, top, height - inner[0] - top))


def weak_view(frames: Tensor, size: int, draws: ViewDraws) -> Tensor:
    """The weak view of PICA's published configuration: resize, then crop at a random place; no flip, no grey change."""
    count, height, width = frames.shape
    box_height, box_width = _crop_side(height), _crop_side(width)
    ones = torch.ones(count)
    boxes = Boxes(
        draws.integers(count, height - box_height + 1).float(),
        draws.integers(count, width - box_width + 1).float(),
        ones * box_height,
        ones * box_width,
        torch.zeros(count, dtype=torch.bool),
    )
    return crop_resize(frames, boxes, size)


def strong_view(frames: Tensor, size: int, preset: ViewPreset, draws: ViewDraws) -> Tensor:
    """Random resized crop and mirror image, then whatever else the preset asks for, each drawn per image.

    Nothing is drawn for what a preset does not do.
    """
    count, height, width = frames.shape
    boxes = random_boxes(count, height, width, preset, draws)
    images = crop_resize(frames, boxes, size, bicubic=preset.bicubic)
    if preset.rotation:
        images = rotated(images, draws.uniform(count, low=-preset.rotation, high=preset.rotation))
    if preset.brightness or preset.contrast:
        images = jitter(images, *(factor.to(frames.device) for factor in jitter_factors(count, preset, draws)))
    if preset.blur_chance:
        chance, place = draws.uniform(count, 2)
        low, high = (sigma * size / preset.blur_at for sigma in preset.blur)
        sigma = torch.where(chance < preset.blur_chance, low + place * (high - low), torch.zeros(()))
        images = blurred(images, sigma)
    if preset.solarize_chance:
        images = solarized(images, (draws.uniform(count) < preset.solarize_chance).to(frames.device))
    return images


def jitter_factors(count: int, preset: ViewPreset, draws: ViewDraws) -> tuple[Tensor, Tensor]:
    """Draw ``[count]`` factors of brightness and of contrast; 1 for images that are to stay as they are."""
    either = draws.uniform(count, 2, low=-1.0, high=1.0)
    brightness = (1 + preset.brightness * either[0]).clamp(min=0.0)
    contrast = (1 + preset.contrast * either[1]).clamp(min=0.0)
    if preset.jitter_chance < 1:
        stays = draws.uniform(count) >= preset.jitter_chance
        brightness, contrast = brightness.masked_fill(stays, 1.0), contrast.masked_fill(stays, 1.0)
    return brightness, contrast


def random_boxes(count: int, height: int, width: int, preset: ViewPreset, draws: ViewDraws) -> Boxes:
    """Draw a box per image: area uniform in ``scale``, ratio log-uniform, place uniform, whole pixels.

    Boxes that do not fit are drawn again; after ten attempts the largest centred box of an allowed ratio is taken.
    """
    low, high = preset.scale
    area = height * width * draws.uniform(count, _ATTEMPTS, low=low, high=high)
    low, high = map(math.log, preset.ratio)
    ratio = draws.uniform(count, _ATTEMPTS, low=low, high=high).exp()
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
    places = draws.uniform(count, 2)
    top = (places[0] * (height - box_height + 1)).floor().clamp(max=height - box_height)
    left = (places[1] * (width - box_width + 1)).floor().clamp(max=width - box_width)
    top = torch.where(found, top, ((height - box_height) / 2).floor())
    left = torch.where(found, left, ((width - box_width) / 2).floor())
    flip = draws.uniform(count) < preset.flip
    return Boxes(top, left, box_height, box_width, flip)


def _crop_side(pixels: int) -> int:
    return max(1, round(pixels / CANVAS_OVER_CROP))

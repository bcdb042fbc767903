"""Named augmentations: how far a view may stray from the original image."""

from __future__ import annotations

from dataclasses import dataclass

from sonosift.errors import unknown_name


@dataclass(frozen=True)
class ViewPreset:
    """The numbers of one random view.

    Attributes:
        scale: smallest and largest share of the image's area that the crop keeps.
        ratio: smallest and largest width over height of the crop.
        brightness: factors are drawn from 1 - brightness to 1 + brightness.
        contrast: the same for the distance of each pixel from the image's mean.
        flip: the probability of mirroring left to right.
    """

    scale: tuple[float, float]
    ratio: tuple[float, float]
    brightness: float
    contrast: float
    flip: float


PRESETS: dict[str, ViewPreset] = {
    # The strong view of PICA's published configuration; hue, saturation and greying do nothing to grey images.
    "pica": ViewPreset(scale=(0.2, 1.0), ratio=(3 / 4, 4 / 3), brightness=0.4, contrast=0.4, flip=0.5),
    # Ours: an organ is recognised by what lies around it, so at least 60 % of the image stays.
    "semantic": ViewPreset(scale=(0.6, 1.0), ratio=(3 / 4, 4 / 3), brightness=0.4, contrast=0.4, flip=0.5),
}


def preset(name: str) -> ViewPreset:
    """Look a preset up, or name the close ones."""
    if name not in PRESETS:
        raise unknown_name("augmentation preset", name, PRESETS)
    return PRESETS[name]

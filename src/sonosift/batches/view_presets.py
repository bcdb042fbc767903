"""Named augmentations: how far a view may stray from the original image.

The frames are grey, so whatever the papers' recipes do to hue, saturation and greying is left out: on a grey image it
does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sonosift.errors import unknown_name


@dataclass(frozen=True)
class ViewPreset:
    """The numbers of one random view.

    Attributes:
        scale: smallest and largest share of the image's area that the crop keeps.
        ratio: smallest and largest width over height of the crop.
        brightness: factors are drawn from 1 - brightness (at least 0) to 1 + brightness.
        contrast: the same for the distance of each pixel from the image's mean.
        jitter_chance: the probability of changing brightness and contrast at all.
        flip: the probability of mirroring left to right.
        rotation: largest angle in degrees, either way.
        blur: smallest and largest sigma of a Gaussian blur, in pixels of a view of ``blur_at`` pixels.
        blur_chance: its probability.
        blur_at: pixels of the views that the recipe's blur is given for; in smaller views it shrinks with them.
        bicubic: crops are scaled with a bicubic kernel; otherwise with a bilinear one.
        solarize_chance: the probability of turning bright pixels (above the middle) dark.
    """

    scale: tuple[float, float]
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    brightness: float = 0.0
    contrast: float = 0.0
    jitter_chance: float = 1.0
    flip: float = 0.5
    rotation: float = 0.0
    blur: tuple[float, float] = (0.1, 2.0)
    blur_chance: float = 0.0
    solarize_chance: float = 0.0
    blur_at: int = 224
    bicubic: bool = False


_DINO = ViewPreset(scale=(0.4, 1.0), brightness=0.4, contrast=0.4, jitter_chance=0.8, bicubic=True)

PRESETS: dict[str, ViewPreset] = {
    # Ours: an organ is recognised by what lies around it, so at least 60 % of the image stays.
    "semantic": ViewPreset(scale=(0.6, 1.0), brightness=0.4, contrast=0.4),
    # Ours: the usual hard crop of contrastive learning.
    "crop": ViewPreset(scale=(0.2, 1.0), brightness=0.4, contrast=0.4, jitter_chance=0.8),
    # The strong view of PICA's published configuration.
    "pica": ViewPreset(scale=(0.2, 1.0), brightness=0.4, contrast=0.4),
    # FUSC's published SimCLR configuration: no greying, no blur.
    "fusc-simclr": ViewPreset(scale=(0.2, 1.0), brightness=0.4, contrast=0.4, jitter_chance=0.8),
    # USCL's published code; its paper's text adds a rotation of 10 degrees.
    "uscl": ViewPreset(scale=(0.8, 1.0), ratio=(0.8, 1.25), brightness=0.8, contrast=0.8),
    "uscl-rotated": ViewPreset(scale=(0.8, 1.0), ratio=(0.8, 1.25), brightness=0.8, contrast=0.8, rotation=10.0),
    "moco-v2": ViewPreset(scale=(0.2, 1.0), brightness=0.4, contrast=0.4, jitter_chance=0.8, blur_chance=0.5),
    "dino-first": replace(_DINO, blur_chance=1.0),
    "dino-second": replace(_DINO, blur_chance=0.1, solarize_chance=0.2),
    "dino-local": replace(_DINO, scale=(0.05, 0.4), blur_chance=0.5, blur_at=96),
    # Without small crops DINO's authors let the large ones shrink further.
    "dino-first-alone": replace(_DINO, scale=(0.14, 1.0), blur_chance=1.0),
    "dino-second-alone": replace(_DINO, scale=(0.14, 1.0), blur_chance=0.1, solarize_chance=0.2),
    "deepcluster": ViewPreset(scale=(0.08, 1.0)),
}


def preset(name: str) -> ViewPreset:
    """Look a preset up, or name the close ones."""
    if name not in PRESETS:
        raise unknown_name("augmentation preset", name, PRESETS)
    return PRESETS[name]

"""How grey values in 0..1 are scaled for a network, as each recipe does it."""

from __future__ import annotations

from typing import Literal

Scaling = Literal["imagenet", "half", "unit", "image"]

ABOUT_SCALING = "imagenet: its mean and spread; half: (x - 0.5) / 0.25; unit: as they are; image: each image's own"

# ImageNet's mean and spread, per colour and for their grey mean: weights from there expect inputs scaled so.
_COLOUR = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_GREY = ((0.449,), (0.226,))


def mean_and_spread(scaling: Scaling, *, colour: bool) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return what is taken off each channel, and what it is then divided by.

    >>> mean_and_spread("half", colour=False)
    ((0.5,), (0.25,))
    """
    if scaling == "imagenet":
        return _COLOUR if colour else _GREY
    mean, spread = (0.5, 0.25) if scaling == "half" else (0.0, 1.0)
    channels = 3 if colour else 1
    return (mean,) * channels, (spread,) * channels

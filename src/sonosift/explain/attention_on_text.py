"""How much of a network's attention falls where text stands, or stood: the check that FUSC makes by eye, as a number.

Attention is Grad-CAM's map of the likeliest answer. A network that looks nowhere in particular puts on text the share
of it that text takes of the view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sonosift.batches.frame_tensor import shrink
from sonosift.batches.random_views import canvas_size, centre_view
from sonosift.explain.grad_cam import grad_cam
from sonosift.methods.method import Method

_FRAMES_AT_A_TIME = 32


@dataclass(frozen=True)
class TextAttention:
    """One row per frame that has any attention and any text.

    Attributes:
        attention: Share of the attention that lies on text.
        area: Share of the view that is text.
        patients: Of each frame.
        without_text: Frames left out because no text was found in their view.
        without_attention: Frames left out because nothing speaks for their likeliest answer.
    """

    attention: NDArray[np.float64]
    area: NDArray[np.float64]
    patients: list[str]
    without_text: int
    without_attention: int


class Interval(NamedTuple):
    """A mean over frames with its 95 % interval over patients."""

    value: float
    low: float
    high: float


def attention_on_text(
    network: Method,
    pictures: NDArray[np.uint8],
    painted: NDArray[np.uint8],
    patients: Sequence[str],
    device: str,
) -> TextAttention:
    """Measure the share of Grad-CAM's mass on text.

    Args:
        network: A trained classifier, on its device.
        pictures: ``[n, H, W]`` as it sees them.
        painted: ``[n, H, W]`` how much of each pixel is text, 0..255.
        patients: Of each frame.
        device: Where to compute.
    """
    attention, area, kept = [], [], []
    no_text = no_heat = 0
    for start in range(0, len(pictures), _FRAMES_AT_A_TIME):
        some = slice(start, start + _FRAMES_AT_A_TIME)
        heat = heat_of(network, pictures[some], device)
        text = views_of(painted[some], network.image_size)[:, 0].numpy()
        for place, (map_, where) in enumerate(zip(heat, text, strict=True)):
            if not where.any():
                no_text += 1
            elif not map_.any():
                no_heat += 1
            else:
                attention.append(share_on(map_, where))
                area.append(float(where.mean()))
                kept.append(patients[start + place])
    return TextAttention(np.array(attention), np.array(area), kept, no_text, no_heat)


def share_on(heat: NDArray[np.floating[Any]], text: NDArray[np.floating[Any]]) -> float:
    """Return the share of a map's mass that lies on text.

    >>> share_on(np.array([[3.0, 1.0]]), np.array([[0.0, 1.0]]))
    0.25
    """
    values = np.asarray(heat, dtype=np.float64)
    return float((values * text).sum() / values.sum())


def mean_by_patient(values: NDArray[np.float64], patients: Sequence[str], draws: int, seed: int) -> Interval:
    """Return the mean over frames, and the interval that resampling whole patients gives."""
    names, own = np.unique(np.asarray(patients), return_inverse=True)
    sums, counts = np.bincount(own, weights=values), np.bincount(own)
    drawn = np.random.default_rng(seed).integers(0, len(names), (draws, len(names)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high))


def heat_of(network: Method, pictures: NDArray[np.uint8], device: str) -> NDArray[np.float32]:
    """Return Grad-CAM's map of the likeliest answer for each picture, ``[n, S, S]``."""
    views = views_of(pictures, network.image_size).to(device)
    with torch.no_grad():
        likeliest = network.eval()(views)[1].argmax(dim=1)
    return grad_cam(network, views, likeliest).cpu().numpy()


def views_of(pictures: NDArray[np.uint8], size: int) -> Tensor:
    """Return the views of an evaluation, ``[n, 1, S, S]``."""
    return centre_view(shrink(torch.from_numpy(np.ascontiguousarray(pictures)), canvas_size(size)), size)

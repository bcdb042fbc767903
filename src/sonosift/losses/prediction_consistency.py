"""The pi model, temporal ensembling and MixMatch: predictions of the same image should stay the same."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sonosift.losses.full_precision import full_precision, without_autocast
from sonosift.losses.row_mean import row_mean


def prediction_distance(probabilities: Tensor, other: Tensor, known: Tensor | None = None) -> Tensor:
    """``mean over images and classes of (p - p')^2``.

    Args:
        probabilities: ``[B, C]``.
        other: ``[B, C]``; the second pass of the pi model (gradient flows through both), or a fixed target.
        known: ``[B]`` booleans: rows that have a target at all; the others count as zeros. All when absent.
    """
    if probabilities.shape != other.shape:
        raise ValueError(f"{tuple(probabilities.shape)} and {tuple(other.shape)} differ in shape")
    with without_autocast(probabilities.device):
        squares = (full_precision(probabilities) - full_precision(other)) ** 2
        return row_mean(squares.mean(dim=1), known, normaliser="all")


def consistency_weight(epoch: int, labelled_share: float, most: float = 100.0, ramp_epochs: int = 80) -> float:
    """``w(e) = w_max (labelled / N) exp(-5 (1 - e / 80)^2)``, 0 in the first epoch, constant after the ramp.

    >>> consistency_weight(0, 1.0), consistency_weight(80, 0.5), consistency_weight(200, 0.5)
    (0.0, 50.0, 50.0)
    """
    if epoch == 0:
        return 0.0
    ramp = math.exp(-5.0 * (1.0 - min(epoch, ramp_epochs) / ramp_epochs) ** 2)
    return most * labelled_share * ramp


def sharpened(probabilities: Tensor, temperature: float = 0.5, *, independent: bool = False) -> Tensor:
    """``p^(1/T)``, normalised over the classes; with ``independent`` each class against its own complement.

    Args:
        probabilities: ``[B, C]``.
        temperature: T, below 1 sharpens.
        independent: sigmoid outputs: ``p^(1/T) / (p^(1/T) + (1 - p)^(1/T))``.
    """
    with without_autocast(probabilities.device):
        tiny = torch.finfo(torch.float32).tiny
        wide = full_precision(probabilities)
        for_it = wide.clamp(min=tiny).log() / temperature
        if independent:
            return torch.sigmoid(for_it - (1.0 - wide).clamp(min=tiny).log() / temperature)
        return torch.softmax(for_it, dim=1)

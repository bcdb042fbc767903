"""The pi model, temporal ensembling and MixMatch: predictions of the same image should stay the same."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from sonosift.losses.full_precision import check_logits, full_precision, log_probabilities, without_autocast
from sonosift.losses.partly_labelled import UNLABELLED


def whole_batch_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """``mean_n m_n CE_n``: the sum over labelled rows divided by the *whole* batch (temporal ensembling, eq. of 2017).

    Args:
        logits: ``[B, C]``.
        labels: ``[B]`` class numbers, -1 where there is none.
    """
    check_logits(logits, "logits")
    with without_autocast(logits.device):
        losses = F.nll_loss(log_probabilities(logits), labels.long(), ignore_index=UNLABELLED, reduction="sum")
        return losses / len(logits)


def prediction_distance(probabilities: Tensor, other: Tensor) -> Tensor:
    """``mean over images and classes of (p - p')^2``.

    Args:
        probabilities: ``[B, C]``.
        other: ``[B, C]``; the second pass of the pi model (gradient flows through both), or a fixed target.
    """
    if probabilities.shape != other.shape:
        raise ValueError(f"{tuple(probabilities.shape)} and {tuple(other.shape)} differ in shape")
    with without_autocast(probabilities.device):
        return F.mse_loss(full_precision(probabilities), full_precision(other))


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

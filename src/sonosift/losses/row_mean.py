"""The mean over the labelled rows of a batch, each with its own weight."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Normaliser = Literal["labelled", "all"]


def row_mean(losses: Tensor, weights: Tensor | None = None, normaliser: Normaliser = "labelled") -> Tensor:
    """``sum_n w_n l_n / sum_n w_n``, or divided by the whole batch.

    Args:
        losses: ``[B]``, one per row.
        weights: ``[B]``, 0 for rows without a label (booleans will do); all 1 when absent.
        normaliser: ``labelled`` divides by the weights of the rows that count, ``all`` by the number of all rows.

    Returns:
        A scalar; 0, with zero gradient, when no row counts.
    """
    if weights is None:
        return losses.mean()
    if weights.shape != losses.shape:
        raise ValueError(f"weights {tuple(weights.shape)} must hold one entry per row: {tuple(losses.shape)}")
    weight = weights.to(losses.dtype)
    # Where a row does not count its loss must not either, however large it is.
    counted = torch.where(weight > 0, losses * weight, torch.zeros((), dtype=losses.dtype, device=losses.device))
    if normaliser == "all":
        return counted.sum() / len(losses)
    total = weight.sum()
    return counted.sum() / torch.where(total > 0, total, torch.ones_like(total))

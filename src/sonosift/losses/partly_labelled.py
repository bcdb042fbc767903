"""Cross-entropy where some rows have no label: the supervised part of USCL."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from sonosift.losses.full_precision import check_logits, full_precision, without_autocast

UNLABELLED = -1


def partly_labelled_cross_entropy(
    logits: Tensor, labels: Tensor, normaliser: Literal["labelled", "all"] = "labelled"
) -> Tensor:
    """Cross-entropy of the labelled rows, from logits (USCL eq. 5).

    Args:
        logits: ``[R, C]``; for USCL the two views of N clips below each other, R = 2N.
        labels: ``[R]`` class numbers, -1 where there is none.
        normaliser: divide by the number of labelled rows (the published code), or of all rows (the paper's 2N).

    Returns:
        A scalar; 0, with zero gradient, when no row is labelled.
    """
    check_logits(logits, "logits")
    if labels.shape != logits.shape[:1]:
        raise ValueError(f"labels {tuple(labels.shape)} must hold one entry per row of logits {tuple(logits.shape)}")
    with without_autocast(logits.device):
        rows = F.cross_entropy(full_precision(logits), labels.long(), ignore_index=UNLABELLED, reduction="none")
        counted = (labels != UNLABELLED).sum() if normaliser == "labelled" else torch.tensor(len(labels))
        return rows.sum() / counted.clamp(min=1).to(rows.device)

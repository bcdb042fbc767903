"""Binary cross-entropy over several organs at once (Dadoun eq. 9, corrected)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from sonosift.losses.full_precision import check_logits, full_precision, without_autocast


def multi_label_cross_entropy(logits: Tensor, targets: Tensor, labelled: Tensor | None = None) -> Tensor:
    """Mean over labelled rows and classes of the binary cross-entropy (Dadoun eq. 9 with errata D5).

    ``L = -(1/|S|) sum_n (1/C) sum_c [v log p + (1 - v) log(1 - p)]``, ``p = sigmoid(logits)``, from logits.

    Args:
        logits: ``[B, C]``.
        targets: ``[B, C]`` of 0 and 1 (or fractions between).
        labelled: ``[B]`` booleans, S; all rows when absent. With no labelled row the loss is 0 and so is its gradient.

    Returns:
        A scalar.
    """
    check_logits(logits, "logits")
    if targets.shape != logits.shape:
        raise ValueError(f"targets {tuple(targets.shape)} must have the shape of logits {tuple(logits.shape)}")
    with without_autocast(logits.device):
        wide = full_precision(logits)
        rows = F.binary_cross_entropy_with_logits(wide, targets.to(wide.dtype), reduction="none").mean(dim=1)
        if labelled is None:
            return rows.mean()
        if labelled.shape != rows.shape:
            raise ValueError(f"labelled {tuple(labelled.shape)} must hold one entry per row: {tuple(rows.shape)}")
        weight = labelled.to(rows.dtype)
        return (rows * weight).sum() / weight.sum().clamp(min=1.0)

"""Binary cross-entropy over several organs at once (Dadoun eq. 9, corrected)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from sonosift.losses.full_precision import check_logits, full_precision, without_autocast
from sonosift.losses.row_mean import Normaliser, row_mean


def multi_label_cross_entropy(
    logits: Tensor,
    targets: Tensor,
    weights: Tensor | None = None,
    *,
    positive_weights: Tensor | None = None,
    focus: float = 0.0,
    normaliser: Normaliser = "labelled",
) -> Tensor:
    """Mean over labelled rows and classes of the binary cross-entropy (Dadoun eq. 9 with errata D5).

    ``L = -(1/|S|) sum_n (1/C) sum_c [v log p + (1 - v) log(1 - p)]``, ``p = sigmoid(logits)``, from logits.

    Args:
        logits: ``[B, C]``.
        targets: ``[B, C]`` of 0 and 1 (or fractions between).
        weights: ``[B]``, 0 for rows outside S; all 1 when absent. With no labelled row the loss is 0 and so is its
            gradient.
        positive_weights: ``[C]``, multiplies the first term: how much more a present label counts.
        focus: gamma of the focal loss: each term times ``(1 - its probability) ** gamma``.
        normaliser: divide by the weights of the labelled rows, or by the number of all rows.

    Returns:
        A scalar.
    """
    check_logits(logits, "logits")
    if targets.shape != logits.shape:
        raise ValueError(f"targets {tuple(targets.shape)} must have the shape of logits {tuple(logits.shape)}")
    with without_autocast(logits.device):
        wide = full_precision(logits)
        targets = targets.to(wide.dtype)
        if focus or positive_weights is not None:
            yes, no = -targets * F.logsigmoid(wide), -(1.0 - targets) * F.logsigmoid(-wide)
            if focus:
                yes, no = yes * (-wide).sigmoid() ** focus, no * wide.sigmoid() ** focus
            if positive_weights is not None:
                yes = yes * positive_weights.to(wide)
            terms = yes + no
        else:
            terms = F.binary_cross_entropy_with_logits(wide, targets, reduction="none")
        return row_mean(terms.mean(dim=1), weights, normaliser)

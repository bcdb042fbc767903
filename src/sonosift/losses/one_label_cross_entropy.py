"""Cross-entropy where every image has one label, or a distribution over the labels."""

from __future__ import annotations

from torch import Tensor

from sonosift.losses.full_precision import check_logits, log_probabilities, without_autocast
from sonosift.losses.row_mean import Normaliser, row_mean


def one_label_cross_entropy(
    logits: Tensor,
    targets: Tensor,
    weights: Tensor | None = None,
    *,
    class_weights: Tensor | None = None,
    focus: float = 0.0,
    normaliser: Normaliser = "labelled",
) -> Tensor:
    """``-(1/|S|) sum_n sum_c v_nc log p_nc``, ``p = softmax(logits)``, from logits.

    Args:
        logits: ``[B, C]``.
        targets: ``[B, C]``, one-hot or a distribution.
        weights: ``[B]``, 0 for rows outside S; all 1 when absent.
        class_weights: ``[C]``, multiplies the term of each class.
        focus: gamma of the focal loss: each term times ``(1 - p_nc) ** gamma``.
        normaliser: divide by the weights of the labelled rows, or by the number of all rows: the pi model and
            temporal ensembling divide their cross-entropy by the whole batch.

    Returns:
        A scalar; 0, with zero gradient, when no row is labelled.
    """
    check_logits(logits, "logits")
    if targets.shape != logits.shape:
        raise ValueError(f"targets {tuple(targets.shape)} must have the shape of logits {tuple(logits.shape)}")
    with without_autocast(logits.device):
        log_p = log_probabilities(logits)
        terms = -targets.to(log_p.dtype) * log_p
        if focus:
            terms = terms * (1.0 - log_p.exp()).clamp(min=1e-12) ** focus
        if class_weights is not None:
            terms = terms * class_weights.to(log_p)
        return row_mean(terms.sum(dim=1), weights, normaliser)

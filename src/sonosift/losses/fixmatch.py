"""FixMatch for one label per image, and Dadoun's two forms for several (eqs. 10 to 13)."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor
from torch.nn import functional as F

from sonosift.losses.full_precision import check_logits, full_precision, log_probabilities, without_autocast


class PseudoLabelLoss(NamedTuple):
    """The loss on unlabelled images and the share of them that it learnt from.

    Attributes:
        loss: mean over the whole batch, rows without a confident answer included as zeros.
        used: share of rows with a confident answer.
    """

    loss: Tensor
    used: Tensor


def fixmatch(weak_logits: Tensor, strong_logits: Tensor, threshold: float = 0.95) -> PseudoLabelLoss:
    """``(1/|U|) sum_n 1[max_k w_nk >= tau] CE(strong_n, argmax_k w_nk)``, w the softmax of the weak view.

    Args:
        weak_logits: ``[U, K]``; no gradient flows into them.
        strong_logits: ``[U, K]``, same images, same order.
        threshold: tau; a row at exactly tau counts.
    """
    _check_views(weak_logits, strong_logits)
    with without_autocast(weak_logits.device):
        best, target = log_probabilities(weak_logits.detach()).exp().max(dim=1)
        mask = (best >= threshold).to(best.dtype)
        losses = F.nll_loss(log_probabilities(strong_logits), target, reduction="none")
        return PseudoLabelLoss((losses * mask).mean(), mask.mean())


def multi_label_fixmatch(weak_logits: Tensor, strong_logits: Tensor, threshold: float = 0.95) -> PseudoLabelLoss:
    """``(1/|U|) sum_n m_n (1/C) sum_c BCE(strong_nc, 1[p_nc >= 0.5])``, p the sigmoid of the weak view (one head).

    The row counts, with all its classes, when any class is sure: ``m_n = 1[max_c p_nc >= tau]``.

    Args:
        weak_logits: ``[U, C]``; no gradient flows into them.
        strong_logits: ``[U, C]``, same images, same order.
        threshold: tau; a row at exactly tau counts.
    """
    _check_views(weak_logits, strong_logits)
    with without_autocast(weak_logits.device):
        probability = full_precision(weak_logits.detach()).sigmoid()
        mask = (probability.max(dim=1).values >= threshold).to(probability.dtype)
        target = (probability >= 0.5).to(probability.dtype)
        losses = F.binary_cross_entropy_with_logits(full_precision(strong_logits), target, reduction="none")
        return PseudoLabelLoss((losses.mean(dim=1) * mask).mean(), mask.mean())


def _check_views(weak_logits: Tensor, strong_logits: Tensor) -> None:
    check_logits(weak_logits, "weak_logits")
    check_logits(strong_logits, "strong_logits")
    if weak_logits.shape != strong_logits.shape:
        raise ValueError(f"views differ in shape: weak {tuple(weak_logits.shape)}, strong {tuple(strong_logits.shape)}")

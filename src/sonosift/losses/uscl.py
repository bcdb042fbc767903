"""USCL (Chen et al. 2021): contrast between clips, and cross-entropy where a clip has a label."""

from __future__ import annotations

from typing import Literal, NamedTuple

from torch import Tensor

from sonosift.losses.nt_xent import nt_xent
from sonosift.losses.partly_labelled import partly_labelled_cross_entropy


class UsclLoss(NamedTuple):
    """The loss and its two parts.

    Attributes:
        total: ``contrast + label_weight * label_term``.
        contrast: NT-Xent over the 2N views.
        label_term: cross-entropy of the labelled rows; 0 without any.
    """

    total: Tensor
    contrast: Tensor
    label_term: Tensor


def uscl_loss(
    first: Tensor,
    second: Tensor,
    logits: Tensor,
    labels: Tensor,
    *,
    temperature: float = 0.5,
    label_weight: float = 0.2,
    normaliser: Literal["labelled", "all"] = "labelled",
    label_views: Literal["mean", "sum"] = "mean",
) -> UsclLoss:
    """``L = L_con + lambda L_sup`` (USCL eq. 3); with no labelled clip in the batch it is the contrastive part alone.

    Args:
        first: ``[N, D]`` projections of the first view of each clip.
        second: ``[N, D]`` of the second view.
        logits: ``[2N, C]`` of the classifier, first views before second ones.
        labels: ``[2N]`` in the same order, -1 without a label.
        temperature: of the contrastive part.
        label_weight: lambda.
        normaliser: see :func:`partly_labelled_cross_entropy`.
        label_views: ``mean`` is the paper's half of both views' cross-entropies; ``sum`` adds them, as the published
            code does: exactly twice as much.

    Returns:
        The total, to be minimised, and its parts.
    """
    contrast = nt_xent(first, second, temperature)
    label_term = partly_labelled_cross_entropy(logits, labels, normaliser)
    if label_views == "sum":
        label_term = 2.0 * label_term
    return UsclLoss(contrast + label_weight * label_term, contrast, label_term)

"""The Dirichlet prior on cluster sizes of LSD (Dadoun et al. 2023): a log barrier against empty clusters."""

from __future__ import annotations

import math

from torch import Tensor

from sonosift.losses.full_precision import check_logits
from sonosift.losses.pica import ClusteringLoss, consistency, log_cluster_sizes


def dirichlet_prior(weak_logits: Tensor, alpha: float) -> Tensor:
    """Negative log-density of the cluster sizes under a symmetric Dirichlet, up to a constant (Dadoun eq. 6, D8-D10).

    ``L_SD = -((alpha - 1) / log K) sum_k log z_k``. Its smallest value is :func:`dirichlet_floor`, reached at equal
    sizes; it grows without bound when any cluster empties. Around equal sizes it pulls ``(alpha - 1) K / log K`` times
    as hard as the negative entropy, so ``alpha = 1 + log K / K`` gives PICA's pull.

    Args:
        weak_logits: ``[B, K]`` with K >= 2; z comes from the weak view alone.
        alpha: concentration, above 0; above 1 it favours equal sizes.

    Returns:
        A scalar (a sum over clusters, as in the paper).
    """
    check_logits(weak_logits, "weak_logits", least_columns=2)
    _check_alpha(alpha)
    return -(alpha - 1.0) / math.log(weak_logits.shape[1]) * log_cluster_sizes(weak_logits).sum()


def dirichlet_floor(clusters: int, alpha: float) -> float:
    """Return ``(alpha - 1) K``, the value of :func:`dirichlet_prior` at equal cluster sizes.

    >>> round(dirichlet_floor(10, 1.1), 6)
    1.0
    """
    _check_alpha(alpha)
    return (alpha - 1.0) * clusters


def lsd_loss(
    weak_logits: Tensor,
    strong_logits: Tensor,
    balance_weight: float = 2.0,
    alpha: float = 1.1,
    *,
    swapped: bool = False,
) -> ClusteringLoss:
    """``L = L_CE + lambda L_SD``, the whole loss of LSD.

    Args:
        weak_logits: ``[B, K]`` with K >= 2; the prior looks at these alone.
        strong_logits: ``[B, K]``, same images, same order.
        balance_weight: lambda.
        alpha: concentration of the prior.
        swapped: the strong view on the rows of the matrix, as Dadoun prints it (erratum D4).

    Returns:
        The total, to be minimised, and its parts.
    """
    views = (strong_logits, weak_logits) if swapped else (weak_logits, strong_logits)
    agreement, balance = consistency(*views), dirichlet_prior(weak_logits, alpha)
    return ClusteringLoss(agreement + balance_weight * balance, agreement, balance)


def _check_alpha(alpha: float) -> None:
    if not (alpha > 0 and math.isfinite(alpha)):
        raise ValueError(f"alpha must be a finite number above 0, received {alpha}")

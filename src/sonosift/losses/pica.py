"""PICA (Huang et al. 2020, as used by Dadoun et al. 2023): consistent clusters, kept from collapsing by entropy.

View order everywhere: the *weak* view (the original image) gives the rows, the *strong* view the columns.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from sonosift.losses.full_precision import check_logits, log_probabilities, without_autocast

COLUMN_NORM_EPSILON = 1e-12


class ClusteringLoss(NamedTuple):
    """The loss of PICA or LSD and its two parts.

    Attributes:
        total: ``consistency + balance_weight * balance``.
        consistency: how unlike each cluster is itself in the other view.
        balance: PICA's negative entropy, or LSD's prior.
    """

    total: Tensor
    consistency: Tensor
    balance: Tensor


def consistency_matrix(weak_logits: Tensor, strong_logits: Tensor) -> Tensor:
    """Compare every cluster of one view with every cluster of the other (Dadoun eq. 1; order of errata D3, D4).

    ``M[j, k] = <q_j, q_k> / (|q_j| |q_k|)`` where ``q_j`` is column j of the weak view's softmax and ``q_k``
    column k of the strong view's. A cluster that no row reaches has similarity 0 with all.

    Args:
        weak_logits: ``[B, K]``, one row per image.
        strong_logits: ``[B, K]``, the same images in the same order.

    Returns:
        ``[K, K]``, rows = weak, columns = strong, entries in [0, 1].
    """
    check_logits(weak_logits, "weak_logits")
    check_logits(strong_logits, "strong_logits")
    if weak_logits.shape != strong_logits.shape:
        raise ValueError(f"views differ in shape: weak {tuple(weak_logits.shape)}, strong {tuple(strong_logits.shape)}")
    with without_autocast(weak_logits.device):
        weak = F.normalize(log_probabilities(weak_logits).exp(), dim=0, eps=COLUMN_NORM_EPSILON)
        strong = F.normalize(log_probabilities(strong_logits).exp(), dim=0, eps=COLUMN_NORM_EPSILON)
        return weak.T @ strong


def consistency(weak_logits: Tensor, strong_logits: Tensor) -> Tensor:
    """Cross-entropy that asks each cluster to be most like itself in the other view (Dadoun eq. 2).

    ``L_CE = (1/K) sum_j -log softmax(M[j, :])[j]``: mean over the rows (weak view) of :func:`consistency_matrix`,
    no temperature, gradient through both views. Constant predictions give ``log K``; perfect orthogonal clusters
    ``-log(e / (e + K - 1))``.

    Args:
        weak_logits: ``[B, K]``.
        strong_logits: ``[B, K]``, same images, same order.

    Returns:
        A scalar.
    """
    matrix = consistency_matrix(weak_logits, strong_logits)
    return -torch.log_softmax(matrix, dim=1).diagonal().mean()


def log_cluster_sizes(logits: Tensor) -> Tensor:
    """Return ``log z_k``, z_k being the mean probability of cluster k over the batch (Dadoun eq. 3, erratum D9).

    Computed as ``logsumexp_n log p_nk - log B``: finite, with a gradient that pulls, also for a cluster whose
    every probability underflows to zero.

    Args:
        logits: ``[B, K]`` of the weak view.

    Returns:
        ``[K]``; its exponentials sum to 1.
    """
    check_logits(logits, "logits")
    with without_autocast(logits.device):
        return torch.logsumexp(log_probabilities(logits), dim=0) - math.log(logits.shape[0])


def negative_entropy(weak_logits: Tensor) -> Tensor:
    """Penalise unequal clusters: ``L_NE = log K - H(z)``, 0 when all are equal, ``log K`` when one holds all.

    Args:
        weak_logits: ``[B, K]``; z comes from the weak view alone.

    Returns:
        A scalar.
    """
    log_sizes = log_cluster_sizes(weak_logits)
    return math.log(weak_logits.shape[1]) + (log_sizes.exp() * log_sizes).sum()


def pica_loss(
    weak_logits: Tensor, strong_logits: Tensor, balance_weight: float = 2.0, *, swapped: bool = False
) -> ClusteringLoss:
    """``L = L_CE + lambda L_NE``, the whole loss of PICA.

    Args:
        weak_logits: ``[B, K]``; the negative entropy looks at these alone.
        strong_logits: ``[B, K]``, same images, same order.
        balance_weight: lambda.
        swapped: the strong view on the rows of the matrix, as Dadoun prints it (erratum D4).

    Returns:
        The total, to be minimised, and its parts.
    """
    views = (strong_logits, weak_logits) if swapped else (weak_logits, strong_logits)
    agreement, balance = consistency(*views), negative_entropy(weak_logits)
    return ClusteringLoss(agreement + balance_weight * balance, agreement, balance)

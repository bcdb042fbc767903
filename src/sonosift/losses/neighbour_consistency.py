"""FUSC's clustering loss (that of SCAN): an image and its neighbour share a cluster, and all clusters are used."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sonosift.losses.full_precision import check_logits, log_probabilities, without_autocast

LOWEST_LOG = -100.0
LOWEST_PROBABILITY = 1e-8


class NeighbourConsistency(NamedTuple):
    """The loss and its two parts.

    Attributes:
        total: ``consistency - entropy_weight * entropy``.
        consistency: ``-(1/B) sum_n log <p_n, q_n>``.
        entropy: ``H`` of the mean of the anchors' probabilities, at most ``log K``.
    """

    total: Tensor
    consistency: Tensor
    entropy: Tensor


def neighbour_consistency(
    anchor_logits: Tensor, neighbour_logits: Tensor, entropy_weight: float = 5.0
) -> NeighbourConsistency:
    """``L = -(1/B) sum_n log sum_k p_nk q_nk - lambda H(mean_n p_n)`` (FUSC eq. 1).

    Args:
        anchor_logits: ``[B, K]``; the entropy looks at these alone.
        neighbour_logits: ``[B, K]`` of one neighbour of each anchor.
        entropy_weight: lambda.

    Returns:
        The total, to be minimised, and its parts. The logarithm of an inner product is held at -100 and probabilities
        in the entropy at 1e-8 from below; the gradient of a held product is computed as if it were not, so that two
        images that disagree altogether are still pulled together.
    """
    check_logits(anchor_logits, "anchor_logits")
    check_logits(neighbour_logits, "neighbour_logits")
    if anchor_logits.shape != neighbour_logits.shape:
        raise ValueError(
            f"anchors {tuple(anchor_logits.shape)} and neighbours {tuple(neighbour_logits.shape)} differ in shape"
        )
    with without_autocast(anchor_logits.device):
        anchors, neighbours = log_probabilities(anchor_logits), log_probabilities(neighbour_logits)
        agreement = torch.logsumexp(anchors + neighbours, dim=1)
        held = agreement.detach().clamp(min=LOWEST_LOG) + (agreement - agreement.detach())
        consistency = -held.mean()
        sizes = anchors.exp().mean(dim=0).clamp(min=LOWEST_PROBABILITY)
        entropy = -(sizes * sizes.log()).sum()
        return NeighbourConsistency(consistency - entropy_weight * entropy, consistency, entropy)

"""FUSC's last step: learn from one's own confident answers."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from sonosift.losses.full_precision import check_logits, log_probabilities, without_autocast


class SelfLabelling(NamedTuple):
    """The loss and how many rows it learnt from.

    Attributes:
        loss: 0, with zero gradient, when no row is confident.
        confident: number of confident rows.
    """

    loss: Tensor
    confident: Tensor


def self_labelling(
    plain_logits: Tensor, strong_logits: Tensor, threshold: float = 0.99, *, class_balancing: bool = True
) -> SelfLabelling:
    """Cross-entropy of the strong view against the confident answers on the plain image (FUSC step 3).

    A row counts when its largest probability is *strictly* above the threshold. With class balancing a row of class c
    weighs ``n / count_c`` (over the confident rows) and the mean is weighted, ``sum w l / sum w``, as in the published
    code; without it, it is the plain mean over the confident rows, as in the paper's text.

    Args:
        plain_logits: ``[B, K]`` of the un-augmented images; no gradient flows into them.
        strong_logits: ``[B, K]`` of the same images, strongly augmented.
        threshold: confidence that a row must exceed.
        class_balancing: see above.
    """
    check_logits(plain_logits, "plain_logits")
    check_logits(strong_logits, "strong_logits")
    if plain_logits.shape != strong_logits.shape:
        raise ValueError(f"plain {tuple(plain_logits.shape)} and strong {tuple(strong_logits.shape)} differ in shape")
    with without_autocast(plain_logits.device):
        best, target = log_probabilities(plain_logits.detach()).exp().max(dim=1)
        chosen = best > threshold
        weight = chosen.to(best.dtype)
        if class_balancing:
            counts = torch.bincount(target[chosen], minlength=plain_logits.shape[1])
            weight = weight / counts[target].clamp(min=1)
        losses = F.nll_loss(log_probabilities(strong_logits), target, reduction="none")
        # Any common factor of the weights cancels, so n is left out.
        return SelfLabelling((losses * weight).sum() / weight.sum().clamp(min=1e-12), chosen.sum())

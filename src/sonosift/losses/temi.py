"""TEMI (Adaloglou et al. 2023): pointwise mutual information between neighbours, weighted by an ensemble of heads."""

from __future__ import annotations

import torch
from torch import Tensor

from sonosift.losses.full_precision import full_precision, without_autocast


def temi_loss(
    student: tuple[Tensor, Tensor],
    teacher: tuple[Tensor, Tensor],
    prior: Tensor,
    *,
    beta: float = 0.6,
    temperature: float = 0.1,
    positive_only: bool = False,
) -> Tensor:
    """Return the loss of every head: ``-mean_n w_n (PMI_h(x, x') + PMI_h(x', x)) / 2``.

    ``PMI_h(a, b) = log sum_c (p_s(c|a) p_t(c|b))^beta / pi_h(c)``; the weight, shared by all heads and without
    gradient, is ``w_n = (1/H) sum_h sum_c p_t(c|x) p_t(c|x')``. Sum the result over the heads to learn; report the
    smallest.

    Args:
        student: logits ``[H, B, K]`` of the images and of one neighbour of each.
        teacher: logits ``[H, B, K]`` of the same two; no gradient flows into them.
        prior: ``[H, K]``, the running mean ``pi`` (see :func:`updated_prior`), already updated with this batch.
        beta: below 1 it weakens the pull towards equal sizes.
        temperature: of both softmaxes.
        positive_only: clip negative mutual information at 0.

    Returns:
        ``[H]``.
    """
    with without_autocast(prior.device):
        first_s, second_s = (_log_softmax(logits, temperature) for logits in student)
        first_t, second_t = (_log_softmax(logits.detach(), temperature) for logits in teacher)
        log_prior = prior.detach().to(first_s.dtype).clamp(min=torch.finfo(first_s.dtype).tiny).log()[:, None, :]
        forth = torch.logsumexp(beta * (first_s + second_t) - log_prior, dim=2)
        back = torch.logsumexp(beta * (second_s + first_t) - log_prior, dim=2)
        if positive_only:
            forth, back = forth.clamp(min=0.0), back.clamp(min=0.0)
        weight = (first_t + second_t).exp().sum(dim=2).mean(dim=0)
        return -(weight * (forth + back) / 2).mean(dim=1)


def updated_prior(
    prior: Tensor, teacher: tuple[Tensor, Tensor], *, momentum: float = 0.9, temperature: float = 0.1
) -> Tensor:
    """Return ``m pi + (1 - m) mean of the teacher's probabilities`` over both images of the batch; before the loss.

    Args:
        prior: ``[H, K]``, 1 / K at the start.
        teacher: logits ``[H, B, K]`` of the images and of their neighbours.
        momentum: m.
        temperature: of the softmax.
    """
    with without_autocast(prior.device):
        both = torch.cat([_log_softmax(logits.detach(), temperature).exp() for logits in teacher], dim=1)
        return momentum * prior + (1.0 - momentum) * both.mean(dim=1)


def _log_softmax(logits: Tensor, temperature: float) -> Tensor:
    if logits.ndim != 3:
        raise ValueError(f"logits must be [heads, rows, clusters], received {tuple(logits.shape)}")
    return torch.log_softmax(full_precision(logits) / temperature, dim=2)

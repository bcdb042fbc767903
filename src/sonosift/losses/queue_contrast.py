"""MoCo's loss: the key of the same image against a queue of keys of earlier batches."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from sonosift.losses.full_precision import check_logits, unit_rows, without_autocast


def queue_contrast(query: Tensor, key: Tensor, queue: Tensor, temperature: float = 0.2) -> Tensor:
    """Mean cross-entropy of ``[q.k, q.queue] / T`` with the first column as the answer (MoCo eq. 1).

    Args:
        query: ``[B, D]`` from the network that learns; normalised here.
        key: ``[B, D]`` from its moving average, same images, same order; normalised here, no gradient flows into it.
        queue: ``[D, Q]``, one earlier key per column, already normalised, without the keys of this batch.
        temperature: T (0.2 in version 2).

    Returns:
        A scalar, the mean over the batch.
    """
    check_logits(query, "query")
    check_logits(key, "key")
    if query.shape != key.shape:
        raise ValueError(f"query {tuple(query.shape)} and key {tuple(key.shape)} differ in shape")
    if queue.ndim != 2 or queue.shape[0] != query.shape[1]:
        raise ValueError(f"queue {tuple(queue.shape)} must be [D, Q] with D = {query.shape[1]}")
    if temperature <= 0:
        raise ValueError(f"temperature must be above 0, received {temperature}")
    with without_autocast(query.device):
        asked = unit_rows(query)
        answer = unit_rows(key.detach())
        same = (asked * answer).sum(dim=1, keepdim=True)
        others = asked @ queue.detach().to(asked.dtype)
        logits = torch.cat([same, others], dim=1) / temperature
        return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))

"""Several processes that learn as one: their rows are put together before the loss."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch import distributed as dist


def gather_rows(rows: Tensor) -> Tensor:
    """Put the rows of all processes together in the order of the batch; gradients flow back to their owners.

    Process r of w holds the batch's rows r, r + w, r + 2w, …: the parts are interleaved again. They may differ in
    length by one.
    """
    world = dist.get_world_size()
    lengths = [torch.zeros(1, dtype=torch.long, device=rows.device) for _ in range(world)]
    dist.all_gather(lengths, torch.tensor([len(rows)], device=rows.device))
    sizes = [int(length) for length in lengths]
    longest = max(sizes)
    padded = torch.cat([rows, rows.new_zeros(longest - len(rows), *rows.shape[1:])])
    parts: Any = _AllGather.apply(padded) if rows.requires_grad else _plain_all_gather(padded)
    interleaved = cast(Tensor, parts).transpose(0, 1).reshape(longest * world, *rows.shape[1:])
    kept = [place * world + rank for place in range(longest) for rank in range(world) if place < sizes[rank]]
    return interleaved if len(kept) == len(interleaved) else interleaved[torch.tensor(kept, device=rows.device)]


class _AllGather(torch.autograd.Function):
    """``[b, ...]`` of every process as ``[world, b, ...]``; the gradient is the sum of what all processes ask for."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:  # noqa: ARG004
        return _plain_all_gather(rows)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ARG004
        whole = gradient.contiguous()
        dist.all_reduce(whole)
        # Every process computes the same loss of all rows and the gradients are averaged afterwards, which divides
        # this sum by the number of processes again.
        return whole[dist.get_rank()]


def _plain_all_gather(rows: Tensor) -> Tensor:
    parts = [torch.empty_like(rows, memory_format=torch.contiguous_format) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, rows.contiguous())
    return torch.stack(parts)

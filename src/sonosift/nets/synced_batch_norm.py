"""Batch normalisation over the rows of several processes, on any device."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch import distributed as dist


def synchronise_batch_norm(network: nn.Module) -> None:
    """Let every batch normalisation in a network see the rows of all processes."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and not isinstance(module, SyncedBatchNorm):
            module.__class__ = _synced_class(type(module))


class SyncedBatchNorm(nn.BatchNorm2d):
    """Batch normalisation over the rows of all processes, on any device (torch's own runs on GPUs only)."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (torch's name)
        """Normalise ``[b, C, H, W]`` by the mean and variance over all processes."""
        if not self.training or not self.track_running_stats:
            return nn.BatchNorm2d.forward(self, input)
        wide = input.float()
        count = torch.tensor([float(wide.numel() // wide.shape[1])], device=wide.device)
        total: Any = _AllSum.apply(torch.cat([wide.sum(dim=(0, 2, 3)), count]))
        size = total[-1].detach()
        mean = total[:-1] / size
        # Squares of distances from the mean: the difference of two large sums keeps few digits of a small spread.
        centred = wide - mean.view(1, -1, 1, 1)
        squares: Any = _AllSum.apply((centred * centred).sum(dim=(0, 2, 3)))
        variance = squares / size
        self._remember(mean.detach(), variance.detach(), size)
        scale = torch.rsqrt(variance + self.eps) * (self.weight if self.weight is not None else 1.0)
        normed: Tensor = centred * scale.view(1, -1, 1, 1)
        if self.bias is not None:
            normed = normed + self.bias.view(1, -1, 1, 1)
        return normed.to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, size: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        share = 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance * size / (size - 1.0).clamp(min=1.0), share)


def _synced_class(kind: type[nn.BatchNorm2d]) -> type[nn.BatchNorm2d]:
    # timm's batch normalisations carry an activation: it comes after ours.
    if kind is nn.BatchNorm2d:
        return SyncedBatchNorm

    class SyncedWithActivation(SyncedBatchNorm, kind):  # type: ignore[misc, valid-type]
        def forward(self, input: Tensor) -> Tensor:  # noqa: A002
            drop, act = cast(nn.Module, self.drop), cast(nn.Module, self.act)
            return cast(Tensor, act(drop(SyncedBatchNorm.forward(self, input))))

    return SyncedWithActivation


class _AllSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:  # noqa: ARG004
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ARG004
        total = gradient.clone()
        dist.all_reduce(total)
        return total

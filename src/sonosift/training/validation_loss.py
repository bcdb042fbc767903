"""The figure that decides which step of a training without labels is kept: its own loss on frames kept apart."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from sonosift.batches.draws import torch_draws
from sonosift.batches.frame_source import FrameSource
from sonosift.batches.sampler import Sampler
from sonosift.batches.view_draws import ViewDraws
from sonosift.methods.method import Batch, Method
from sonosift.training.fit_plan import Score, Validate
from sonosift.training.precision import Precision

_MOST_BATCHES = 20


def lowest_loss_on(
    frames: FrameSource, sampler: Sampler, targets: Tensor | None, precision: Precision, seed: int
) -> Validate:
    """Return the function that scores a method by minus its loss, on the same batches and views every time."""

    @torch.no_grad()
    def validate(method: Method) -> Score:
        was_training, gather = method.training, method.gather
        method.eval()
        method.gather = _alone
        device = next(method.parameters()).device
        totals: dict[str, float] = {}
        batches = min(sampler.steps_per_epoch, _MOST_BATCHES)
        for step in range(batches):
            rows = sampler.rows(step)
            views = method.judged_views(
                frames.gather(rows).to(device), ViewDraws(torch_draws(seed, "validation", step))
            )
            items = torch.from_numpy(rows if rows.ndim == 1 else rows[:, 0].copy())
            told = None if targets is None else targets[items].to(device)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16-mixed"):
                losses = method.losses(Batch(views, told, items.to(device)), list(method.turns())[-1])
            for name, value in losses.items():
                totals[name] = totals.get(name, 0.0) + float(value) / batches
        method.train(was_training)
        method.gather = gather
        return Score(-totals[method.judged_by], totals)

    return validate


_alone: Callable[[Tensor], Tensor] = lambda rows: rows  # noqa: E731

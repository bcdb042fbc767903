"""How rates change over a training, as functions of the place alone."""

from __future__ import annotations

import math

import torch


def cosine(progress: float, start: float, end: float) -> float:
    """Go from ``start`` to ``end`` along half a cosine.

    >>> cosine(0.0, 1.0, 0.0), round(cosine(0.5, 1.0, 0.0), 6), cosine(1.0, 1.0, 0.0)
    (1.0, 0.5, 0.0)
    """
    share = min(max(progress, 0.0), 1.0)
    return end + (start - end) * (1.0 + math.cos(math.pi * share)) / 2.0


def warm_cosine(step: int, steps: int, warm_steps: int, peak: float, end: float) -> float:
    """Rise in a line over ``warm_steps`` steps, 0 at the first and ``peak`` at the last, then fall to ``end``.

    The fall is half a cosine that begins at ``peak`` again. The published code of DINO does the same.

    >>> [round(warm_cosine(step, 10, 3, 1.0, 0.0), 3) for step in (0, 1, 2, 3, 10)]
    [0.0, 0.5, 1.0, 1.0, 0.0]
    """
    if step < warm_steps:
        return peak * step / max(warm_steps - 1, 1)
    return cosine((step - warm_steps) / max(steps - warm_steps, 1), peak, end)


def set_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Give every group of an optimiser the same learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate

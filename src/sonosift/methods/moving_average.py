"""A teacher: a copy of a network whose weights follow the student's slowly."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def frozen_copy(network: Network) -> Network:
    """Return a copy that never learns by itself."""
    return copy.deepcopy(network).requires_grad_(False)


@torch.no_grad()
def follow(teacher: nn.Module, student: nn.Module, momentum: float) -> None:
    """Move the teacher's weights: ``m * teacher + (1 - m) * student``. Running statistics are the teacher's own."""
    pairs = [(slow.data, fast.data) for slow, fast in zip(teacher.parameters(), student.parameters(), strict=True)]
    torch._foreach_lerp_([slow for slow, _ in pairs], [fast for _, fast in pairs], 1.0 - momentum)

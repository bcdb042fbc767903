"""Logits in, log-probabilities out, in float32 or better whatever precision the network ran in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional as F

# Differences of larger logits overflow float32 to infinity; a softmax is one-hot long before.
_LARGEST_LOGIT = 1e30


@contextmanager
def without_autocast(device: torch.device) -> Iterator[None]:
    """Switch mixed precision off: a loss computed in bfloat16 keeps only three digits."""
    with torch.autocast(device.type, enabled=False):
        yield


def at_least_float32(numbers: Tensor) -> Tensor:
    """Return numbers as float32; float64 stays float64."""
    return numbers if numbers.dtype == torch.float64 else numbers.float()


def full_precision(logits: Tensor) -> Tensor:
    """Return logits as float32 (float64 stays float64), held within a range whose sums stay finite."""
    return at_least_float32(logits).clamp(-_LARGEST_LOGIT, _LARGEST_LOGIT)


def log_probabilities(logits: Tensor) -> Tensor:
    """Return the log-softmax of ``[B, K]`` logits over the last axis, finite for every finite input."""
    return torch.log_softmax(full_precision(logits), dim=-1)


def unit_rows(vectors: Tensor) -> Tensor:
    """Return ``[B, D]`` rows scaled to length 1 in full precision; a row of zeros stays one."""
    wide = full_precision(vectors)
    # Squares of large entries would overflow: the largest is brought to 1 first, which changes no direction.
    largest = wide.detach().abs().amax(dim=1, keepdim=True).clamp(min=1e-12)
    return F.normalize(wide / largest, dim=1)


def check_logits(logits: Tensor, name: str, least_columns: int = 1) -> None:
    """Refuse anything but a non-empty matrix of floats with at least ``least_columns`` columns."""
    if logits.ndim != 2 or logits.shape[0] == 0 or logits.shape[1] < least_columns or not logits.is_floating_point():
        raise ValueError(
            f"{name} must be a float matrix [rows >= 1, columns >= {least_columns}], "
            f"received {logits.dtype} {tuple(logits.shape)}"
        )

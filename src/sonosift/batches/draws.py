"""Random draws that can be repeated: every generator derives from the seed, the step and the rank."""

from __future__ import annotations

import hashlib

import numpy as np
import torch


def draw_key(seed: int, purpose: str, *position: int) -> int:
    """Mix seed, purpose and position (an epoch; or a step and a rank) into 63 bits, the same on every machine."""
    text = "/".join([str(seed), purpose, *map(str, position)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def numpy_draws(seed: int, purpose: str, *position: int) -> np.random.Generator:
    """Return numpy's generator for one purpose at one position."""
    return np.random.default_rng(draw_key(seed, purpose, *position))


def torch_draws(seed: int, purpose: str, *position: int) -> torch.Generator:
    """Return torch's generator for one purpose at one position, always on the CPU.

    The numbers drawn per image are few; drawing them on the CPU makes them the same on every accelerator.
    """
    return torch.Generator().manual_seed(draw_key(seed, purpose, *position))

"""How long forward and backward of a network take, in seconds of the processor: a busy machine counts less so."""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn


def milliseconds(network: nn.Module, images: Tensor, *, bf16: bool) -> float:
    """Time one pass over a batch."""
    started = time.process_time()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        features = network(images)
    features.float().square().mean().backward()
    network.zero_grad()
    return 1e3 * (time.process_time() - started)

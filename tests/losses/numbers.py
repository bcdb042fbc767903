"""Sums written out one number at a time, for the tests of the losses."""

import math

import torch


def draw(*shape, seed=0, spread=2.0):
    return spread * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def softmax_by_hand(row):
    top = max(row)
    powers = [math.exp(value - top) for value in row]
    return [power / sum(powers) for power in powers]


def cosine_by_hand(first, second):
    dot = sum(a * b for a, b in zip(first, second, strict=True))
    return dot / math.sqrt(sum(a * a for a in first) * sum(b * b for b in second))


def assert_finite(loss, *inputs):
    """The value and the gradient of every input."""
    loss.backward()
    assert math.isfinite(loss.item())
    for tensor in inputs:
        assert torch.isfinite(tensor.grad).all()


EXTREMES = [
    torch.zeros(3, 4),
    torch.full((3, 4), 1e38),
    torch.tensor([[1e38, -1e38, 0.0, 1.0], [-1e38, 1e38, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]]),
    torch.ones(1, 4),
    torch.ones(5, 4),
]

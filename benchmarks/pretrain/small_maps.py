"""How long forward and backward of a ResNet-18 take with and without matrix products for small maps, on one core.

python -m benchmarks.pretrain.small_maps
"""

from __future__ import annotations

import time

import torch

from sonosift.nets import small_maps
from sonosift.nets.backbone import Backbone


def milliseconds(size: int, views: int, *, bf16: bool, most_places: int, rounds: int = 5) -> float:
    """Return the fastest of some rounds."""
    small_maps.MOST_PLACES = most_places
    network = Backbone("resnet18").to(memory_format=torch.channels_last).train()
    images = torch.rand(views, 1, size, size).to(memory_format=torch.channels_last)
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            features = network(images)
        features.float().square().mean().backward()
        network.zero_grad()
        taken.append(time.perf_counter() - started)
    return 1e3 * min(taken)


def main() -> None:
    torch.set_num_threads(1)
    most = small_maps.MOST_PLACES
    print("| pixels | views | precision | convolutions, ms | products where maps are small, ms | ratio |")
    print("|---|---|---|---|---|---|")
    for size in (32, 64, 96):
        for views in (64, 128):
            for bf16 in (True, False):
                plain, ours = (milliseconds(size, views, bf16=bf16, most_places=places) for places in (0, most))
                precision = "bf16" if bf16 else "fp32"
                print(f"| {size} | {views} | {precision} | {plain:.0f} | {ours:.0f} | {plain / ours:.2f} |", flush=True)


if __name__ == "__main__":
    main()

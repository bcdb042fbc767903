"""How long forward and backward of a ResNet-18 take with and without matrix products for small maps, on one core.

python -m benchmarks.pretrain.small_maps

Three ways in turn: torch's convolutions; products where maps are very small; and, in bf16, products also for the
gradient of the weights where maps are small. Seconds of the processor, so that a machine that is busy counts less.
"""

from __future__ import annotations

import torch

from benchmarks.pretrain.forward_backward import milliseconds
from sonosift.machine.kept_memory import kept_memory
from sonosift.nets import learnt_as_product, small_maps
from sonosift.nets.backbone import Backbone

WAYS = ((0, 0), (small_maps.MOST_PLACES, 0), (small_maps.MOST_PLACES, learnt_as_product.MOST_PLACES))


def fastest_rounds(size: int, views: int, *, bf16: bool, rounds: int = 4) -> list[float]:
    """Return the fastest of some rounds for each way; the ways take turns."""
    network = Backbone("resnet18").to(memory_format=torch.channels_last).train()
    images = torch.rand(views, 1, size, size).to(memory_format=torch.channels_last)
    fastest = [float("inf")] * len(WAYS)
    with kept_memory():
        for _ in range(rounds):
            for way, (small_maps.MOST_PLACES, learnt_as_product.MOST_PLACES) in enumerate(WAYS):
                fastest[way] = min(fastest[way], milliseconds(network, images, bf16=bf16))
    return fastest


def main() -> None:
    torch.set_num_threads(1)
    print("| pixels | views | precision | convolutions, ms | very small maps as products | weights learnt so | ratio |")
    print("|---|---|---|---|---|---|---|")
    for size, views in ((32, 128), (64, 128), (96, 96), (128, 96), (224, 48)):
        for bf16 in (True, False):
            plain, small, ours = fastest_rounds(size, views, bf16=bf16)
            precision = "bf16" if bf16 else "fp32"
            row = f"| {size} | {views} | {precision} | {plain:.0f} | {small:.0f} | {ours:.0f} | {plain / ours:.2f} |"
            print(row, flush=True)


if __name__ == "__main__":
    main()

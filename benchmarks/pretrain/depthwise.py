"""How long forward and backward of a network of depthwise convolutions take, with these in bf16 and in float32.

    python -m benchmarks.pretrain.depthwise

On one core, the ways in turn, in seconds of the processor, so that a machine that is busy counts less.
"""

from __future__ import annotations

import timm
import torch

from benchmarks.pretrain.forward_backward import milliseconds
from sonosift.machine.kept_memory import kept_memory
from sonosift.nets.backbone import Backbone

NETWORK, VIEWS = "tf_efficientnet_lite0", 64
FLOAT32, ALL_BF16, OURS = "float32", "bf16 throughout", "bf16, depthwise in float32"


def networks() -> dict[str, torch.nn.Module]:
    """Return the network as each way has it."""
    plain = timm.create_model(NETWORK, in_chans=1, num_classes=0)
    return {FLOAT32: plain, ALL_BF16: plain, OURS: Backbone(NETWORK)}


def fastest_rounds(size: int, rounds: int = 4) -> dict[str, float]:
    """Return the fastest of some rounds for each way."""
    images = torch.rand(VIEWS, 1, size, size).to(memory_format=torch.channels_last)
    ways = {name: one.to(memory_format=torch.channels_last).train() for name, one in networks().items()}
    fastest = dict.fromkeys(ways, float("inf"))
    with kept_memory():
        for _ in range(rounds):
            for name, network in ways.items():
                took = milliseconds(network, images, bf16=name != FLOAT32)
                fastest[name] = min(fastest[name], took)
    return fastest


def main() -> None:
    torch.set_num_threads(1)
    print(f"{NETWORK}, {VIEWS} views, milliseconds\n")
    print(f"| pixels | {FLOAT32} | {ALL_BF16} | {OURS} | bf16 throughout over ours |\n|---|---|---|---|---|")
    for size in (64, 128, 224):
        took = fastest_rounds(size)
        print(f"| {size} | " + " | ".join(f"{one:.0f}" for one in took.values()), end="")
        print(f" | {took[ALL_BF16] / took[OURS]:.2f} |", flush=True)


if __name__ == "__main__":
    main()

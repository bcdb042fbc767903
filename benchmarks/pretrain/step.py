"""What would make the step itself faster? SimCLR, ResNet-18, on one batch of views that was made before.

    python -m benchmarks.pretrain.step --rounds 2

Each variant runs in a process of its own (memory and environment are a process's), the variants in turn. Printed is the
fastest step of each round after the first two, its median over the rounds, and what it is against the default (bf16,
channels-last, memory kept between steps, fused optimiser, both views in one pass).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time

import torch

from benchmarks.pretrain.speed import BUSY, busy_cores
from sonosift.batches.draws import torch_draws
from sonosift.batches.view_draws import ViewDraws
from sonosift.machine.kept_memory import kept_memory
from sonosift.methods.method import ALL, Batch
from sonosift.training.finished_run import new_method

VARIANTS: dict[str, tuple[str, ...]] = {
    "default": (),
    "memory given back after each step": ("given-back",),
    "fp32": ("fp32",),
    "fp32, memory given back": ("fp32", "given-back"),
    "fp32 weights, convolutions in bf16": ("fp32", "bf16-inside"),
    "channels first": ("contiguous",),
    "torch.compile of the network": ("compile",),
    "bf16 weights (other numbers)": ("bf16-weights",),
    "large pages (GLIBC_TUNABLES)": ("large-pages",),
    "optimiser not fused": ("unfused",),
}


def timed(changes: list[str], batch: int, size: int, steps: int) -> None:
    """Print the seconds of the steps and the peak memory as JSON."""
    method = new_method("simclr", {"image_size": size}, {}, seed=0).train()
    if "contiguous" not in changes:
        method.to(memory_format=torch.channels_last)
    if "bf16-inside" in changes:
        torch.backends.mkldnn.conv.fp32_precision = "bf16"
        torch.backends.mkldnn.matmul.fp32_precision = "bf16"
    side = size * 8 // 7
    frames = torch.randint(0, 256, (batch, side, side), dtype=torch.uint8)
    views = method.views(frames, ViewDraws(torch_draws(0, "views", 0)))
    optimizer = method.turns()[ALL]
    if "unfused" in changes:
        for group in optimizer.param_groups:
            group["fused"] = False
    if "compile" in changes:
        method.backbone.net = torch.compile(method.backbone.net)
    whole_bf16 = "bf16-weights" in changes
    if whole_bf16:
        method.to(torch.bfloat16)
        views = {name: view.bfloat16() for name, view in views.items()}
    seconds = []
    with contextlib.nullcontext() if "given-back" in changes else kept_memory():
        for _ in range(steps):
            started = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled="fp32" not in changes and not whole_bf16):
                loss = method.losses(Batch(views))["loss"]
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            seconds.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": min(seconds[2:]), "peak_mb": peak}))


def main() -> None:
    """Time the variants in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--anyway", action="store_true", help="time on a busy machine")
    parser.add_argument("--one", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one is not None:
        timed(given.one, given.batch, given.image_size, given.steps)
        return
    load = busy_cores()
    if load > BUSY and not given.anyway:
        raise SystemExit(f"the machine is busy ({load:.2f} cores in use): wait, or give --anyway")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in VARIANTS}
    sizes = ["--batch", str(given.batch), "--image-size", str(given.image_size), "--steps", str(given.steps)]
    for _ in range(given.rounds):
        for name, changes in VARIANTS.items():
            command = [sys.executable, "-m", "benchmarks.pretrain.step", *sizes, "--one", *changes]
            pages = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"} if "large-pages" in changes else {}
            # Its warnings are let through: what a variant cannot do should be seen.
            answer = subprocess.run(
                command, env=os.environ | pages, stdout=subprocess.PIPE, text=True, check=True
            ).stdout
            found[name].append(json.loads(answer.splitlines()[-1]))
    print(f"SimCLR, ResNet-18, {given.image_size} px, {given.batch} random images, {load:.2f} cores in use before")
    print("| step | s | default's time over it | peak MB |\n|---|---|---|---|")
    default = statistics.median(one["seconds"] for one in found["default"])
    for name, ones in found.items():
        middle = statistics.median(one["seconds"] for one in ones)
        print(f"| {name} | {middle:.2f} | {default / middle:.2f} | {max(one['peak_mb'] for one in ones):.0f} |")


if __name__ == "__main__":
    main()

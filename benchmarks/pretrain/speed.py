"""How fast is pretraining beside LightlySSL (PICA: beside plain torchvision), from stored frames to optimiser step?

    pip install 'sonosift[benchmarks]'
    python -m benchmarks.pretrain.speed --method simclr

Every cell is a process of its own that takes its turn a few steps at a time while the others wait: A B C D, A B C D, …
Ratios are formed within a round, and their median over the rounds is printed with the least and the largest. Ours is
``fit`` itself, with its sampler, gathering, views, checks and log lines; its bound is the step alone on one batch of
views that was made before. A busy machine is refused unless --anyway is given: more than 0.3 of a core in use during
two seconds (the load average remembers work that has long ended). With a GPU its utilisation is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.pretrain import frames as images

BUSY = 0.3
PRECISIONS = ("32", "bf16")
PEERS = {"simclr": "LightlySSL", "dino": "LightlySSL", "pica": "torchvision, plain"}
LABELS = {"ours": "ours", "streamed": "ours, frames not in memory", "bound": "its step alone"}


@dataclass
class Cell:
    """A process that times one pipeline, and what it answered.

    Attributes:
        side: ours, streamed or peer.
        precision: 32 or bf16.
        seconds: mean of a step in each turn, by kind (whole or bound).
        last: its last answer.
    """

    side: str
    precision: str
    process: subprocess.Popen[str]
    seconds: dict[str, list[float]] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)

    def turn(self, kind: str, steps: int) -> None:
        """Let it run some steps."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{kind} {steps}\n")
        self.process.stdin.flush()
        self.last = self.answer()
        self.seconds.setdefault(kind, []).append(statistics.mean(self.last["seconds"]))

    def answer(self) -> dict[str, Any]:
        """Wait for its next line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        raise SystemExit(f"the cell {self.side} {self.precision} ended: see its messages above")


def start(side: str, precision: str, given: argparse.Namespace, folder: Path) -> Cell:
    """Start a cell and wait until its pipeline stands."""
    work = {name: getattr(given, name) for name in ("method", "frames", "batch", "image_size", "local_size", "workers")}
    order = json.dumps(work | {"side": side, "precision": precision, "folder": str(folder)})
    command = [sys.executable, "-m", "benchmarks.pretrain.cell", order]
    cell = Cell(side, precision, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    cell.answer()
    return cell


def take_turns(cells: list[Cell], rounds: int, steps: int, few_steps: int) -> None:
    """Time the cells in turn, so that a machine that slows down slows all of them."""
    for _ in range(rounds):
        for cell in cells:
            cell.turn("whole", few_steps if cell.side == "peer" else steps)
            if cell.side != "peer":
                cell.turn("bound", few_steps)


def ratios(above: list[float], below: list[float]) -> str:
    """Return the median of the rounds' ratios, with the least and the largest."""
    found = [a / b for a, b in zip(above, below, strict=True)]
    return f"{statistics.median(found):.2f} ({min(found):.2f} to {max(found):.2f})"


def print_table(cells: list[Cell], given: argparse.Namespace) -> None:
    """Print a row per cell: its step, its share of its bound, and how it stands to the peer."""
    peers = {cell.precision: cell.seconds["whole"] for cell in cells if cell.side == "peer"}
    print(
        "\n| pipeline | precision | s/step | images/s | of its step alone | times the peer, same precision | peak MB |"
    )
    print("|---|---|---|---|---|---|---|")
    for cell in cells:
        whole = cell.seconds["whole"]
        name = PEERS[given.method] if cell.side == "peer" else LABELS[cell.side]
        bound = ratios(cell.seconds["bound"], whole) if "bound" in cell.seconds else ""
        times = ratios(peers[cell.precision], whole) if cell.side != "peer" else ""
        middle = statistics.median(whole)
        print(
            f"| {name} | {cell.precision} | {middle:.2f} | {given.batch / middle:.1f} | {bound} | {times} "
            f"| {cell.last['peak_mb']:.0f} |"
        )
    default = next(cell.seconds["whole"] for cell in cells if (cell.side, cell.precision) == ("ours", "bf16"))
    print(f"\nour default (bf16) is {ratios(peers['32'], default)} times as fast as {PEERS[given.method]}'s (fp32)")
    fewest = min(cell.last["threads"] for cell in cells)
    print(f"fewest threads in any turn: {fewest}")
    if any(cell.last["gpu"] is not None for cell in cells):
        shares = ", ".join(f"{cell.side} {cell.precision} {cell.last['gpu'] or 0:.0f} %" for cell in cells)
        print(f"GPU utilisation in the last turn: {shares}")
    else:
        print("GPU utilisation: no GPU at hand")


def busy_cores() -> float:
    """Look at the machine for two seconds and return how many of its cores were in use."""
    return psutil.cpu_percent(interval=2.0) / 100 * (os.cpu_count() or 1)


def main() -> None:
    """Time the cells in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", choices=sorted(PEERS), default="simclr")
    parser.add_argument("--frames", type=int, default=512, help="stored frames")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--local-size", type=int, default=96, help="of DINO's small crops")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="of the peer's DataLoader")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=9, help="of ours in a turn; one line of the log among them")
    parser.add_argument("--few-steps", type=int, default=4, help="of the bound, and of the peer, in a turn")
    parser.add_argument("--streamed", action="store_true", help="a row for frames that stay on the disk (bf16)")
    parser.add_argument("--anyway", action="store_true", help="time on a busy machine")
    given = parser.parse_args()
    load = busy_cores()
    if load > BUSY and not given.anyway:
        raise SystemExit(f"the machine is busy ({load:.2f} cores in use): wait, or give --anyway")
    with tempfile.TemporaryDirectory() as name:
        images.write(Path(name) / "images", images.simulate(given.frames))
        sides = [("peer", "32"), ("ours", "32"), ("peer", "bf16"), ("ours", "bf16")]
        sides += [("streamed", "bf16")] if given.streamed else []
        cells = [start(side, precision, given, Path(name) / "images") for side, precision in sides]
        take_turns(cells, given.rounds, given.steps, given.few_steps)
        print(
            f"{given.method}, ResNet-18, {given.image_size} px, batches of {given.batch} of {given.frames} simulated "
            f"stills, {given.rounds} rounds, {os.environ.get('OMP_NUM_THREADS', 'all')} threads on {os.cpu_count()} "
            f"cores, "
            f"{given.workers} workers for the peer, {load:.2f} cores in use before and {busy_cores():.2f} after, "
            f"{_processor()}"
        )
        print_table(cells, given)
        for cell in cells:
            cell.process.communicate()


def _processor() -> str:
    import torch

    features = [name for name, there in (
        ("AVX-512", torch.cpu._is_avx512_supported()),
        ("bf16", torch.cpu._is_avx512_bf16_supported()),
        ("AMX", torch.cpu._is_amx_tile_supported()),
    ) if there]  # fmt: skip
    return f"{platform.machine()} with {', '.join(features) or 'none of AVX-512, bf16, AMX'}, torch {torch.__version__}"


if __name__ == "__main__":
    main()

"""How many frames per second one core simulates at 256x256.

Run: ``OMP_NUM_THREADS=1 python benchmarks/phantom_speed.py``. Processor time is counted, so that other work on the
machine disturbs little; the load is printed beside it.
"""

from __future__ import annotations

import os
import time

import cv2
import numpy as np

from sonosift.phantom.anatomy.body import draw_body
from sonosift.phantom.scanning.acquisition import acquire
from sonosift.phantom.scanning.scanner import SCANNERS
from sonosift.phantom.scanning.views import VIEW_NAMES


def frames_per_second(acquisitions: int, frames: int) -> float:
    """Return frames per second of processor time, over all views and machines in turn."""
    rng = np.random.default_rng(0)
    bodies = [draw_body(rng) for _ in range(8)]
    started = time.process_time()
    for i in range(acquisitions):
        acquire(bodies[i % 8], VIEW_NAMES[i % len(VIEW_NAMES)], SCANNERS[i % len(SCANNERS)], rng, frames=frames)
    return acquisitions * frames / (time.process_time() - started)


def main() -> None:
    cv2.setNumThreads(1)
    frames_per_second(8, 1)  # noise blocks and maps are built once
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"256x256, one core, load {load:.1f}")
    print("| what | frames/s |\n|---|---|")
    print(f"| stills, each at a new place | {frames_per_second(132, 1):.1f} |")
    print(f"| clips of 20 frames | {frames_per_second(22, 20):.1f} |")


if __name__ == "__main__":
    main()

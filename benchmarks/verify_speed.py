"""How fast a cohort's frames are looked at and read, and what interrupting it costs.

    python -m benchmarks.verify_speed COHORT --frames 200

Nothing is written but notes in the private folder of the cohort, which the next verification replaces.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from sonosift.cohort.cohort import Cohort
from sonosift.machine import threads
from sonosift.verify.clip_looks import look_at_clips


def main() -> None:
    """Print frames a second with and without reading."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cohort", type=Path)
    parser.add_argument("--frames", type=int, default=200, help="stop after so many frames")
    arguments = parser.parse_args()
    cohort = Cohort.open(arguments.cohort)
    print(f"{threads.available_cores()} cores, frames of {cohort.settings.frame_shape}")
    for name, ocr in (("checked", False), ("checked and read", True)):
        started, frames, texts = time.monotonic(), 0, 0
        for look in look_at_clips(cohort, [], ocr=ocr):
            frames += look.frames
            texts += len(look.read or ())
            if frames >= arguments.frames:
                break
        seconds = time.monotonic() - started
        print(f"{name}: {frames} frames in {seconds:.1f} s, {frames / seconds:.2f} frames/s, {texts} texts")


if __name__ == "__main__":
    main()

"""How well fans are found, on a simulated hospital and against its truth.

Run: ``sonosift phantom HOSPITAL --patients 12 --seed 3`` (and ``--profile cine``), then
``python benchmarks/fan_finding.py HOSPITAL``. The tables go to standard output.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
from phantom_clips import PhantomClip, phantom_clips

from sonosift.archive.colour_flow import red_and_blue
from sonosift.privacy.fan import TRUSTED, Fan, find_fan

FRAMES = 12
_INK = 60
_LEAST_INK = 12


def outside_ink(clip: PhantomClip, fan: Fan) -> int:
    """Count the bright pixels of texts beside the picture that the found fan keeps."""
    assert clip.fan is not None
    grey = clip.frames[0].grey
    dark = int(np.median(grey[~clip.fan]))
    written = np.zeros(grey.shape, dtype=bool)
    for _, x0, y0, x1, y1, _ in clip.texts:
        written[y0:y1, x0:x1] = True
    kept = written & fan.mask & ~clip.fan & (np.abs(grey.astype(int) - dark) > _INK)
    return int(kept.sum())


class _Counts:
    """Right and wrong answers of one yes-or-no question."""

    def __init__(self) -> None:
        self.right = self.wrong = self.missed = self.all = 0

    def add(self, *, found: bool, true: bool) -> None:
        self.all += 1
        self.right += found and true
        self.wrong += found and not true
        self.missed += true and not found

    def __str__(self) -> str:
        precision = self.right / max(1, self.right + self.wrong)
        recall = self.right / max(1, self.right + self.missed)
        return f"precision {precision:.3f}, recall {recall:.3f} ({self.right + self.missed} of {self.all} true)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hospital", type=Path)
    parser.add_argument("--every", type=int, default=1, help="only each so many files")
    parser.add_argument("--worst", type=int, default=0, help="list so many of the worst fans")
    parser.add_argument("--regions", action="store_true", help="use the calibration regions of the headers")
    options = parser.parse_args()
    by_group: dict[str, list[float]] = defaultdict(list)
    answers: list[tuple[float, float, int, str, str]] = []
    doppler, dual, seconds, clips = _Counts(), _Counts(), 0.0, 0
    pages: list[float] = []
    for clip in phantom_clips(options.hospital, most_frames=FRAMES, every=options.every):
        regions = clip.header.regions if options.regions else ()
        started = time.perf_counter()
        fan = find_fan([frame.grey for frame in clip.frames], regions)
        seconds += time.perf_counter() - started
        clips += 1
        if clip.fan is None:
            pages.append(fan.confidence if fan else 0.0)
            continue
        overlap = 0.0 if fan is None else float((fan.mask & clip.fan).sum() / (fan.mask | clip.fan).sum())
        for group in ("all", "cine" if len(clip.frames) > 1 else "still", clip.scanner, str(clip.fan_kind)):
            by_group[group].append(overlap)
        ink = outside_ink(clip, fan) if fan else 0
        answers.append((overlap, fan.confidence if fan else 0.0, ink, clip.name, clip.scanner))
        if fan:
            flow = any(red_and_blue(frame.rgb, fan.mask).is_flow() for frame in clip.frames)
            if clip.frames[0].rgb is not None:
                doppler.add(found=flow, true=clip.is_doppler)
            dual.add(found=fan.parts == 2, true=clip.fan_kind == "dual")

    print(f"{clips} files, {1000 * seconds / clips:.1f} ms a file for finding the fan in up to {FRAMES} frames")
    print(f"{'':<14}{'files':>7}{'mean IoU':>10}{'median':>8}{'least':>8}{'< 0.95':>8}")
    for group, overlaps in by_group.items():
        found = np.array(overlaps)
        print(
            f"{group:<14}{len(found):>7}{found.mean():>10.4f}{np.median(found):>8.4f}{found.min():>8.4f}"
            f"{(found < 0.95).mean():>8.3f}"
        )
    _print_reliability(answers)
    inked = [answer for answer in answers if answer[2] >= _LEAST_INK]
    trusted = [answer for answer in inked if answer[1] >= TRUSTED]
    print(f"files that keep ink of a text beside the picture: {len(inked)} of {len(answers)}, trusted {len(trusted)}")
    print(f"pages without a picture that are trusted: {sum(page >= TRUSTED for page in pages)} of {len(pages)}")
    print(f"colour Doppler flag: {doppler}")
    print(f"dual screen flag: {dual}")
    for answer in sorted(answers)[: options.worst]:
        print("IoU {:.3f} confidence {:.2f} ink {} {} {}".format(*answer))
    for answer in inked[: options.worst]:
        print("ink: IoU {:.3f} confidence {:.2f} ink {} {} {}".format(*answer))


def _print_reliability(answers: list[tuple[float, float, int, str, str]]) -> None:
    overlap = np.array([answer[0] for answer in answers])
    confidence = np.array([answer[1] for answer in answers])
    print(f"{'confidence':<14}{'files':>7}{'mean IoU':>10}{'< 0.95':>8}{'< 0.90':>8}")
    edges = [0.0, 0.25, TRUSTED, 0.75, 0.9, 0.97, 1.01]
    for low, high in pairwise(edges):
        chosen = overlap[(confidence >= low) & (confidence < high)]
        if len(chosen):
            name = f"{low:.2f} to {min(high, 1):.2f}"
            below = (f"{(chosen < limit).mean():>8.3f}" for limit in (0.95, 0.9))
            print(f"{name:<14}{len(chosen):>7}{chosen.mean():>10.4f}", *below, sep="")


if __name__ == "__main__":
    main()

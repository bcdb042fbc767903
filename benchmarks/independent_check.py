"""How often the independent check finds one line of writing that was left, and how often it doubts a clean picture.

Run: ``sonosift phantom HOSPITAL --patients 12 --seed 3`` (and ``--profile cine``), then
``python benchmarks/independent_check.py HOSPITAL``. Clean pictures are those that the simulator wrote nothing on
(calipers, arrows and colour boxes stay); each gets one line of four to sixteen letters. ``--font FILE`` measures with
letters that were not trained on, ``--pale`` with letters of one grey only a little above the tissue. The tables go to
standard output.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from glyph_rows import FAMILIES, Pixels, file_font_ink, lay_over, lay_pale, random_words, written
from numpy.typing import NDArray
from phantom_clips import phantom_clips

from sonosift.privacy.independent_check import doubt_about

FRAMES = 12
CONTRASTS = (40.0, 60.0, 90.0)
PALE = (25.0, 35.0, 50.0)
SIZES = ((8, 11), (12, 17), (18, 26), (27, 40))


def clean_clips(hospital: Path, every: int) -> Iterator[tuple[str, list[Pixels], NDArray[np.bool_]]]:
    """Yield the crops of clips without writing on the picture, black outside the fan, and the fan in the crop."""
    for clip in phantom_clips(hospital, most_frames=FRAMES, every=every):
        if clip.fan is None or any(text[5] for text in clip.texts):
            continue
        rows, columns = np.flatnonzero(clip.fan.any(1)), np.flatnonzero(clip.fan.any(0))
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        fan = clip.fan[box]
        yield clip.name, [np.where(fan, frame.grey[box], 0).astype(np.uint8) for frame in clip.frames], fan


def line_of_writing(
    fan: NDArray[np.bool_], rng: np.random.Generator, size: tuple[int, int], font: str | None
) -> tuple[NDArray[np.float32], int, int] | None:
    """Draw the ink of a line, across or upright, and a place for it that lies in the fan."""
    for _ in range(40):
        text, height = random_words(rng), int(rng.integers(size[0], size[1] + 1))
        ink = file_font_ink(text, height, font) if font else written(text, height, int(rng.integers(FAMILIES)))
        ink = np.ascontiguousarray(np.rot90(ink, int(rng.choice([0, 0, 0, 0, 1, 3]))))
        down, right = (have - need for have, need in zip(fan.shape, ink.shape, strict=True))
        if down < 1 or right < 1:
            continue
        y, x = int(rng.integers(down)), int(rng.integers(right))
        if fan[y : y + ink.shape[0], x : x + ink.shape[1]].mean() > 0.95:
            return ink, x, y
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hospital", type=Path)
    parser.add_argument("--every", type=int, default=1, help="only each so many files")
    parser.add_argument("--font", help="a font file for the letters")
    parser.add_argument("--pale", action="store_true", help="letters a little above the tissue around them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--name-doubts", action="store_true", help="list the clean files that are doubted")
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    found: dict[str, list[bool]] = defaultdict(list)
    doubted: list[tuple[str, str, float]] = []
    clean = clips = looked_at = 0
    seconds = pixels = 0.0
    for name, crops, fan in clean_clips(options.hospital, options.every):
        started = time.perf_counter()
        doubt = doubt_about(crops, fan)
        seconds += time.perf_counter() - started
        pixels += fan.size * len(crops)
        looked_at += len(crops)
        clean += 1
        clips += len(crops) > 1
        if doubt:
            doubted.append((name, doubt.code, doubt.score))
            continue  # what is held anyway says nothing about writing
        size = SIZES[int(rng.integers(len(SIZES)))]
        contrasts = PALE if options.pale else CONTRASTS
        contrast = contrasts[int(rng.integers(len(contrasts)))]
        line = line_of_writing(fan, rng, size, options.font)
        if line is None:
            continue
        state = rng.bit_generator.state
        marked = []
        for crop in crops:
            rng.bit_generator.state = state  # the same grey in every frame
            lay = lay_pale(crop, *line, contrast) if options.pale else lay_over(crop, *line, rng, contrast=contrast)
            written_on, _ = lay
            marked.append(np.where(fan, written_on, 0).astype(np.uint8))
        kind = "clip" if len(crops) > 1 else "still"
        seen = doubt_about(marked, fan) is not None
        for group in ("all", kind, f"letters of {size[0]} to {size[1]} px", f"contrast {contrast:.0f}"):
            found[group].append(seen)
        if len(crops) > 1:
            once = int(rng.integers(len(crops)))
            passing = [*crops[:once], marked[once], *crops[once + 1 :]]
            found["in one frame of a clip only"].append(doubt_about(passing, fan) is not None)
    print(
        f"{clean} clean files ({clips} clips, {looked_at} frames), {1000 * seconds / looked_at:.1f} ms a frame", end=""
    )
    print(f" of {pixels / looked_at / 1000:.0f} kilopixels")
    print(f"clean files held back: {len(doubted)} of {clean} ({100 * len(doubted) / clean:.1f} %)")
    print(f"{'writing left in':<30}{'files':>7}{'found':>9}")
    for group, answers in sorted(found.items()):
        print(f"{group:<30}{len(answers):>7}{100 * np.mean(answers):>8.1f}%")
    if options.name_doubts:
        for name, code, score in doubted:
            print(f"doubted: {code} {score:.2f} {name}")


if __name__ == "__main__":
    main()

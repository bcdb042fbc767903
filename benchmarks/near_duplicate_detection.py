"""How well near-duplicates are found: against groups that others made, and among images of different patients.

Run: ``python benchmarks/near_duplicate_detection.py IMAGES.csv``. The table has a column ``file`` (relative to
the CSV) and a column ``near_duplicate_group``: pairs inside one group ought to be found, all others not. A pair found
outside the groups is printed, for a look at the two images. The table goes to standard output.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import polars as pl

from sonosift.cohort.near_duplicates import MAX_DIFFERING_BITS, MIN_CORRELATION
from sonosift.cohort.perceptual_hash import fine_structure, hash_bits, low_frequencies

SIDE = 128


def _letterboxed(file: Path) -> np.ndarray:
    picture = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    scale = SIDE / max(picture.shape)
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:SIDE, :SIDE]
    frame = np.zeros((SIDE, SIDE), dtype=np.uint8)
    top, left = (SIDE - small.shape[0]) // 2, (SIDE - small.shape[1]) // 2
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return frame


def main() -> None:
    """Print the table and the pairs that the groups do not know."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    table_path: Path = parser.parse_args().table
    table = pl.read_csv(table_path)
    frames = np.array([_letterboxed(table_path.parent / name) for name in table["file"]])
    bits = np.unpackbits(hash_bits(low_frequencies(frames)[0]), axis=1).astype(np.int16)
    structure = fine_structure(frames)
    one, other = np.triu_indices(len(frames), 1)
    differing = np.concatenate([(bits[index + 1 :] != bits[index]).sum(axis=1) for index in range(len(bits))])
    correlation = (structure @ structure.T)[one, other]
    group = table["near_duplicate_group"].to_numpy()
    same = group[one] == group[other]
    print(f"{len(frames)} images, {int(same.sum())} pairs inside groups, {len(same):,} pairs in all")
    print(f"{'bits':>5} {'correlation':>12} {'found of the pairs':>20} {'found besides':>14}")
    for most in (5, MAX_DIFFERING_BITS, 10):
        for least in (0.5, 0.6, MIN_CORRELATION, 0.8, 0.9):
            found = (differing <= most) & (correlation >= least)
            chosen = " <- used" if (most, least) == (MAX_DIFFERING_BITS, MIN_CORRELATION) else ""
            print(
                f"{most:>5} {least:>12} {(found & same).sum() / same.sum():>20.3f} {(found & ~same).sum():>14}{chosen}"
            )
    besides = np.flatnonzero((differing <= MAX_DIFFERING_BITS) & (correlation >= MIN_CORRELATION) & ~same)
    for pair in besides:
        print(f"besides: {table['file'][int(one[pair])]} and {table['file'][int(other[pair])]}")


if __name__ == "__main__":
    main()

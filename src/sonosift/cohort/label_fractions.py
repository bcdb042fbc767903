"""Part of the labelled frames, as whole exams: 10 % lies inside 20 %, and so on."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import polars as pl

from sonosift.errors import SonosiftError


def label_fraction(frame_ids: Sequence[str], exams: Sequence[str], fraction: float, seed: int) -> list[str]:
    """Return the frames of randomly drawn whole exams, drawn until they hold ``fraction`` of the frames.

    For one seed the exams come in one order, whatever the fraction: smaller fractions are subsets of larger ones.
    The order of ``frame_ids`` is kept.

    >>> label_fraction(["a", "b", "c", "d"], ["x", "x", "y", "y"], 0.25, seed=0)
    ['c', 'd']
    """
    if not 0 < fraction <= 1:
        raise SonosiftError(f"a label fraction lies in (0, 1], received {fraction}", "Ten percent is 0.1.")
    frames = pl.DataFrame({"frame_id": list(frame_ids), "exam": list(exams)}, schema_overrides={"exam": pl.String})
    sizes = dict(frames.group_by("exam").len().iter_rows())
    # The subtraction keeps 0.1 * 30 = 3.0000000000000004 from asking for a fourth frame.
    wanted = math.ceil(fraction * len(frames) - 1e-9)
    chosen: list[str] = []
    reached = 0
    for exam in sorted(sizes, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest()):
        if reached >= wanted:
            break
        chosen.append(exam)
        reached += sizes[exam]
    return frames.filter(pl.col("exam").is_in(chosen))["frame_id"].to_list()

"""Choose the frames that stand for a group: the most and the least typical, from as many patients as possible."""

from __future__ import annotations

from collections import Counter

import polars as pl

_MOST_PER_CLIP = 2


def most_typical(group: pl.DataFrame, count: int) -> list[str]:
    """Return up to ``count`` frame ids of highest confidence.

    Clips take turns, and patients within a turn. A clip gives at most two frames, even if the sheet stays short:
    its frames look all the same.

    >>> rows = pl.DataFrame({"frame_id": ["a", "b", "c"], "patient": ["p", "p", "q"], "clip": ["k", "l", "m"]})
    >>> most_typical(rows.with_columns(confidence=pl.Series([0.9, 0.8, 0.1])), 2)
    ['a', 'c']
    """
    return _by_turns(group.sort("confidence", "frame_id", descending=[True, False]), count)


def least_typical(group: pl.DataFrame, count: int, without: list[str]) -> list[str]:
    """Return up to ``count`` frame ids of lowest confidence that are not in ``without``."""
    rest = group.filter(~pl.col("frame_id").is_in(without))
    return _by_turns(rest.sort("confidence", "frame_id"), count)


def _by_turns(ranked: pl.DataFrame, count: int) -> list[str]:
    of_clip: Counter[str] = Counter()
    of_patient: Counter[tuple[int, str]] = Counter()
    keyed = []
    for place, (frame_id, patient, clip) in enumerate(ranked.select("frame_id", "patient", "clip").iter_rows()):
        turn = of_clip[clip]
        of_clip[clip] += 1
        if turn < _MOST_PER_CLIP:
            keyed.append((turn, of_patient[turn, patient], place, frame_id))
            of_patient[turn, patient] += 1
    chosen = sorted(keyed)[:count]
    return [frame_id for *_, frame_id in sorted(chosen, key=lambda entry: entry[2])]

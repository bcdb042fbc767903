"""Choose the frames that stand for a group: the most and the least typical, from as many patients as possible."""

from __future__ import annotations

from collections import Counter

import polars as pl


def most_typical(group: pl.DataFrame, count: int) -> list[str]:
    """Return up to ``count`` frame ids of highest confidence.

    Each round takes at most one frame per patient, so that one long clip cannot fill the sheet.

    >>> rows = pl.DataFrame({"frame_id": ["a", "b", "c"], "patient": ["p", "p", "q"], "confidence": [0.9, 0.8, 0.1]})
    >>> most_typical(rows, 2)
    ['a', 'c']
    """
    return _by_turns(group.sort("confidence", "frame_id", descending=[True, False]), count)


def least_typical(group: pl.DataFrame, count: int, without: list[str]) -> list[str]:
    """Return up to ``count`` frame ids of lowest confidence that are not in ``without``."""
    rest = group.filter(~pl.col("frame_id").is_in(without))
    return _by_turns(rest.sort("confidence", "frame_id"), count)


def _by_turns(ranked: pl.DataFrame, count: int) -> list[str]:
    turns: Counter[str] = Counter()
    keyed = []
    for place, (frame_id, patient) in enumerate(ranked.select("frame_id", "patient").iter_rows()):
        keyed.append((turns[patient], place, frame_id))
        turns[patient] += 1
    chosen = sorted(keyed)[:count]
    return [frame_id for _, _, frame_id in sorted(chosen, key=lambda entry: entry[1])]

"""What the catalog says against what is true: labels read from the pixels, duplicates, modes, files set aside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from sonosift.labels.abdomen import ABDOMEN
from sonosift.labels.burnt_in_dictionary import BurntInDictionary


@dataclass(frozen=True)
class Score:
    """How many of what was said is right, and how many of what is right was said.

    Attributes:
        said: How many were said.
        right: How many of these are right.
        true: How many there are.
        reached: How many of these were said.
    """

    said: int
    right: int
    true: int
    reached: int

    def __str__(self) -> str:
        """Write both shares with their counts."""
        precision, recall = self.right / max(1, self.said), self.reached / max(1, self.true)
        return f"precision {precision:.3f} ({self.right}/{self.said}), recall {recall:.3f} ({self.reached}/{self.true})"


def read_labels(rows: pl.DataFrame, column: str, dictionary: str) -> Score:
    """Compare a burnt-in column with what the same dictionary makes of the text that was really typed."""
    words = BurntInDictionary.named(dictionary)
    typed = [None if text is None else words.label_of([text]) for text in rows["burnt_label"]]
    said = rows[column].to_list()
    both = sum(label is not None and label == right for label, right in zip(said, typed, strict=True))
    return Score(sum(label is not None for label in said), both, sum(label is not None for label in typed), both)


def label_noise(rows: pl.DataFrame) -> tuple[float, int]:
    """Return the share of burnt-in organ labels whose organ the true labels of the frame do not name, and how many."""
    named = rows.filter(pl.col("burnt_in_label").is_in(ABDOMEN.names))
    wrong = sum(not row[row["burnt_in_label"]] for row in named.iter_rows(named=True))
    return wrong / max(1, len(named)), len(named)


def view_noise(rows: pl.DataFrame) -> tuple[float, int]:
    """Return the share of burnt-in views that are not the view that was scanned, and how many there are."""
    named = rows.filter(pl.col("burnt_in_view").is_not_null())
    return len(named.filter(pl.col("burnt_in_view") != pl.col("view"))) / max(1, len(named)), len(named)


def flags(rows: pl.DataFrame, said: str, true: str) -> Score:
    """Compare a yes-or-no column with the truth."""
    both = int((rows[said] & rows[true]).sum())
    return Score(int(rows[said].sum()), both, int(rows[true].sum()), both)


def duplicates(rows: pl.DataFrame) -> Score:
    """Compare pairs of frames from different clips: those in one group, and those that are the same picture.

    A pair is the same picture if one was exported again or grabbed from the other, or both from a third. Pairs of
    neighbouring moments of a clip and its copy resemble each other as well: they count as right when they are
    grouped, and are not asked for.
    """
    pictures: dict[str, tuple[object, ...]] = {}
    clips: dict[str, tuple[str, str]] = {}
    roots: dict[str, tuple[object, ...]] = {}
    for row in rows.iter_rows(named=True):
        own = (row["path"], row["member"], row["index_in_clip"])
        first = (row["is_duplicate_of"], row["duplicate_of_member"] or "", row["duplicate_of_index"])
        pictures[row["frame_id"]] = own if first[0] is None else first
        roots[row["frame_id"]] = pictures[row["frame_id"]][:2]
        clips[row["frame_id"]] = (row["path"], row["member"])
    same = _pairs(pictures, clips)
    groups = rows.filter(pl.col("near_duplicate_group").is_not_null()).select("frame_id", "near_duplicate_group")
    grouped = _pairs({frame: (group,) for frame, group in groups.iter_rows()}, clips)
    right = sum(roots[one] == roots[other] for one, other in grouped)
    return Score(len(grouped), right, len(same), len(same & grouped))


def _pairs(value: dict[str, tuple[object, ...]], clips: dict[str, tuple[str, str]]) -> set[tuple[str, str]]:
    members: dict[tuple[object, ...], list[str]] = {}
    for frame, group in value.items():
        members.setdefault(group, []).append(frame)
    return {
        (one, other) for frames in members.values() for one, other in combinations(sorted(frames), 2)
        if clips[one] != clips[other]
    }  # fmt: skip


def set_aside(sources: pl.DataFrame, files: pl.DataFrame) -> tuple[list[str], list[str], Counter[str]]:
    """Return corrupt files that were not quarantined, quarantined files that are not corrupt, and all reasons."""
    corrupt = set(files.filter(pl.col("state") == "corrupt").select("file", "member").rows())
    quarantined = set(sources.filter(pl.col("state") == "quarantined").select("path", "member").rows())
    reasons = Counter(reason for reason in sources["reason"] if reason)
    return (
        ["::".join(place) for place in sorted(corrupt - quarantined)],
        ["::".join(place) for place in sorted(quarantined - corrupt)],
        reasons,
    )

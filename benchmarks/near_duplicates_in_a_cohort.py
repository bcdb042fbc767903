"""How well near-duplicates are grouped in a whole cohort of a simulated hospital, held against its truth.

Run::

    sonosift phantom HOSPITAL --patients 24 --seed 5
    sonosift ingest HOSPITAL/archive COHORT --size 128
    python benchmarks/near_duplicates_in_a_cohort.py COHORT HOSPITAL/truth

A pair is two frames of different clips. It is true if the truth says that one picture was exported twice (under
another encoding, with other text on it, or under another patient), and found if both frames are in one group. Copies
of whole files, byte by byte, are skipped earlier and do not count. The table goes to standard output.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path

import polars as pl

from sonosift.cohort.cohort import Cohort

Pair = frozenset[str]


def main() -> None:
    """Print precision and recall, within patients and across them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cohort", type=Path)
    parser.add_argument("truth", type=Path)
    given = parser.parse_args()
    cohort = Cohort.open(given.cohort)
    catalog = cohort.catalog()
    facts = {row["frame_id"]: row for row in catalog.select("frame_id", "clip", "patient").iter_rows(named=True)}
    true = _pairs_of_truth(cohort, pl.read_parquet(given.truth / "frames.parquet"))
    grouped = catalog.filter(pl.col("near_duplicate_group").is_not_null())
    found = {
        frozenset(pair)
        for group in grouped.partition_by("near_duplicate_group")
        for pair in combinations(group["frame_id"], 2)
    }
    print(f"{len(catalog)} frames of {catalog['patient'].n_unique()} patients")
    print(f"{'pairs':<20} {'true':>6} {'found':>6} {'both':>6} {'precision':>10} {'recall':>8}")
    for title, across in (("within patients", False), ("across patients", True), ("all", None)):
        kept_true, kept_found = (_kept(pairs, facts, across) for pairs in (true, found))
        both = len(kept_true & kept_found)
        precision = f"{both / len(kept_found):.3f}" if kept_found else "–"
        recall = f"{both / len(kept_true):.3f}" if kept_true else "–"
        print(f"{title:<20} {len(kept_true):>6} {len(kept_found):>6} {both:>6} {precision:>10} {recall:>8}")


def _pairs_of_truth(cohort: Cohort, truth: pl.DataFrame) -> set[Pair]:
    frames = {
        (path, member, index): frame_id for path, member, index, frame_id in cohort.frames_by_source().iter_rows()
    }
    together: dict[tuple[str, str, int], set[str]] = {}
    for row in truth.iter_rows(named=True):
        own = (row["file"], row.get("member") or "", row["index_in_clip"])
        first = (row["is_duplicate_of"], row["duplicate_of_member"] or "", row["duplicate_of_index"])
        origin = own if row["is_duplicate_of"] is None else first
        # Both sides belong to the picture that was exported first.
        members = together.setdefault(origin, set())
        members.update(frames[key] for key in (own, origin) if key in frames)
    return {frozenset(pair) for members in together.values() for pair in combinations(sorted(members), 2)}


def _kept(pairs: set[Pair], facts: dict[str, dict[str, str]], across: bool | None) -> set[Pair]:
    """Return the pairs from different clips, of one patient or of two as asked for."""
    kept = set()
    for pair in pairs:
        one, other = (facts[frame_id] for frame_id in pair)
        if one["clip"] != other["clip"] and across in (None, one["patient"] != other["patient"]):
            kept.add(pair)
    return kept


if __name__ == "__main__":
    main()

"""How well near-duplicates are grouped in a whole cohort of a simulated hospital, held against its truth.

Run::

    sonosift phantom HOSPITAL --patients 24 --seed 5
    sonosift ingest HOSPITAL/archive COHORT --size 128
    python benchmarks/near_duplicates_in_a_cohort.py COHORT HOSPITAL/truth

A pair is two clips (a still is a clip of one frame). It is true if the truth says that a picture of one was exported
again in the other (under another encoding, with other text on it, or as a video), and found if they have frames in one
group. Frames are not counted one by one: neighbouring frames of a cine look alike, and rightly fall into one group.
Copies of whole files, byte by byte, are skipped earlier and do not count. The table goes to standard output.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping
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
    clip_of = dict(catalog.select("frame_id", "clip").iter_rows())
    patient_of = dict(catalog.select("clip", "patient").iter_rows())
    grouped = catalog.filter(pl.col("near_duplicate_group").is_not_null()).partition_by("near_duplicate_group")
    true = _clip_pairs(_copies(cohort, pl.read_parquet(given.truth / "frames.parquet")), clip_of)
    found = _clip_pairs([group["frame_id"].to_list() for group in grouped], clip_of)
    clips = len(patient_of)
    print(f"{len(catalog)} frames, {clips} clips and stills, {len(set(patient_of.values()))} patients")
    print(f"{'pairs of clips':<20} {'all':>9} {'true':>6} {'found':>6} {'both':>6} {'precision':>10} {'recall':>8}")
    sizes = Counter(patient_of.values())
    within = sum(size * (size - 1) // 2 for size in sizes.values())
    for title, across, count in (
        ("within patients", False, within),
        ("across", True, clips * (clips - 1) // 2 - within),
    ):
        kept_true, kept_found = (
            {pair for pair in pairs if (len({patient_of[clip] for clip in pair}) > 1) is across}
            for pairs in (true, found)
        )
        both = len(kept_true & kept_found)
        precision = f"{both / len(kept_found):.3f}" if kept_found else "–"
        recall = f"{both / len(kept_true):.3f}" if kept_true else "–"
        print(f"{title:<20} {count:>9,} {len(kept_true):>6} {len(kept_found):>6} {both:>6} {precision:>10} {recall:>8}")


def _clip_pairs(groups: Iterable[Iterable[str]], clip_of: Mapping[str, str]) -> set[Pair]:
    return {
        frozenset(pair)
        for group in groups
        for pair in combinations(sorted({clip_of[frame_id] for frame_id in group}), 2)
    }


def _copies(cohort: Cohort, truth: pl.DataFrame) -> list[set[str]]:
    """Return the frames that show one and the same exported picture, together."""
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
    return list(together.values())


if __name__ == "__main__":
    main()

"""What the page says of each group: its size, who is in it, its machines, its labels, and how it looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sonosift.clusters.label_matching import match_clusters
from sonosift.evaluate.cohort_frames import UNKNOWN_MACHINE, ReadFrames
from sonosift.report.contact_sheets import least_typical, most_typical
from sonosift.report.content import GroupCard, Picture, Share
from sonosift.report.percentages import percent
from sonosift.report.thumbnails import picture_uri

ONE_SCANNER_SHARE = 0.9
ABOVE_THE_COHORT = 0.1
"""A group is one scanner's only if the cohort is it by this much less: where nearly all is one, every group is."""
ONE_PATIENT_SHARE = 0.5
_KNOWN_MACHINE = "known_machine"
_THUMBNAIL_SIDE = 128
_MOST_NAMES = 6
_FEWEST_KNOWN = 5
_MOST_PICTURES = 480
"""On the whole page: some 4 KB each, so that the page stays light with a hundred groups too."""
_SHEETS = ((16, 8), (8, 8), (8, 4), (4, 4))
"""Most and least typical frames per group, in whole rows; the largest that keeps within `_MOST_PICTURES`."""


@dataclass(frozen=True)
class NamingFrames:
    """The labelled frames that name the groups (Algorithm 1): ids, label rows, and the part of the split."""

    frame_ids: list[str]
    truth: NDArray[np.uint8]
    names: Sequence[str]
    part: str


def group_cards(
    groups: pl.DataFrame,
    catalog: pl.DataFrame,
    naming: NamingFrames,
    read: ReadFrames,
    weak: Mapping[str, Sequence[str]] | None = None,
) -> list[GroupCard]:
    """Describe every group, the largest first.

    Args:
        groups: ``frame_id, group, confidence``.
        catalog: ``frame_id, patient, exam, clip, machine`` of at least those frames, and where it has them
            ``transducer`` and ``burnt_in_label``.
        naming: The labelled frames that name the groups.
        read: Gives the pixels of frame ids.
        weak: Labels of frames that no person gave.
    """
    described = [name for name in ("transducer", "burnt_in_label") if name in catalog.columns]
    columns = ["frame_id", "patient", "exam", "clip", "machine", *described]
    rows = groups.join(catalog.select(columns), on="frame_id", how="inner")
    # Frames without a machine have a name on the page, but they must not hide that all others are of one.
    rows = rows.with_columns(pl.col("machine").alias(_KNOWN_MACHINE), pl.col("machine").fill_null(UNKNOWN_MACHINE))
    told = [name for name in (_KNOWN_MACHINE, "machine", "transducer") if name in rows.columns]
    everywhere: dict[str, Mapping[str, float]] = {name: _shares_of(rows, name) for name in told}
    hues = {share.name: place % 6 for place, share in enumerate(machine_shares(rows, most=len(rows)))}
    labels = _labels_of_groups(groups, naming)
    sizes = rows.group_by("group").len().sort("len", "group", descending=[True, False])
    fitting = [sheet for sheet in _SHEETS if sum(sheet) * len(sizes) <= _MOST_PICTURES]
    most, least = (fitting or [_SHEETS[-1]])[0]
    cards = []
    for number in sizes["group"].to_list():
        members = rows.filter(pl.col("group") == number)
        shares, matched = labels.get(number, ([], 0))
        typical = most_typical(members, most)
        odd = least_typical(members, least, typical)
        machines = [replace(share, hue=hues.get(share.name, 5)) for share in machine_shares(members)]
        largest = members.group_by("patient").len()["len"].max()
        assert isinstance(largest, int)
        share_of_one = largest / len(members)
        cards.append(
            GroupCard(
                number=int(number),
                frames=len(members),
                share=len(members) / len(rows),
                patients=members["patient"].n_unique(),
                exams=members["exam"].n_unique(),
                largest_patient_share=share_of_one,
                machines=machines,
                labels=shares,
                matched_frames=matched,
                matched_part=naming.part,
                typical=_pictures(typical, members, read),
                least_typical=_pictures(odd, members, read),
                warnings=_warnings(members, everywhere, share_of_one),
                transducers=_counted(members, "transducer"),
                burnt_in=_counted(members, "burnt_in_label"),
                weak=_weak_labels(members, weak or {}),
            )
        )
    return cards


def machine_shares(rows: pl.DataFrame, most: int = 6) -> list[Share]:
    """Count frames per machine, the commonest first, with the rare ones as one."""
    counted = (
        rows.with_columns(pl.col("machine").fill_null(UNKNOWN_MACHINE))
        .group_by("machine")
        .agg(pl.len().alias("frames"), pl.col("patient").n_unique().alias("patients"))
        .sort("frames", "machine", descending=[True, False])
    )
    shares = [Share(str(name), frames, frames / len(rows), patients) for name, frames, patients in counted.iter_rows()]
    if len(shares) <= most:
        return shares
    rest = sum(share.count for share in shares[most - 1 :])
    return [*shares[: most - 1], Share(f"{len(shares) - most + 1} others", rest, rest / len(rows))]


def _warnings(members: pl.DataFrame, everywhere: Mapping[str, Mapping[str, float]], share_of_one: float) -> list[str]:
    warnings = []
    for column, word in ((_KNOWN_MACHINE, "scanner"), ("transducer", "transducer")):
        shares = everywhere.get(column, {})
        own = _shares_of(members, column) if shares else {}
        name, share = max(own.items(), key=lambda entry: entry[1], default=("", 0.0))
        if len(shares) > 1 and share >= ONE_SCANNER_SHARE and share - shares[name] >= ABOVE_THE_COHORT:
            known = len(members) - members[column].null_count()
            those = "this group" if known == len(members) else f"the {known} frames here whose {word} is known"
            warnings.append(
                f"{percent(share)} of {those} come from one {word} ({name}; of the whole cohort "
                f"{percent(shares[name])}): it may be a group of how that {word} draws, not of what it shows."
            )
    unknown, usual = (
        side.get(UNKNOWN_MACHINE, 0.0) for side in (_shares_of(members, "machine"), everywhere["machine"])
    )
    if unknown >= ONE_SCANNER_SHARE and unknown - usual >= ABOVE_THE_COHORT:
        warnings.append(
            f"{percent(unknown)} of this group come without the name of a machine (of the whole cohort "
            f"{percent(usual)}): it may be a group of where its files came from, not of what it shows."
        )
    if members["patient"].n_unique() == 1 or share_of_one >= ONE_PATIENT_SHARE:
        warnings.append(f"{percent(share_of_one)} of this group come from one patient.")
    return warnings


def _shares_of(rows: pl.DataFrame, column: str) -> dict[str, float]:
    """Return the share of each value among the frames of which it is known; of too few, nothing."""
    known = rows[column].drop_nulls()
    if len(known) < _FEWEST_KNOWN:
        return {}
    return {str(name): count / len(known) for name, count in known.value_counts().iter_rows()}


def _counted(members: pl.DataFrame, column: str) -> list[Share]:
    """Count what a column says, the commonest first; frames of which it says nothing are not counted."""
    if column not in members.columns:
        return []
    counts = members[column].drop_nulls().value_counts().sort("count", column, descending=[True, False])
    return [Share(str(name), count, count / len(members)) for name, count in counts.head(_MOST_NAMES).iter_rows()]


def _weak_labels(members: pl.DataFrame, weak: Mapping[str, Sequence[str]]) -> list[Share]:
    counts = Counter(name for frame_id in members["frame_id"] for name in weak.get(frame_id, ()))
    return [Share(name, count, count / len(members)) for name, count in counts.most_common(_MOST_NAMES)]


def _labels_of_groups(groups: pl.DataFrame, naming: NamingFrames) -> dict[int, tuple[list[Share], int]]:
    place = {frame_id: index for index, frame_id in enumerate(naming.frame_ids)}
    matched = groups.filter(pl.col("frame_id").is_in(naming.frame_ids))
    if matched.is_empty():
        return {}
    numbers = np.unique(matched["group"].to_numpy())
    index = np.searchsorted(numbers, matched["group"].to_numpy())
    truth = naming.truth[[place[frame_id] for frame_id in matched["frame_id"]]]
    found = match_clusters(index, truth, len(numbers))
    described = {}
    for row, number in enumerate(numbers.tolist()):
        size = int(found.sizes[row])
        shares = [
            Share(name, round(float(share) * size), float(share))
            for name, share in zip(naming.names, found.label_shares[row], strict=True)
            if share >= 0.05
        ]
        described[number] = (sorted(shares, key=lambda share: -share.share), size)
    return described


def _pictures(frame_ids: list[str], members: pl.DataFrame, read: ReadFrames) -> list[Picture]:
    if not frame_ids:
        return []
    facts = {row["frame_id"]: row for row in members.filter(pl.col("frame_id").is_in(frame_ids)).to_dicts()}
    captions = [
        f"{frame_id[:10]} · patient {facts[frame_id]['patient'][:8]} · {facts[frame_id]['machine']} · "
        f"confidence {facts[frame_id]['confidence']:.2f}"
        for frame_id in frame_ids
    ]
    frames = read(frame_ids)
    side = min(_THUMBNAIL_SIDE, frames.shape[1])
    return [Picture(picture_uri(frame, side), caption) for frame, caption in zip(frames, captions, strict=True)]

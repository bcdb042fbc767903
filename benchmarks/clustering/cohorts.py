"""The cohorts of the benchmark: a simulated hospital by view and by organ, lung frames, and splits of them by patient.

All are copies: nothing is written into the cohorts that they are made from. A copy is whole when its last split is.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.cohort_copies import copied, evenly
from benchmarks.representations.cohorts import POCUS_CLASSES, SPLIT
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.patient_ties import tied_patients
from sonosift.cohort.private import private_path_of
from sonosift.commands.simulated_expert import true_labels
from sonosift.evaluate.patient_folds import patient_folds
from sonosift.labels.space import LabelSpace
from sonosift.labels.views import VIEWS

PHANTOM, LUNG = "phantom", "lung"
FOLDS, APART_SHARE = 5, 6
CURVED, LINEAR = "curvilinear", "linear"
LUNG_SPACE = LabelSpace(name="lung", kind="single", names=POCUS_CLASSES)


def phantom_by_view(out: Path, source: Path, truth: Path, per_exam: int) -> Cohort:
    """Copy the phantom with its views for labels; frames that show no view of the list have none."""
    target = out / "phantom-views"
    if _whole(target, SPLIT):
        return Cohort.open(target)
    original = Cohort.open(source)
    known = true_labels(original, truth).unique("frame_id", keep="first")
    views = {frame: (view,) for frame, view in known.select("frame_id", "view").iter_rows() if view in VIEWS.names}
    kept = evenly(original.catalog(), per_exam)
    made = copied(original, target, kept, VIEWS, views, "clustering")
    _make_split(made, SPLIT, dict(original.splits.get(SPLIT).table.iter_rows()))
    return made


def phantom_by_organ(out: Path, source: Path, per_exam: int) -> Cohort:
    """Copy the phantom with the organs for labels, as Dadoun's experiments have them."""
    target = out / "phantom-organs"
    if _whole(target, SPLIT):
        return Cohort.open(target)
    original = Cohort.open(source)
    kept = evenly(original.catalog(), per_exam)
    made = copied(original, target, kept, original.settings.label_space, _labels_of(original, kept), "clustering")
    _make_split(made, SPLIT, dict(original.splits.get(SPLIT).table.iter_rows()))
    return made


def lung_frames(out: Path, source: Path) -> Cohort:
    """Copy the POCUS frames that are called COVID-19, pneumonia or regular; the probe is read from the archive's path.

    One split for each of five folds of patients; a sixth of the others are kept apart for validation.
    """
    target = out / "lung"
    if _whole(target, fold_name(FOLDS - 1)):
        return Cohort.open(target)
    original = Cohort.open(source)
    names = _labels_of(original, original.catalog())
    judged = {frame_id: told for frame_id, told in names.items() if len(told) == 1 and told[0] in POCUS_CLASSES}
    paths = dict(original.frames_by_source().select("frame_id", "path").iter_rows())
    probe = {"convex": CURVED, "linear": LINEAR}
    probes = {frame_id: probe[Path(paths[frame_id]).parts[1]] for frame_id in judged}
    kept = original.catalog().filter(pl.col("frame_id").is_in(list(judged)))
    kept = kept.with_columns(pl.Series("transducer", [probes[frame_id] for frame_id in kept["frame_id"]]))
    made = copied(original, target, kept, LUNG_SPACE, judged, "clustering")
    together = components(source, made)
    everyone = made.catalog()["patient"].to_list()
    truth = made.annotations.label_matrix(made.frames.frame_ids).matrix
    tied = [together[patient] for patient in everyone]
    numbers = patient_folds(truth, tied, FOLDS, seed=0)
    for fold in range(FOLDS):
        rest = np.flatnonzero(numbers != fold)
        apart = patient_folds(truth[rest], [tied[place] for place in rest], APART_SHARE, seed=fold) == 0
        parts = np.full(len(numbers), "test", dtype=object)
        parts[rest] = np.where(apart, "validation", "train")
        _make_split(made, fold_name(fold), dict(zip(everyone, parts.tolist(), strict=True)))
    return made


def fold_name(seed: int) -> str:
    """Return the split of a seed on lung frames."""
    return f"fold-{seed % FOLDS}"


def components(source: Path, cohort: Cohort) -> dict[str, str]:
    """Say with whom each patient stays, because their frames are near-duplicates in the cohort that was copied."""
    tied = dict(tied_patients(Cohort.open(source).catalog()).select("patient", "component").iter_rows())
    return {patient: str(tied[patient]) for patient in cohort.catalog()["patient"].unique()}


def domain_splits(
    cohort: Cohort, column: str, value: str, together: Mapping[str, str], seed: int
) -> tuple[str, str, Collection[str]]:
    """Make two splits with the same test patients, half of those who have a frame of one machine or probe.

    In the first no patient of the other half is learnt from either: the machine has never been seen. In the second
    the other half takes the place of as many frames of other patients.

    Returns:
        The names of the two splits, and the frames of the test patients that are of the machine or probe.
    """
    names = (f"unseen-{value.split()[0].lower()}-{seed}", f"seen-{value.split()[0].lower()}-{seed}")
    catalog = cohort.catalog().with_columns(
        pl.col("patient").replace_strict(dict(together), return_dtype=pl.String).alias("together")
    )
    frames = dict(catalog.group_by("together").len().iter_rows())
    of_it = sorted(catalog.filter(pl.col(column) == value)["together"].unique())
    # Seeds in pairs swap the halves, so that all its patients are judged.
    shuffled = np.random.default_rng(seed // 2).permutation(of_it).tolist()
    half = (len(shuffled) + 1) // 2
    halves = (shuffled[:half], shuffled[half:])
    judged, other = (set(side) for side in (halves if seed % 2 == 0 else halves[::-1]))
    rest = np.random.default_rng(seed).permutation(sorted(set(frames) - set(of_it))).tolist()
    validation, beside = rest[: len(rest) // 6], rest[len(rest) // 6 : len(rest) // 3]
    train = rest[len(rest) // 3 :]
    common = dict.fromkeys(validation, "validation") | dict.fromkeys(beside, "beside") | dict.fromkeys(judged, "test")
    room, replaced = sum(frames[one] for one in other), list(train)
    while replaced and room > 0:
        room -= frames[replaced.pop()]
    parts = (
        common | dict.fromkeys(train, "train"),
        common | dict.fromkeys([*replaced, *other], "train"),
    )
    for name, of_component in zip(names, parts, strict=True):
        if name not in cohort.splits.names():
            _make_split(cohort, name, {one: of_component.get(who, "unused") for one, who in together.items()})
    tested = catalog.filter(pl.col("together").is_in(list(judged)) & (pl.col(column) == value))
    return *names, set(tested["frame_id"])


def _labels_of(cohort: Cohort, rows: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the labels of the labelled ones among some frames; those of a clip are those of its frames."""
    labels = cohort.annotations.label_matrix(rows["frame_id"].to_list(), clips=rows["clip"].to_list())
    space = cohort.settings.label_space
    return {
        rows["frame_id"][place]: space.decode(labels.matrix[place]) for place in np.flatnonzero(labels.known).tolist()
    }


def _whole(target: Path, last_split: str) -> bool:
    """Say whether a copy is there; what a killed process left is removed."""
    if Cohort.exists(target) and last_split in Cohort.open(target).splits.names():
        return True
    for left in (target, private_path_of(target)):
        shutil.rmtree(left, ignore_errors=True)
    return False


def _make_split(cohort: Cohort, name: str, part_of: Mapping[str, str]) -> None:
    there = set(cohort.catalog()["patient"])
    pinned = {patient: part for patient, part in part_of.items() if patient in there}
    parts = sorted(set(pinned.values()))
    shares = dict.fromkeys(parts, 1 / len(parts))
    cohort.splits.make(shares, name=name, pinned=pinned, tie_near_duplicates=False)

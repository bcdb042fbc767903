"""``sonosift inspect``: what is in a cohort."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonosift.commands.summary import Summary

if TYPE_CHECKING:
    import polars as pl

    from sonosift.cohort.cohort import Cohort


class InspectSummary(Summary):
    """What a cohort holds.

    Attributes:
        cohort: Its folder.
        patients: Patients.
        exams: Exams.
        clips: Clips; a still is a clip of one frame.
        frames: Frames.
        frame_height: Height of a stored frame in pixels.
        frame_width: Its width.
        megabytes: Size of the stored frames on disk.
        doppler_frames: Frames with colour Doppler.
        held_frames: Frames that wait for a person in the private folder, outside the cohort.
        near_duplicate_groups: Pictures that occur in more than one clip.
        machines: Frames of each machine model.
        study_groups: Frames of each kind of examination.
        burnt_in_labels: Frames of each label that the operator typed into the picture.
        label_space: What the expert is asked.
        labelled_frames: Frames whose label is known, through the frame or its clip.
        class_balance: Labelled frames that show each name.
        label_combinations: The most frequent sets of names and how many labelled frames show them.
        annotations: Annotations of each source.
        quarantine: Files that could not be read, by reason.
        splits: Patients, exams and frames of each part of each split.
        runs: Trainings and groupings, the oldest first, and whether they are finished.
        contact_sheet: The picture that was written.
    """

    cohort: str
    patients: int
    exams: int
    clips: int
    frames: int
    frame_height: int
    frame_width: int
    megabytes: float
    doppler_frames: int
    held_frames: int
    near_duplicate_groups: int
    machines: dict[str, int]
    study_groups: dict[str, int]
    burnt_in_labels: dict[str, int]
    label_space: str
    labelled_frames: int
    class_balance: dict[str, int]
    label_combinations: dict[str, int]
    annotations: dict[str, int]
    quarantine: dict[str, int]
    splits: dict[str, dict[str, dict[str, int]]]
    runs: dict[str, str]
    contact_sheet: str | None

    def describe(self) -> str:
        """Return the figures as a page of text."""
        lines = [
            self.cohort,
            f"{self.patients:,} patients, {self.exams:,} exams, {self.clips:,} clips and stills, "
            f"{self.frames:,} frames of {self.frame_height} x {self.frame_width} pixels ({self.megabytes:,.1f} MB)",
            f"{self.doppler_frames:,} frames with Doppler, {self.held_frames:,} held for review, "
            f"{self.near_duplicate_groups:,} pictures that occur in more than one clip",
        ]
        lines += _table("machine", self.machines)
        lines += _table("kind of examination", self.study_groups)
        lines += _table("label burnt in by the operator", self.burnt_in_labels)
        lines += ["", f"{self.labelled_frames:,} of {self.frames:,} frames have a label in {self.label_space!r}"]
        lines += _table("shows", self.class_balance if self.labelled_frames else {})
        lines += _table("most frequent combinations", self.label_combinations)
        lines += _table("annotations by source", self.annotations)
        lines += _table("quarantined because", self.quarantine)
        for name, parts in self.splits.items():
            sizes = {
                part: f"{size['patients']:,} patients, {size['exams']:,} exams, {size['frames']:,} frames"
                for part, size in parts.items()
            }
            lines += _table(f"split {name!r}", sizes)
        lines += _table("run", self.runs)
        if self.contact_sheet:
            lines += ["", f"Contact sheet: {self.contact_sheet}"]
        return "\n".join(lines)


def inspect(cohort: str | Path, *, contact_sheet: Path | None = None) -> InspectSummary:
    """Show what a cohort holds: counts, class balance, quarantine, splits, runs.

    Args:
        cohort: Folder of the cohort.
        contact_sheet: PNG file to draw a sample of frames into, as many patients as possible.
    """
    from sonosift.cohort.cohort import Cohort

    opened = Cohort.open(cohort)
    catalog = opened.catalog()
    balance, combinations, labelled = _label_counts(opened, catalog)
    return InspectSummary(
        cohort=str(opened.path),
        patients=catalog["patient"].n_unique(),
        exams=catalog["exam"].n_unique(),
        clips=catalog["clip"].n_unique(),
        frames=len(catalog),
        frame_height=opened.settings.frame_shape[0],
        frame_width=opened.settings.frame_shape[1],
        megabytes=sum(file.stat().st_size for file in (opened.path / "frames").glob("*.npy")) / 1e6,
        doppler_frames=int(catalog["is_doppler"].sum()),
        held_frames=_held_frames(opened),
        near_duplicate_groups=catalog["near_duplicate_group"].drop_nulls().n_unique(),
        machines=_counts(catalog["machine"].fill_null("unknown")),
        study_groups=_counts(catalog["study_groups"].explode().drop_nulls()),
        burnt_in_labels=_counts(catalog["burnt_in_label"].drop_nulls()),
        label_space=opened.settings.label_space.name,
        labelled_frames=labelled,
        class_balance=balance,
        label_combinations=combinations,
        annotations=_annotation_counts(opened),
        quarantine=opened.quarantine.counts(),
        splits={name: opened.splits.get(name).sizes() for name in opened.splits.names()},
        runs={run.name: "finished" if run.finished else "not finished" for run in opened.runs.list()},
        contact_sheet=None if contact_sheet is None else _draw(opened, catalog, contact_sheet),
    )


def _label_counts(cohort: Cohort, catalog: pl.DataFrame) -> tuple[dict[str, int], dict[str, int], int]:
    from sonosift.labels.combinations import Combinations

    space = cohort.settings.label_space
    matrix, known = cohort.annotations.label_matrix(catalog["frame_id"].to_list(), clips=catalog["clip"].to_list())
    rows = matrix[known]
    balance = dict(zip(space.names, rows.sum(axis=0, dtype=int).tolist(), strict=True))
    if not len(rows):
        return balance, {}, 0
    found = Combinations.of(rows, min_count=1)
    frequent = dict(zip(found.titles(space), found.counts.tolist(), strict=True))
    return balance, dict(list(frequent.items())[:12]), len(rows)


def _held_frames(cohort: Cohort) -> int:
    # A colleague's copy has no private folder: nothing waits there.
    if not cohort.private.exists:
        return 0
    return sum(source.held_frames for source in cohort.private.sources.all())


def _annotation_counts(cohort: Cohort) -> dict[str, int]:
    return _counts(cohort.annotations.history()["source"])


def _counts(values: pl.Series) -> dict[str, int]:
    counted = values.value_counts(name="count").sort(["count", values.name], descending=[True, False])
    return dict(counted.iter_rows())


def _draw(cohort: Cohort, catalog: pl.DataFrame, target: Path) -> str:
    import cv2

    from sonosift.cohort import contact_sheet
    from sonosift.errors import SonosiftError
    from sonosift.machine import atomic

    file = Path(target)
    if file.suffix.lower() != ".png":
        raise SonosiftError(f"a contact sheet is a PNG file, received {file.name}", f"Write {file.stem}.png.")
    if catalog.is_empty():
        raise SonosiftError("this cohort holds no frames to show", "Ingest an archive first.")
    chosen = contact_sheet.chosen_frames(catalog, 8 * contact_sheet.COLUMNS)
    sheet = contact_sheet.contact_sheet(cohort.frames.read(chosen))
    file.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(file, cv2.imencode(".png", sheet)[1].tobytes())
    return str(file)


def _table(title: str, rows: dict[str, int] | dict[str, str]) -> list[str]:
    if not rows:
        return []
    width = max(len(name) for name in rows)
    shown = {name: f"{value:>8,}" if isinstance(value, int) else str(value) for name, value in rows.items()}
    return ["", title, *(f"  {name:<{width}}  {value}" for name, value in shown.items())]

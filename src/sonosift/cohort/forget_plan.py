"""What has to go when a patient is forgotten: written down before the first change, so that a killed forget can go on.

The catalog is where the ids come from, and it is itself rewritten: without the plan half a forget could not be ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from pydantic import BaseModel, ConfigDict

from sonosift.cohort.catalog import part_paths
from sonosift.cohort.fingerprint import data_fingerprint
from sonosift.cohort.held import HeldClips
from sonosift.cohort.run_folder import RunFolder
from sonosift.machine import atomic
from sonosift.privacy.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

_FILE = "forgetting.{patient}.json"
_PATIENT = re.compile(r"forgetting\.([0-9a-f]{32})\.json")


class ForgetPlan(BaseModel):
    """Everything in a cohort that leads to one patient.

    Attributes:
        patient: The pseudonym.
        exams: Pseudonyms of exams.
        clips: Pseudonyms of clips, held ones too.
        frame_ids: Ids of frames, held and buried ones too.
        quarantined: Pseudonyms of source files that were quarantined.
        runs: Runs that learned from the patient's frames.
        perhaps: Runs that do not say from which frames they learned.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    patient: str
    exams: tuple[str, ...] = ()
    clips: tuple[str, ...] = ()
    frame_ids: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Every pseudonym and id that must not occur any more."""
        return frozenset({self.patient, *self.exams, *self.clips, *self.frame_ids})


def make_plan(cohort: Cohort, patient: str) -> ForgetPlan:
    """Write the plan for a patient into the private folder; what an interrupted forget had planned stays in it."""
    rows = all_rows(cohort.path).filter(pl.col("patient") == patient)
    held = [clip for clip in HeldClips(cohort).list() if clip.patient == patient]
    sources = [
        source
        for source in cohort.private.sources.all()
        if source.patient == patient or source.clip in set(rows["clip"])
    ]
    names = Pseudonyms(cohort.private.key)
    before = read_plan(cohort.private_path, patient)
    frame_ids = {*rows["frame_id"], *(frame_id for clip in held for frame_id in clip.frame_ids), *before.frame_ids}
    runs, perhaps = _runs_that_saw(cohort, frame_ids)
    plan = ForgetPlan(
        patient=patient,
        exams=_sorted(rows["exam"], (str(clip.rows[0]["exam"]) for clip in held), before.exams),
        clips=_sorted(rows["clip"], (clip.clip for clip in held), (source.clip for source in sources), before.clips),
        frame_ids=tuple(sorted(frame_ids)),
        quarantined=_sorted(
            (names.source(source.path + (f"/{source.member}" if source.member else "")) for source in sources),
            (names.source(source.path) for source in sources),
            before.quarantined,
        ),
        runs=_sorted(runs, before.runs),
        perhaps=_sorted(perhaps, before.perhaps),
    )
    atomic.write_text(_file(cohort.private_path, patient), plan.model_dump_json())
    return plan


def read_plan(private_path: Path, patient: str) -> ForgetPlan:
    """Return what an interrupted forget has planned; an empty plan if there was none."""
    file = _file(private_path, patient)
    return ForgetPlan.model_validate_json(file.read_bytes()) if file.exists() else ForgetPlan(patient=patient)


def remove_plan(private_path: Path, patient: str) -> None:
    """Delete the plan: the forget has come to its end."""
    _file(private_path, patient).unlink(missing_ok=True)


def unfinished(private_path: Path) -> list[str]:
    """Return the patients whose forget was interrupted."""
    found = (_PATIENT.fullmatch(path.name) for path in sorted(private_path.glob("forgetting.*.json")))
    return [match.group(1) for match in found if match]


def all_rows(cohort_path: Path) -> pl.DataFrame:
    """Return ``frame_id, clip, exam, patient, shard, row`` of all rows, the tombstoned ones too."""
    columns = ["frame_id", "clip", "exam", "patient", "shard", "row"]
    parts = [pl.read_parquet(path, columns=columns) for path in part_paths(cohort_path)]
    if not parts:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return pl.concat(parts)


def frame_ids_in(run: RunFolder) -> Iterator[tuple[str, set[str]]]:
    """Yield the tables of a run that name frames, with the frames."""
    for path in sorted(run.path.glob("*.parquet")):
        if "frame_id" in pl.read_parquet_schema(path):
            yield path.name, set(pl.read_parquet(path, columns=["frame_id"])["frame_id"])


def _runs_that_saw(cohort: Cohort, frame_ids: set[str]) -> tuple[list[str], list[str]]:
    """Return the runs that learned from any of the frames, and those that do not say from which frames they learned."""
    if not frame_ids:
        return [], []
    catalog = cohort.catalog()
    everything = catalog["frame_id"].to_list()
    sets = [everything] + [
        cohort.splits.get(name).frame_ids(part)
        for name in cohort.splits.names()
        for part in cohort.splits.get(name).parts
    ]
    seen_by = {data_fingerprint(ids, cohort.settings): bool(frame_ids & set(ids)) for ids in sets}
    saw, unknown = [], []
    for run in cohort.runs.list():
        tables = dict(frame_ids_in(run))
        training = tables.get("training_frames.parquet")
        fingerprint = run.record.data_fingerprint
        if training is not None:
            known: bool | None = bool(frame_ids & training)
        else:
            known = seen_by.get(fingerprint) if fingerprint is not None else None
        if known or (known is None and any(frame_ids & named for named in tables.values())):
            saw.append(run.name)
        elif known is None:
            unknown.append(run.name)
    return saw, unknown


def _sorted(*groups: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({name for group in groups for name in group if name}))


def _file(private_path: Path, patient: str) -> Path:
    return private_path / _FILE.format(patient=patient)

"""Who is where: splits by patient, kept in ``splits/NAME.parquet``; an assigned patient never moves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl

from sonosift.cohort.label_fractions import label_fraction
from sonosift.cohort.patient_ties import tied_patients
from sonosift.cohort.split_assignment import assign, checked_fractions
from sonosift.errors import SonosiftError, unknown_name
from sonosift.machine import atomic

DEFAULT_FRACTIONS: dict[str, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}
DEFAULT_NAME = "default"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Split:
    """One split, read against the present catalog.

    Attributes:
        name: Its name.
        table: ``patient, part``, or ``frame_id, part`` for a frame-level split.
        unit: ``patient``; ``frame`` marks a split that leaks patients between parts.
    """

    def __init__(self, name: str, table: pl.DataFrame, catalog: pl.DataFrame) -> None:
        self.name = name
        self.table = table
        self.unit: Literal["patient", "frame"] = "patient" if "patient" in table.columns else "frame"
        self._catalog = catalog

    @property
    def parts(self) -> list[str]:
        """The names of the parts in alphabetical order."""
        return sorted(self.table["part"].unique())

    def catalog(self, part: str | None = None) -> pl.DataFrame:
        """Return the catalog with a column ``part``, or only the rows of one part."""
        key = self.table.columns[0]
        joined = self._catalog.join(self.table, on=key, how="inner", maintain_order="left")
        if part is None:
            return joined
        if part not in self.parts:
            raise unknown_name(f"part of split {self.name!r}", part, self.parts)
        return joined.filter(pl.col("part") == part)

    def frame_ids(self, part: str) -> list[str]:
        """Return the frames of a part, in the order of the catalog."""
        return self.catalog(part)["frame_id"].to_list()

    def patients(self, part: str) -> list[str]:
        """Return the patients of a part in alphabetical order."""
        return sorted(self.catalog(part)["patient"].unique())

    def sizes(self) -> dict[str, dict[str, int]]:
        """Return patients, exams and frames of each part."""
        counted = (
            self.catalog()
            .group_by("part")
            .agg(
                pl.col("patient").n_unique().alias("patients"),
                pl.col("exam").n_unique().alias("exams"),
                pl.len().alias("frames"),
            )
        )
        return {row.pop("part"): row for row in counted.sort("part").to_dicts()}

    def leaking_patients(self) -> list[str]:
        """Return the patients who stand in more than one part: none unless the split is by frame."""
        return _in_several_parts(self.catalog(), "patient")

    def leaking_near_duplicates(self) -> list[int]:
        """Return near-duplicate groups in more than one part.

        There are none after ``make``, except when growth tied two patients who had been assigned apart before.
        """
        return _in_several_parts(self.catalog().drop_nulls("near_duplicate_group"), "near_duplicate_group")


class Splits:
    """The splits of one cohort."""

    def __init__(self, path: Path, catalog: Callable[[], pl.DataFrame]) -> None:
        self.path = path
        self._catalog = catalog

    def make(
        self,
        fractions: Mapping[str, float] | None = None,
        seed: int = 0,
        *,
        name: str = DEFAULT_NAME,
        tie_near_duplicates: bool = True,
        pinned: Mapping[str, str] | None = None,
    ) -> Split:
        """Make a split by patient, or assign the patients who came since it was made.

        Args:
            fractions: Share of frames per part; 70 % train, 15 % validation, 15 % test by default.
            seed: Draws the order in which patients are dealt out.
            name: The split's name. A patient assigned under this name keeps the part.
            tie_near_duplicates: Keep patients together who share near-duplicate frames.
            pinned: Patients whose part is given (a hospital or a scanner kept for testing).
        """
        wanted = checked_fractions(fractions or DEFAULT_FRACTIONS)
        catalog = self._catalog()
        if catalog.is_empty():
            raise SonosiftError("this cohort holds no frames to split", "Ingest an archive first.")
        before = self._assigned(name, wanted)
        fixed = {**_checked_pins(pinned or {}, wanted, catalog, before), **before}
        if not tie_near_duplicates:
            catalog = catalog.with_columns(pl.lit(None, dtype=pl.Int64).alias("near_duplicate_group"))
        ties = tied_patients(catalog)
        sizes = dict(ties.group_by("component").agg(pl.col("frames").sum()).iter_rows())
        members = ties.sort("component", "patient")
        # Where ties join patients of several parts, newcomers follow the first one: nobody moves.
        inherited: dict[str, str] = {}
        for patient, component in members.select("patient", "component").iter_rows():
            if patient in fixed:
                inherited.setdefault(component, fixed[patient])
        parts = assign(sizes, wanted, seed, inherited)
        new = {
            patient: fixed.get(patient, parts[component])
            for patient, component in members.select("patient", "component").iter_rows()
        }
        # Patients who left the catalog keep their row: they may come back.
        self._write(name, "patient", {**before, **new})
        return self.get(name)

    def make_by_frame(
        self,
        fractions: Mapping[str, float] | None = None,
        seed: int = 0,
        *,
        name: str,
        allow_patient_leak: bool = False,
    ) -> Split:
        """Make a split that deals out single frames, to measure how much a leak of patients flatters a result."""
        if not allow_patient_leak:
            raise SonosiftError(
                "a split by frame puts the same patient into several parts, and results on it are too good",
                "Split by patient, or say that you want the leak: allow_patient_leak=True.",
            )
        wanted = checked_fractions(fractions or DEFAULT_FRACTIONS)
        before = self._assigned(name, wanted, unit="frame")
        frames = dict.fromkeys(self._catalog()["frame_id"], 1)
        self._write(name, "frame_id", {**before, **assign(frames, wanted, seed, before)})
        return self.get(name)

    def get(self, name: str = DEFAULT_NAME) -> Split:
        """Return a split by its name, or an error that names the close ones."""
        if name not in self.names():
            raise unknown_name("split", name, self.names())
        return Split(name, pl.read_parquet(self._file(name)), self._catalog())

    def names(self) -> list[str]:
        """Return the names of all splits in alphabetical order."""
        return sorted(path.stem for path in self.path.glob("*.parquet") if not path.name.startswith("."))

    def label_fraction(self, frame_ids: Sequence[str], fraction: float, seed: int = 0) -> list[str]:
        """Return the frames of randomly drawn whole exams that hold ``fraction`` of ``frame_ids`` (nested)."""
        asked = pl.DataFrame({"frame_id": list(frame_ids)}, schema={"frame_id": pl.String})
        rows = asked.join(self._catalog().select("frame_id", "exam"), on="frame_id", how="left", maintain_order="left")
        if rows["exam"].null_count():
            raise SonosiftError(f"{rows['exam'].null_count()} of {len(rows)} frame ids are not in this cohort")
        return label_fraction(frame_ids, rows["exam"].to_list(), fraction, seed)

    def _assigned(
        self, name: str, fractions: Mapping[str, float], unit: Literal["patient", "frame"] = "patient"
    ) -> dict[str, str]:
        if not _NAME.fullmatch(name):
            raise SonosiftError(
                f"{name!r} cannot be the name of a split",
                "Use letters, digits, '.', '-' and '_', and begin with a letter or a digit.",
            )
        if not self._file(name).exists():
            return {}
        split = self.get(name)
        if split.unit != unit:
            raise SonosiftError(f"split {name!r} is by {split.unit}, not by {unit}", "Choose another name.")
        foreign = sorted(set(split.parts) - fractions.keys())
        if foreign:
            raise SonosiftError(
                f"split {name!r} has parts that the new fractions do not name: {', '.join(foreign)}",
                "Assigned patients never move. Choose another name for a different split.",
            )
        return dict(split.table.iter_rows())

    def _write(self, name: str, key: str, parts: Mapping[str, str]) -> None:
        table = pl.DataFrame(sorted(parts.items()), schema={key: pl.String, "part": pl.String}, orient="row")
        self.path.mkdir(exist_ok=True)
        with atomic.replacing(self._file(name)) as temporary:
            table.write_parquet(temporary, compression="zstd", compression_level=3)

    def _file(self, name: str) -> Path:
        return self.path / f"{name}.parquet"


def _checked_pins(
    pinned: Mapping[str, str], fractions: Mapping[str, float], catalog: pl.DataFrame, before: Mapping[str, str]
) -> dict[str, str]:
    known = set(catalog["patient"])
    for patient, part in pinned.items():
        if part not in fractions:
            raise unknown_name("part", part, fractions)
        if patient not in known:
            raise SonosiftError(f"pinned patient {patient!r} is not in this cohort")
        if before.get(patient, part) != part:
            raise SonosiftError(
                f"patient {patient!r} is pinned to {part!r} but was assigned to {before[patient]!r} before",
                "Assigned patients never move. Choose another name for a different split.",
            )
    return dict(pinned)


def _in_several_parts(rows: pl.DataFrame, column: str) -> list[Any]:
    counted = rows.group_by(column).agg(pl.col("part").n_unique().alias("parts"))
    return sorted(counted.filter(pl.col("parts") > 1)[column].to_list())

"""What finished cells leave in the folder of a comparison: a small record each, and the answers for judged frames.

The record is written last: where it is, the cell is never trained again. Answers are tables with a column ``frame_id``
at the top of a run's folder, so that a patient who is forgotten leaves them too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.machine import atomic


class KeptResults:
    """The results of one comparison on the disk."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self._records = run.path / "cells"

    def done(self, cell: str, spec: Mapping[str, Any]) -> bool:
        """Say whether a cell has come to its end, or that it did so with other settings."""
        record = self._read(cell)
        if record is None or "failed" in record:
            return False
        wanted = json.loads(json.dumps(dict(spec)))
        before = record["spec"]
        differing = sorted(key for key in wanted.keys() | before.keys() if wanted.get(key) != before.get(key))
        if differing:
            raise SonosiftError(
                f"cell {cell!r} was computed with other settings before ({', '.join(differing)})",
                "A comparison may grow, but not change: give the new one another name (--name).",
            )
        return True

    def facts(self, cell: str) -> dict[str, Any]:
        """Return what a cell has left to say about itself; empty when it is not done."""
        record = self._read(cell) or {}
        found: dict[str, Any] = record.get("facts", {})
        return found

    def failure(self, cell: str) -> str | None:
        """Return why a cell failed when it was last tried."""
        return (self._read(cell) or {}).get("failed")

    def keep(self, cell: str, spec: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """Note that a cell is done."""
        self._write(cell, {"spec": dict(spec), "facts": dict(facts)})

    def keep_failure(self, cell: str, reason: str) -> None:
        """Note that a cell failed; it is tried again the next time."""
        self._write(cell, {"failed": reason})

    def keep_answers(
        self, cell: str, frame_ids: list[str], names: list[str], scores: NDArray[np.floating[Any]]
    ) -> None:
        """Write the scores ``[n, labels]`` of the judged frames."""
        table = pl.DataFrame({"frame_id": frame_ids} | dict(zip(names, np.asarray(scores, np.float32).T, strict=True)))
        with atomic.replacing(self._answers(cell)) as temporary:
            table.write_parquet(temporary)

    def answers(self, cell: str) -> pl.DataFrame:
        """Return the scores of a finished cell."""
        return pl.read_parquet(self._answers(cell))

    def keep_features(self, source: str, frame_ids: list[str], features: NDArray[np.floating[Any]]) -> None:
        """Write features that no run holds."""
        rows = np.asarray(features, dtype=np.float32)
        table = pl.DataFrame(
            {"frame_id": frame_ids, "features": pl.Series(rows, dtype=pl.Array(pl.Float32, rows.shape[1]))}
        )
        with atomic.replacing(self._features(source)) as temporary:
            table.write_parquet(temporary)

    def features(self, source: str, frame_ids: list[str]) -> NDArray[np.float32]:
        """Return the features of these frames, in their order."""
        table = pl.read_parquet(self._features(source))
        wanted = pl.DataFrame({"frame_id": frame_ids}, schema={"frame_id": pl.String})
        rows = wanted.join(table, on="frame_id", how="inner", maintain_order="left")
        if len(rows) != len(wanted):
            raise SonosiftError(f"the features of {source} lack {len(wanted) - len(rows)} frames", "Compare anew.")
        return rows["features"].to_numpy().astype(np.float32)

    def _answers(self, cell: str) -> Path:
        return self.run.path / f"answers-{cell}.parquet"

    def _features(self, source: str) -> Path:
        return self.run.path / f"features-{source}.parquet"

    def _read(self, cell: str) -> dict[str, Any] | None:
        path = self._records / f"{cell}.json"
        if not path.exists():
            return None
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _write(self, cell: str, record: Mapping[str, Any]) -> None:
        self._records.mkdir(exist_ok=True)
        atomic.write_text(self._records / f"{cell}.json", json.dumps(record, indent=1))

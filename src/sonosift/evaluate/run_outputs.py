"""What a run left in its folder for others to judge: predictions, groups, embeddings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.evaluate.score_table import FORMAT, Evaluation

PREDICTIONS_FILE = "predictions.parquet"
GROUPS_FILE = "groups.parquet"
EVALUATION_FILE = "evaluation.json"


@dataclass(frozen=True)
class RunOutputs:
    """The outputs of one run; whatever it did not write is None.

    Attributes:
        name: The run.
        method: Its method.
        predictions: ``frame_id`` and one probability per label name.
        groups: ``frame_id, group, confidence``.
        embeddings: Frame ids and one row for each.
        clusters: How many groups it was asked for, if it says so.
        temperature: What its logits are to be divided by, fitted on the validation part, if it says so.
    """

    name: str
    method: str
    predictions: pl.DataFrame | None = None
    groups: pl.DataFrame | None = None
    embeddings: tuple[list[str], NDArray[np.floating[Any]]] | None = None
    clusters: int | None = None
    temperature: float | None = None

    @classmethod
    def read(cls, run: RunFolder) -> RunOutputs:
        """Read what is there."""
        return cls(
            name=run.name,
            method=str(run.config.get("method", "unknown method")),
            predictions=_read_table(run.path / PREDICTIONS_FILE),
            groups=_read_table(run.path / GROUPS_FILE),
            embeddings=run.embeddings() if run.embeddings_path.exists() else None,
            clusters=run.config.get("clusters"),
            temperature=run.summary().get("temperature"),
        )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to judge."""
        return self.predictions is None and self.groups is None and self.embeddings is None

    def scores(self, frame_ids: Sequence[str], names: Sequence[str]) -> NDArray[np.float64]:
        """Return the predicted probabilities of these frames, one column per name."""
        assert self.predictions is not None
        missing = [name for name in names if name not in self.predictions.columns]
        if missing:
            raise SonosiftError(
                f"run {self.name!r} predicts no {', '.join(missing)}",
                "It was trained for another label space: train again for this one.",
            )
        rows = _in_order(self.predictions, frame_ids, self.name)
        return rows.select(names).to_numpy().astype(np.float64)

    def group_numbers(self, frame_ids: Sequence[str]) -> NDArray[np.int64]:
        """Return the group of these frames."""
        assert self.groups is not None
        return _in_order(self.groups, frame_ids, self.name)["group"].to_numpy().astype(np.int64)

    def features(self, frame_ids: Sequence[str]) -> NDArray[np.float32]:
        """Return the embeddings of these frames."""
        assert self.embeddings is not None
        ids, rows = self.embeddings
        places = {frame_id: place for place, frame_id in enumerate(ids)}
        unknown = [frame_id for frame_id in frame_ids if frame_id not in places]
        if unknown:
            raise _left_out(self.name, len(unknown))
        return np.asarray(rows[[places[frame_id] for frame_id in frame_ids]], dtype=np.float32)


def read_evaluation(run: RunFolder) -> Evaluation | None:
    """Return what ``sonosift evaluate`` found for a run; None if there is nothing, or nothing of this version."""
    path = run.path / EVALUATION_FILE
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Evaluation.model_validate(content) if content.get("format") == FORMAT else None


def _in_order(table: pl.DataFrame, frame_ids: Sequence[str], run: str) -> pl.DataFrame:
    wanted = pl.DataFrame({"frame_id": list(frame_ids)}, schema={"frame_id": pl.String})
    rows = wanted.join(table, on="frame_id", how="inner", maintain_order="left")
    if len(rows) != len(wanted):
        raise _left_out(run, len(wanted) - len(rows))
    return rows


def _left_out(run: str, frames: int) -> SonosiftError:
    return SonosiftError(
        f"run {run!r} says nothing about {frames} labelled frames",
        "The cohort has grown since, or the run did not finish: give its command again under a new name.",
    )


def _read_table(path: Path) -> pl.DataFrame | None:
    return pl.read_parquet(path) if path.exists() else None

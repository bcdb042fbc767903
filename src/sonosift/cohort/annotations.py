"""Every annotation ever made: who said what, when, of which frame, clip or group. A correction is a new row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine, insert, select

from sonosift.cohort.annotation_policy import Policy, Statement, settle
from sonosift.cohort.annotation_table import ANNOTATIONS, database_address, open_database
from sonosift.errors import SonosiftError, unknown_name
from sonosift.labels.space import LabelRows, LabelSpace

TargetKind = Literal["frame", "clip", "group"]
Source = Literal["expert", "adjudication", "truth", "csv", "manifest", "burnt_in", "group", "weak"]

FILE_NAME = "labels.sqlite"
_IDS_PER_QUERY = 10_000

Box = tuple[str, float, float, float, float]


class Annotation(BaseModel):
    """One statement about one target.

    Attributes:
        target_kind: What is spoken of: a frame, a clip or a group.
        target_id: The frame id, the clip pseudonym, or ``RUN/NUMBER`` of a group.
        names: Labels of the label space.
        author: Who says so.
        source: How it came about; ``expert``, ``adjudication``, ``truth``, ``csv`` and ``manifest`` outrank what a
            machine derived.
        boxes: ``(label, x0, y0, x1, y1)`` in pixels of the stored frame.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    target_kind: TargetKind
    target_id: str
    names: tuple[str, ...]
    author: str
    source: Source
    boxes: tuple[Box, ...] | None = None


class LabelMatrix(NamedTuple):
    """Labels of frames: ``matrix`` is ``uint8 [n, C]``, ``known`` says which rows are labelled (others are zero)."""

    matrix: LabelRows
    known: npt.NDArray[np.bool_]


class Annotations:
    """The annotations of one cohort.

    Args:
        cohort_path: The cohort.
        cohort_key: What tells this cohort's rows from others' in a shared database.
        space: The label space used when none is given.
        clock: Where the time comes from.
    """

    def __init__(
        self,
        cohort_path: Path,
        cohort_key: str,
        space: LabelSpace,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._file = cohort_path / FILE_NAME
        self._cohort_key = cohort_key
        self._space = space
        self._clock = clock

    def add(
        self,
        target_kind: TargetKind,
        target_id: str,
        names: Iterable[str],
        author: str,
        source: Source,
        *,
        space: LabelSpace | None = None,
        boxes: Sequence[Box] | None = None,
    ) -> None:
        """Append one annotation."""
        kept_boxes = None if boxes is None else tuple(boxes)
        statement = Annotation.model_construct(
            target_kind=target_kind,
            target_id=target_id,
            names=tuple(names),
            author=author,
            source=source,
            boxes=kept_boxes,
        )
        self.add_many([statement], space=space)

    def add_many(self, annotations: Iterable[Annotation], *, space: LabelSpace | None = None) -> int:
        """Append many annotations in one transaction: all of them or none. Return how many."""
        target_space = space or self._space
        now = self._clock().isoformat(timespec="microseconds")
        rows = [self._row(annotation, target_space, now) for annotation in annotations]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(insert(ANNOTATIONS), rows)
        return len(rows)

    def label_matrix(
        self,
        frame_ids: Sequence[str],
        space: LabelSpace | None = None,
        policy: Policy = "latest",
        *,
        clips: Sequence[str] | None = None,
        groups: Sequence[str] | None = None,
        sources: Iterable[Source] | None = None,
    ) -> LabelMatrix:
        """Return what the annotations say about frames.

        Args:
            frame_ids: The frames, one row each.
            space: The label space; the cohort's by default.
            policy: ``latest``: the newest statement counts. ``consensus``: the majority of the authors' newest
                statements, label by label; a tie leaves the frame unlabelled. ``adjudicated``: the newest
                adjudication, else what all authors agree on.
            clips: The clip of each frame: a frame without a label of its own takes its clip's.
            groups: The group of each frame (``RUN/NUMBER``), which counts when neither frame nor clip is labelled.
            sources: Only statements of these sources; by default all, where expert, adjudication, truth, csv and
                manifest outrank burnt_in, group and weak.
        """
        if policy not in get_args(Policy):
            raise unknown_name("policy", policy, get_args(Policy))
        target_space = space or self._space
        matrix = np.zeros((len(frame_ids), len(target_space)), dtype=np.uint8)
        known = np.zeros(len(frame_ids), dtype=bool)
        kinds: tuple[tuple[TargetKind, Sequence[str] | None], ...] = (
            ("frame", frame_ids),
            ("clip", clips),
            ("group", groups),
        )
        for kind, targets in kinds:
            if targets is None:
                continue
            if len(targets) != len(frame_ids):
                raise SonosiftError(f"{len(frame_ids)} frames need {len(frame_ids)} {kind}s, received {len(targets)}")
            open_places: list[int] = np.flatnonzero(~known).tolist()
            wanted = {targets[place] for place in open_places}
            statements = self._statements(kind, wanted, target_space, sources)
            settled = {target: settle(said, policy, target_space) for target, said in statements.items()}
            for place in open_places:
                row = settled.get(targets[place])
                if row is not None:
                    matrix[place], known[place] = row, True
        return LabelMatrix(matrix, known)

    def history(self, target_kind: TargetKind | None = None, target_id: str | None = None) -> pl.DataFrame:
        """Return all annotations, or those of one target, in the order in which they were made."""
        query = select(ANNOTATIONS).where(ANNOTATIONS.c.cohort == self._cohort_key).order_by(ANNOTATIONS.c.id)
        if target_kind is not None:
            query = query.where(ANNOTATIONS.c.target_kind == target_kind)
        if target_id is not None:
            query = query.where(ANNOTATIONS.c.target_id == target_id)
        columns = ("id", "target_kind", "target_id", "space", "names", "author", "source", "created_at", "boxes")
        schema = dict.fromkeys(columns, pl.String()) | {"id": pl.Int64(), "names": pl.List(pl.String())}
        if not self._exists:
            return pl.DataFrame(schema=schema)
        with self._engine.connect() as connection:
            found = [dict(row) for row in connection.execute(query).mappings()]
        for row in found:
            row["names"] = json.loads(row["names"])
        return pl.DataFrame([{name: row[name] for name in columns} for row in found], schema=schema)

    def __len__(self) -> int:
        return len(self.history())

    @property
    def _exists(self) -> bool:
        # Reading a cohort must not write into it: the database is made by the first annotation.
        return "_engine" in self.__dict__ or self._file.exists() or bool(database_address())

    @cached_property
    def _engine(self) -> Engine:
        return open_database(self._file)

    def _row(self, annotation: Annotation, space: LabelSpace, now: str) -> dict[str, str | None]:
        if annotation.target_kind not in get_args(TargetKind):
            raise unknown_name("target", str(annotation.target_kind), get_args(TargetKind))
        if annotation.source not in get_args(Source):
            raise unknown_name("source", str(annotation.source), get_args(Source))
        if not annotation.author or not annotation.target_id:
            raise SonosiftError("an annotation needs an author and a target")
        space.encode(annotation.names)
        for box in annotation.boxes or ():
            space.index(box[0])
        return {
            "cohort": self._cohort_key,
            "target_kind": annotation.target_kind,
            "target_id": annotation.target_id,
            "space": space.name,
            "names": json.dumps(sorted(annotation.names, key=space.names.index)),
            "boxes": None if annotation.boxes is None else json.dumps(annotation.boxes),
            "author": annotation.author,
            "source": annotation.source,
            "created_at": now,
        }

    def _statements(
        self, kind: TargetKind, targets: set[str], space: LabelSpace, sources: Iterable[Source] | None
    ) -> dict[str, list[Statement]]:
        found: dict[str, list[Statement]] = {}
        if not self._exists or not targets:
            return found
        table = ANNOTATIONS.c
        base = (
            select(table.target_id, table.names, table.author, table.source)
            .where(table.cohort == self._cohort_key, table.space == space.name, table.target_kind == kind)
            .order_by(table.id)
        )
        if sources is not None:
            base = base.where(table.source.in_(list(sources)))
        ordered = sorted(targets)
        encoded: dict[str, LabelRows] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(ordered), _IDS_PER_QUERY):
                part = ordered[start : start + _IDS_PER_QUERY]
                for target, names, author, source in connection.execute(base.where(table.target_id.in_(part))):
                    if names not in encoded:
                        encoded[names] = space.encode(json.loads(names))
                    found.setdefault(target, []).append(Statement(encoded[names], author, source))
        return found

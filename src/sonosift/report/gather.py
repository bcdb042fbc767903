"""Read a cohort and its runs, and reduce them to what the page shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PureWindowsPath
from typing import Any

import numpy as np
import polars as pl

from sonosift.clusters.group_names import group_names
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.flow import read_flow
from sonosift.cohort.run_folder import RunFolder
from sonosift.evaluate.cohort_frames import CohortFrames
from sonosift.evaluate.label_set_tables import name_of_set
from sonosift.evaluate.run_outputs import RunOutputs, read_evaluation
from sonosift.report.cohort_facts import cohort_facts
from sonosift.report.content import EmbeddingMap, GroupCard, Grouping, ReportContent, RunFacts
from sonosift.report.embedding_map import embedding_map
from sonosift.report.flow_chart import flow_chart
from sonosift.report.group_cards import NamingFrames, group_cards
from sonosift.report.group_section import complete_grouping
from sonosift.report.plain_words import findings
from sonosift.report.run_curves import run_curves
from sonosift.report.run_pictures import run_pictures

_NAMING_PART = "validation"


def gather(
    cohort: Cohort, frames: CohortFrames, runs: Sequence[RunFolder], *, every_grouping: bool = False
) -> ReportContent:
    """Reduce a cohort and ``runs`` (the oldest first) to the content of a page.

    Args:
        cohort: The cohort.
        frames: Its frames with parts and labels.
        runs: The runs to show.
        every_grouping: Show the groups of all runs, not only of the newest that formed some.
    """
    space = cohort.settings.label_space
    facts = cohort_facts(
        cohort.path.name,
        frames.table,
        frames.truth,
        frames.known,
        space.names,
        cohort.quarantine.counts(),
        _held_back(cohort),
    )
    outputs = [RunOutputs.read(run) for run in runs]
    grouped = [run for run in reversed(outputs) if run.groups is not None]
    groupings = [_grouping(cohort, frames, run) for run in (grouped if every_grouping else grouped[:1])]
    evaluations = [found for run in reversed(runs) if (found := read_evaluation(run)) is not None]
    curves = [drawn for run in reversed(runs) if (drawn := run_curves(run.name, run.metrics())) is not None]
    pictures = [shown for run in reversed(runs) if (shown := run_pictures(run)) is not None]
    flow = read_flow(cohort.path)
    return ReportContent(
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        cohort=facts,
        findings=findings(facts, groupings, evaluations),
        groupings=groupings,
        curves=curves,
        pictures=pictures,
        evaluations=evaluations,
        map=_map(cohort, frames, outputs, groupings),
        flow=None if flow is None else flow_chart(flow),
        runs=[_run_facts(run) for run in runs],
        versions=_versions(runs),
    )


def _held_back(cohort: Cohort) -> int:
    # Only where the archive is: a cohort handed to a colleague comes without its private side.
    return sum(source.held_frames for source in cohort.private.sources.all()) if cohort.private.exists else 0


def _grouping(cohort: Cohort, frames: CohortFrames, run: RunOutputs) -> Grouping:
    assert run.groups is not None
    labelled, part = frames.labelled(_NAMING_PART), _NAMING_PART
    if not len(labelled):
        # Without a split every labelled frame helps to name the groups; nothing is judged on them then.
        labelled, part = frames.all_labelled(), "cohort"
    naming = NamingFrames(labelled.frame_ids, labelled.truth, frames.names, part)
    folder = cohort.runs.get(run.name)
    names = group_names(cohort, folder)
    cards = [
        replace(card, name=names.get(card.number, ""))
        for card in group_cards(run.groups, frames.table, naming, cohort.frames.read, _weak_labels(cohort, frames))
    ]
    return complete_grouping(Grouping(run.name, run.method, cards), folder, run, cohort.frames.read)


def _weak_labels(cohort: Cohort, frames: CohortFrames) -> dict[str, tuple[str, ...]]:
    """Return what burnt-in text, tables of the archive and other machines said of frames."""
    ids = frames.table["frame_id"].to_list()
    clips = frames.table["clip"].to_list()
    found = cohort.annotations.label_matrix(ids, clips=clips, sources=("burnt_in", "manifest", "weak"))
    space = cohort.settings.label_space
    places = np.flatnonzero(found.known).tolist()
    return {ids[place]: tuple(space.decode(found.matrix[place])) for place in places}


def _map(
    cohort: Cohort,
    frames: CohortFrames,
    outputs: Sequence[RunOutputs],
    groupings: Sequence[Grouping],
) -> EmbeddingMap | None:
    embedded = [run for run in outputs if run.embeddings is not None]
    if not embedded:
        return None
    # The groups belong to the run that formed them; otherwise the newest embedding.
    grouped = [run for run in embedded if run.groups is not None]
    run = (grouped or embedded)[-1]
    assert run.embeddings is not None
    ids, vectors = run.embeddings
    labels = [
        name_of_set(row, frames.names) if there else None for row, there in zip(frames.truth, frames.known, strict=True)
    ]
    described = frames.table.select("frame_id", "patient", "machine", "part").with_columns(
        pl.Series("label_set", labels, dtype=pl.String)
    )
    columns = {"label set": "label_set", "machine": "machine", "part of the split": "part"}
    groups = next((other.groups for other in reversed(outputs) if other.groups is not None), None)
    if groups is not None and groupings:
        titles = _group_titles(groupings[0].cards)
        named = groups.select(
            "frame_id", pl.col("group").replace_strict(titles, default=None, return_dtype=pl.String).alias("group")
        )
        described = described.join(named, on="frame_id", how="left", maintain_order="left")
        columns = {"group": "group", **columns}
    places = {frame_id: place for place, frame_id in enumerate(ids)}
    described = described.filter(pl.col("frame_id").is_in(ids))
    order = [places[frame_id] for frame_id in described["frame_id"]]
    if not order:
        return None
    return embedding_map(run.name, vectors, order, described, columns, cohort.frames.read)


def _group_titles(cards: Sequence[GroupCard]) -> dict[int, str]:
    return {card.number: f"{card.number} · {card.title}" for card in cards}


def _run_facts(run: RunFolder) -> RunFacts:
    facts = [
        ("begun", run.record.created_at.strftime("%Y-%m-%d %H:%M UTC")),
        ("data fingerprint", run.record.data_fingerprint or "not recorded"),
        ("state", "finished" if run.finished else "not finished"),
    ]
    settings = [(key, _written(value)) for key, value in _flat(run.config)]
    return RunFacts(run.name, str(run.config.get("method", "unknown method")), facts, settings)


def _flat(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in sorted(settings.items()):
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", part) for inner, part in _flat(value))
        else:
            yield key, value


def _written(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_written, value))
    if isinstance(value, str) and ("/" in value or "\\" in value):
        # Folders carry names of people and hospitals; the last part says which file was meant.
        return f"…/{PureWindowsPath(value).name}"
    return "–" if value is None else str(value)


def _versions(runs: Sequence[RunFolder]) -> list[tuple[str, str]]:
    if not runs:
        from sonosift import __version__

        return [("sonosift", __version__)]
    return list(runs[-1].record.versions.items())

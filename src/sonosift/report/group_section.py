"""Everything about the groups of one run besides their cards: charts, figures, conflicts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from sonosift.clusters.group_nearness import Nearness, group_nearness
from sonosift.clusters.group_number_sweep import Sweep
from sonosift.clusters.merge_tree import merge_tree
from sonosift.cohort.run_folder import RunFolder
from sonosift.evaluate.cohort_frames import ReadFrames
from sonosift.evaluate.group_metrics import GroupMetrics
from sonosift.evaluate.label_economy import FILE_NAME as ECONOMY_FILE
from sonosift.evaluate.label_economy import LabelEconomy
from sonosift.evaluate.run_outputs import RunOutputs
from sonosift.report.content import Chart, Conflict, Grouping, Picture
from sonosift.report.curves import line_chart
from sonosift.report.merge_tree_chart import merge_tree_chart
from sonosift.report.thumbnails import picture_uri

CONFLICTS_FILE = "conflicts.parquet"
METRICS_FILE = "group_scores.json"
_SHOWN_CONFLICTS = 12
_HARDLY_APART = 1.15
_SIDE = 96


def complete_grouping(grouping: Grouping, run: RunFolder, outputs: RunOutputs, read: ReadFrames) -> Grouping:
    """Add to the cards what the run's folder holds about its groups."""
    charts: list[Chart] = []
    cards = grouping.cards
    swept = Sweep.read(run)
    if swept is not None:
        charts.append(_sweep_chart(swept))
    if outputs.embeddings is not None and outputs.groups is not None:
        ids, vectors = outputs.embeddings
        in_order = pl.DataFrame({"frame_id": ids}).join(
            outputs.groups, on="frame_id", how="left", maintain_order="left"
        )
        groups = in_order["group"].fill_null(-1).to_numpy()
        features = np.asarray(vectors, dtype=np.float32)
        near = group_nearness(features, groups)
        titles = {card.number: card.title for card in cards}
        cards = [replace(card, nearest=_nearest_words(near.get(card.number), titles)) for card in cards]
        named = {card.number: f"{card.number} · {card.title}" for card in cards}
        drawn = merge_tree_chart(merge_tree(features, groups), named) if near else None
        charts += [drawn] if drawn else []
    economy = run.path / ECONOMY_FILE
    if economy.exists():
        charts.append(_economy_chart(LabelEconomy.model_validate_json(economy.read_text(encoding="utf-8"))))
    metrics = run.path / METRICS_FILE
    found = GroupMetrics.model_validate_json(metrics.read_text(encoding="utf-8")) if metrics.exists() else None
    conflicts, total = _conflicts(run, read)
    return replace(grouping, cards=cards, charts=charts, metrics=found, conflicts=conflicts, conflicts_in_all=total)


def _nearest_words(near: Nearness | None, titles: dict[int, str]) -> str:
    if near is None:
        return ""
    other = f"{near.nearest} ({titles.get(near.nearest, 'set apart')})"
    verdict = "hardly apart" if near.distance < _HARDLY_APART * near.within else "apart"
    return f"nearest is group {other}: mean distance {near.distance:.2f}, within this one {near.within:.2f} – {verdict}"


def _sweep_chart(swept: Sweep) -> Chart:
    about = (
        f"Stability: how much groups from two resamples of the {swept.patients} patients agree (adjusted Rand index); "
        f"evenness: entropy of the sizes over its largest value. Suggested: {swept.suggested} groups, the most that "
        "are as stable as the most stable number, within its spread."
    )
    series = {
        "stability": [(row.k, row.stability) for row in swept.rows],
        "evenness": [(row.k, row.evenness) for row in swept.rows],
    }
    mark = (f"suggested: {swept.suggested}", float(swept.suggested))
    return line_chart("How many groups", about, series, mark=mark, across="groups")


def _economy_chart(economy: LabelEconomy) -> Chart:
    about = (
        f"Weighted F1 on {economy.test} test frames against the number of an expert's actions (one group named, or one "
        f"frame labelled), played with the labels of {economy.pool} training frames; chance is averaged over "
        f"{economy.seeds} seeds."
    )
    series = {name: [(point.actions, point.weighted_f1) for point in curve] for name, curve in economy.curves.items()}
    return line_chart("What an expert's actions buy", about, series, across="actions", logarithmic=True)


def _conflicts(run: RunFolder, read: ReadFrames) -> tuple[list[Conflict], int]:
    path = run.path / CONFLICTS_FILE
    if not path.exists():
        return [], 0
    table = pl.read_parquet(path)
    shown = table.head(_SHOWN_CONFLICTS)
    if shown.is_empty():
        return [], 0
    frames = read(shown["frame_id"].to_list())
    side = min(_SIDE, frames.shape[1])
    found = [
        Conflict(Picture(picture_uri(frame, side), row["frame_id"][:10]), row["group"], row["missing"], row["surplus"])
        for frame, row in zip(frames, shown.iter_rows(named=True), strict=True)
    ]
    return found, len(table)

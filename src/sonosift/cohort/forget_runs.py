"""Take a patient's frames out of what runs have left: tables, embeddings, pages, states."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection

import numpy as np
import polars as pl

from sonosift.cohort.forget_rows import rewrite_table
from sonosift.cohort.run_folder import RunFolder
from sonosift.machine import atomic

_EMBEDDED = "embedding_frames.json"
NOTE_FILE = "forgotten.txt"
_PICTURED = ("pictures.npz",)
_DERIVED = ("explain", "export")
"""Sheets show frames, and a bundle holds their features; both are made again by their commands."""
_NOTE = """A patient of this cohort was forgotten after this run had ended.

The patient's rows were taken out of its tables and embeddings, and pages that showed pictures were removed: `sonosift
report` draws them again. Figures in metrics, summary and evaluation are those of the run as it was.
{model}"""
_SAW = """
The weights were trained on this patient's frames among others. They cannot be unlearned: train again if they must
not be used any more.
"""


def forget_in_run(run: RunFolder, frame_ids: Collection[str], *, learned: bool) -> None:
    """Rewrite one run.

    Args:
        run: The run.
        frame_ids: The patient's frames.
        learned: Whether the run learned from them: then its state goes too, because it cannot be resumed on other data.
    """
    tables = [path for path in sorted(run.path.glob("*.parquet")) if "frame_id" in pl.read_parquet_schema(path)]
    gone = set(frame_ids)
    named = any(gone & set(pl.read_parquet(path, columns=["frame_id"])["frame_id"]) for path in tables)
    if learned or named or gone & set(_embedded(run)) or run.report_path.exists():
        # The note first: what has been begun is then told whatever happens.
        atomic.write_text(run.path / NOTE_FILE, _NOTE.format(model=_SAW if learned else ""))
    for path in tables:
        rewrite_table(path, "frame_id", frame_ids)
    _forget_embeddings(run, gone)
    run.report_path.unlink(missing_ok=True)
    for pictured in _PICTURED:
        (run.path / pictured).unlink(missing_ok=True)
    for folder in _DERIVED:
        shutil.rmtree(run.path / folder, ignore_errors=True)
    if learned:
        for state in (run.path / "state").glob("*"):
            state.unlink()


def _embedded(run: RunFolder) -> list[str]:
    names = run.path / _EMBEDDED
    found: list[str] = json.loads(names.read_text(encoding="utf-8")) if names.exists() else []
    return found


def _forget_embeddings(run: RunFolder, gone: set[str]) -> None:
    """Drop rows of the embeddings: first of the vectors, then of the list that says which frames they are of."""
    names, ids = run.path / _EMBEDDED, _embedded(run)
    if run.embeddings_path.exists() and not names.exists():
        # The run was killed before it could write the list: vectors without one count for nothing.
        run.embeddings_path.unlink()
    kept = [place for place, frame_id in enumerate(ids) if frame_id not in gone]
    if len(kept) == len(ids):
        return
    vectors = np.load(run.embeddings_path, allow_pickle=False)
    # As many vectors as frames that stay: a forget was killed between the two files.
    if len(vectors) != len(kept):
        with atomic.replacing(run.embeddings_path) as temporary, temporary.open("wb") as handle:
            np.save(handle, vectors[kept], allow_pickle=False)
    atomic.write_text(names, json.dumps([ids[place] for place in kept]))

"""Clean files through the network, several files to a batch where they are short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import cv2
import numpy as np

from sonosift.ingest.passing_files import PassingFile
from sonosift.machine import atomic
from sonosift.prediction.answer_table import Row, answered_rows, unanswered_rows
from sonosift.prediction.trained_run import TrainedRun

_FRAMES_AT_A_TIME = 128


@dataclass(frozen=True)
class AnsweredFile:
    """The rows of one file, and why it was refused if it was."""

    rows: list[Row]
    refused: str | None = None


def answered_files(
    files: Iterable[PassingFile], run: TrainedRun, overlays: Path | None = None
) -> Iterator[AnsweredFile]:
    """Yield the rows of every file, in their order; into the folder ``overlays`` goes a picture for each answer."""
    numbers = count()
    waiting: list[PassingFile] = []
    for file in files:
        # The frames lie in a file that is removed when the next one is asked for.
        waiting.append(replace(file, frames=np.array(file.frames)))
        if sum(len(one.frames) for one in waiting) >= _FRAMES_AT_A_TIME:
            yield from _answered(waiting, run, overlays, numbers)
            waiting = []
    yield from _answered(waiting, run, overlays, numbers)


def _answered(
    files: list[PassingFile], run: TrainedRun, overlays: Path | None, numbers: Iterator[int]
) -> Iterator[AnsweredFile]:
    frames = [file.frames for file in files if len(file.frames)]
    answers = run.answer(np.concatenate(frames)) if frames else None
    start = 0
    for file in files:
        if not len(file.frames):
            yield AnsweredFile(unanswered_rows(file), file.refused)
            continue
        assert answers is not None
        end = start + len(file.frames)
        part = answers.part(start, end)
        rows = answered_rows(file, part, run.rules.labels)
        if overlays is not None:
            # A frame that was given several labels, or none, is explained for the likeliest.
            likeliest = part.probabilities.argmax(axis=1)
            for row, column, picture in zip(rows, likeliest, run.overlays(file.frames, likeliest), strict=True):
                row["overlay"] = f"{next(numbers):06d}_{run.rules.labels[column]}.png"
                atomic.write_bytes(overlays / row["overlay"], cv2.imencode(".png", picture)[1].tobytes())
        yield AnsweredFile(rows)
        start = end

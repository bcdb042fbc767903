"""Which patients a killed run had already written, so that the same command goes on with the next one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from sonosift import __version__
from sonosift.machine.atomic import write_text
from sonosift.phantom.patient_simulation import PatientResult

_FOLDER = ".finished"


class FinishedPatients:
    """Notes beside a half-written hospital, removed when it is whole.

    Args:
        part: The folder being written.
        wish: What was asked for; notes of another wish are thrown away with all that was written.
    """

    def __init__(self, part: Path, wish: dict[str, Any]) -> None:
        self._folder = part / _FOLDER
        asked = json.dumps({**wish, "version": __version__}, sort_keys=True)
        note = self._folder / "wish.json"
        if not note.exists() or note.read_text(encoding="utf-8") != asked:
            for name in ("archive", "truth", _FOLDER):
                shutil.rmtree(part / name, ignore_errors=True)
            self._folder.mkdir(parents=True)
            write_text(note, asked)

    def _note(self, index: int) -> Path:
        return self._folder / f"{index:06d}.json"

    def is_finished(self, index: int) -> bool:
        """Say whether all files of a patient were written."""
        return self._note(index).exists()

    def finish(self, index: int, result: PatientResult) -> None:
        """Note that all files of a patient are written."""
        rows = {
            "frames": result.frames,
            "files": result.files,
            "identities": result.identities,
            "exams": result.exams,
        }
        # NumPy numbers become plain ones; a float is written so that the same float comes back.
        write_text(self._note(index), json.dumps(rows, default=lambda number: number.item()))

    def result(self, index: int) -> PatientResult:
        """Return the rows of a finished patient."""
        rows = json.loads(self._note(index).read_text(encoding="utf-8"))
        identities = [(str(token), str(kind), str(patient)) for token, kind, patient in rows["identities"]]
        return PatientResult(rows["frames"], rows["files"], identities, rows["exams"])

    def forget(self) -> None:
        """Remove the notes."""
        shutil.rmtree(self._folder)

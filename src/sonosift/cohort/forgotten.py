"""Patients who asked to be forgotten: their pseudonyms, kept so that no later ingest brings them back."""

from __future__ import annotations

import re
from pathlib import Path

from sonosift.errors import SonosiftError
from sonosift.machine import atomic

FILE_NAME = "forgotten"

_PSEUDONYM = re.compile(r"[0-9a-f]{32}")


class Forgotten:
    """The private file ``forgotten``: one pseudonym per line, nothing else of the patient.

    Args:
        private_path: The private folder of the cohort.
    """

    def __init__(self, private_path: Path) -> None:
        self._file = private_path / FILE_NAME

    def add(self, patient: str) -> None:
        """Note a patient; a second time changes nothing."""
        if not _PSEUDONYM.fullmatch(patient):
            raise SonosiftError("a forgotten patient is named by a pseudonym (32 hexadecimal digits), nothing else")
        known = self.all()
        if patient not in known:
            atomic.write_text(self._file, "".join(f"{name}\n" for name in sorted(known | {patient})))
            self._file.chmod(0o600)

    def is_forgotten(self, patient: str) -> bool:
        """Say whether this patient must not come in again."""
        return patient in self.all()

    def all(self) -> frozenset[str]:
        """Return every forgotten pseudonym."""
        if not self._file.exists():
            return frozenset()
        return frozenset(self._file.read_text(encoding="utf-8").split())

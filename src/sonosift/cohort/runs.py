"""All runs of a cohort: begin one, take one up again, list them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sonosift.cohort.fingerprint import data_fingerprint
from sonosift.cohort.run_folder import RECORD_FILE, RunFolder
from sonosift.cohort.settings import CohortSettings
from sonosift.errors import SonosiftError, unknown_name

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Runs:
    """The folder ``runs/`` of a cohort."""

    def __init__(self, path: Path, settings: CohortSettings) -> None:
        self.path = path
        self._settings = settings

    def create(
        self,
        name: str,
        config: Mapping[str, Any],
        *,
        frame_ids: Iterable[str] | None = None,
        resume: bool = True,
    ) -> RunFolder:
        """Begin a run, or take up the one of this name if configuration and data are the same.

        Args:
            name: Letters, digits, dots, dashes, underscores.
            config: The final configuration.
            frame_ids: The frames that the run sees, for its data fingerprint.
            resume: False refuses a name that is taken, whatever its configuration.
        """
        if not _NAME.fullmatch(name):
            raise SonosiftError(
                f"{name!r} cannot be the name of a run",
                "Use letters, digits, '.', '-' and '_', and begin with a letter or a digit.",
            )
        fingerprint = None if frame_ids is None else data_fingerprint(frame_ids, self._settings)
        if not (self.path / name / RECORD_FILE).exists():
            return RunFolder.create(self.path / name, config, data_fingerprint=fingerprint)
        existing = self.get(name)
        wanted = json.loads(json.dumps(dict(config), default=str))
        differing = sorted(
            key for key in wanted.keys() | existing.config.keys() if wanted.get(key) != existing.config.get(key)
        )
        if fingerprint != existing.record.data_fingerprint:
            differing.append("the data")
        if differing or not resume:
            reason = f"with other settings ({', '.join(differing)})" if differing else "already"
            raise SonosiftError(
                f"there is a run {name!r} {reason}", f"Choose another name, for instance {self.free_name(name)!r}."
            )
        return existing

    def get(self, name: str) -> RunFolder:
        """Return a run by its name, or an error that names the close ones."""
        names = self.names()
        if name not in names:
            raise unknown_name("run", name, names)
        return RunFolder.open(self.path / name)

    def names(self) -> list[str]:
        """Return the names of all runs in alphabetical order."""
        return sorted(file.parent.name for file in self.path.glob(f"*/{RECORD_FILE}"))

    def list(self) -> list[RunFolder]:
        """Return all runs, the oldest first."""
        return sorted(map(self.get, self.names()), key=lambda run: (run.record.created_at, run.name))

    def free_name(self, stem: str) -> str:
        """Return ``stem`` if no run has it, else the first free of ``stem-2``, ``stem-3``."""
        names = set(self.names())
        candidate, number = stem, 2
        while candidate in names:
            candidate, number = f"{stem}-{number}", number + 1
        return candidate

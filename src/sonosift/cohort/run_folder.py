"""The folder of one run: its configuration, its metrics line by line, its weights, embeddings, state and report."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from sonosift import __version__
from sonosift.errors import SonosiftError
from sonosift.machine import atomic

RECORD_FILE = "run.yaml"
_RECORDED_PACKAGES = ("numpy", "torch", "torchvision", "lightning", "timm", "scikit-learn", "faiss-cpu")


class RunRecord(BaseModel):
    """The contents of ``run.yaml``, written once when the run begins.

    Attributes:
        name: The run's name.
        config: The final configuration, defaults included.
        data_fingerprint: Which frames it sees, prepared how.
        created_at: When it began (UTC).
        versions: Sonosift, Python and the libraries that decide numbers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    config: dict[str, Any]
    data_fingerprint: str | None
    created_at: datetime
    versions: dict[str, str]


class RunFolder:
    """A run on disk. Made by ``Runs.create`` or ``RunFolder.create``, found again by ``RunFolder.open``."""

    def __init__(self, path: Path, record: RunRecord) -> None:
        self.path = path
        self.record = record
        self._tail_is_whole = False

    @classmethod
    def create(cls, path: str | Path, config: Mapping[str, Any], *, data_fingerprint: str | None = None) -> RunFolder:
        """Begin a run in a folder of its own."""
        folder = Path(path)
        if (folder / RECORD_FILE).exists():
            raise SonosiftError(f"there is a run at {folder} already", "Choose another name, or resume it.")
        # Through JSON: what is read back from the file later compares equal to what is kept now.
        plain = json.loads(json.dumps(dict(config), default=str))
        record = RunRecord(
            name=folder.name,
            config=plain,
            data_fingerprint=data_fingerprint,
            created_at=datetime.now(UTC),
            versions=_versions(),
        )
        folder.mkdir(parents=True, exist_ok=True)
        atomic.write_text(folder / RECORD_FILE, yaml.safe_dump(record.model_dump(mode="json"), sort_keys=False))
        return cls(folder, record)

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """Open an existing run."""
        folder = Path(path)
        try:
            content = yaml.safe_load((folder / RECORD_FILE).read_text(encoding="utf-8"))
            return cls(folder, RunRecord.model_validate(content))
        except FileNotFoundError:
            raise SonosiftError(f"there is no run at {folder}", "`sonosift inspect` lists the runs.") from None
        except (ValidationError, yaml.YAMLError) as error:
            raise SonosiftError(f"{folder / RECORD_FILE} is damaged", "Remove the folder and run again.") from error

    @property
    def name(self) -> str:
        """The run's name."""
        return self.record.name

    @property
    def config(self) -> dict[str, Any]:
        """The configuration the run was begun with."""
        return self.record.config

    @property
    def metrics_path(self) -> Path:
        """One JSON object per line."""
        return self.path / "metrics.jsonl"

    @property
    def model_path(self) -> Path:
        """The final weights."""
        return self.path / "model.safetensors"

    @property
    def embeddings_path(self) -> Path:
        """One vector per frame; ``embedding_frames.json`` says of which."""
        return self.path / "embeddings.npy"

    @property
    def state_path(self) -> Path:
        """The folder of the state for resuming, made on first use."""
        folder = self.path / "state"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def report_path(self) -> Path:
        """The report page."""
        return self.path / "report.html"

    def log(self, **values: Any) -> None:
        """Append one line of metrics; it is on its way to the disk when the call returns."""
        if not self._tail_is_whole:
            self._drop_half_line()
        line = json.dumps(values, default=_plain_number, allow_nan=True)
        with self.metrics_path.open("a", encoding="utf-8") as handle:
            handle.write(line + "\n")

    def _drop_half_line(self) -> None:
        # What a killed process left would swallow the next line.
        if self.metrics_path.exists():
            content = self.metrics_path.read_bytes()
            if not content.endswith(b"\n"):
                atomic.write_bytes(self.metrics_path, content[: content.rfind(b"\n") + 1])
        self._tail_is_whole = True

    def metrics(self) -> list[dict[str, Any]]:
        """Return every whole line; the half line that a killed process may leave is passed over."""
        if not self.metrics_path.exists():
            return []
        lines = self.metrics_path.read_text(encoding="utf-8").split("\n")
        # Without its newline the last line was not finished.
        return [json.loads(line) for line in lines[:-1] if line]

    def forget_metrics_after(self, step: int) -> None:
        """Drop lines whose ``step`` lies after ``step``: a run resumed there is about to write them again."""
        kept = [line for line in self.metrics() if line.get("step", 0) <= step]
        atomic.write_text(self.metrics_path, "".join(json.dumps(line) + "\n" for line in kept))

    def save_embeddings(self, frame_ids: Sequence[str], vectors: npt.NDArray[np.floating[Any]]) -> None:
        """Keep one vector per frame. The list of frames is written last: without it the vectors do not count."""
        if vectors.ndim != 2 or len(vectors) != len(frame_ids):
            raise SonosiftError(f"{len(frame_ids)} frames need [{len(frame_ids)}, d] vectors, received {vectors.shape}")
        self._embedding_frames_path.unlink(missing_ok=True)
        with atomic.replacing(self.embeddings_path) as temporary, temporary.open("wb") as handle:
            np.save(handle, vectors, allow_pickle=False)
        atomic.write_text(self._embedding_frames_path, json.dumps(list(frame_ids)))

    def embeddings(self) -> tuple[list[str], npt.NDArray[np.floating[Any]]]:
        """Return frame ids and their vectors (memory-mapped)."""
        if not self._embedding_frames_path.exists():
            raise SonosiftError(f"run {self.name!r} has no embeddings", "Let the run finish first.")
        frame_ids: list[str] = json.loads(self._embedding_frames_path.read_text(encoding="utf-8"))
        vectors = np.load(self.embeddings_path, mmap_mode="r", allow_pickle=False)
        if len(vectors) != len(frame_ids):
            raise SonosiftError(f"{self.embeddings_path} does not fit its list of frames", "Run again.")
        return frame_ids, vectors

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return self._summary_path.exists()

    def finish(self, **summary: Any) -> None:
        """Note that the run has ended, with what it found."""
        atomic.write_text(self._summary_path, json.dumps(summary, default=_plain_number, indent=2) + "\n")

    def summary(self) -> dict[str, Any]:
        """Return what the finished run found; empty while it runs."""
        if not self.finished:
            return {}
        found: dict[str, Any] = json.loads(self._summary_path.read_text(encoding="utf-8"))
        return found

    @property
    def _summary_path(self) -> Path:
        return self.path / "summary.json"

    @property
    def _embedding_frames_path(self) -> Path:
        return self.path / "embedding_frames.json"


def _versions() -> dict[str, str]:
    found = {"sonosift": __version__, "python": platform.python_version()}
    for package in _RECORDED_PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def _plain_number(value: Any) -> Any:
    # numpy scalars and arrays, torch tensors: all know how to become plain Python.
    for method in ("tolist", "item"):
        if hasattr(value, method):
            return getattr(value, method)()
    return str(value)

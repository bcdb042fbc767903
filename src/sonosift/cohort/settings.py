"""``cohort.yaml``: what a cohort is made for, validated key by key."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sonosift.errors import SonosiftError
from sonosift.labels.abdomen import ABDOMEN
from sonosift.labels.space import LabelSpace
from sonosift.machine import atomic

FILE_NAME = "cohort.yaml"
FORMAT = 1

# A killed ingest loses at most one shard: 512 frames are less than a minute's work for two cores.
ROWS_PER_SHARD = 512


class CohortSettings(BaseModel):
    """The contents of ``cohort.yaml``.

    Attributes:
        format: Version of the folder's layout.
        size: Side of the stored frames in pixels.
        rows_per_shard: Frames per file in ``frames/``; only the last shard of an ingest is shorter.
        label_space: What the expert is asked.
        key_check: A keyed hash of a constant: tells the right private key from a wrong one.
        preprocessing: How ingest made the frames; an ingest with other settings into the same cohort is refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    size: int = Field(ge=16, le=4096)
    rows_per_shard: int = Field(default=ROWS_PER_SHARD, ge=1)
    label_space: LabelSpace = ABDOMEN
    key_check: str
    preprocessing: dict[str, bool | int | float | str | None] = Field(default_factory=dict)


def read_settings(path: Path) -> CohortSettings:
    """Read and validate ``cohort.yaml``; every complaint names the key and what is allowed there."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SonosiftError(f"{path} is not readable as YAML", f"Restore it from a copy. ({error})") from error
    if not isinstance(content, dict):
        raise SonosiftError(f"{path} holds no settings", "Restore it from a copy, or ingest into a new folder.")
    _refuse_other_format(path, content.get("format"))
    try:
        return CohortSettings.model_validate(content)
    except ValidationError as error:
        raise _explained(path, error) from error


def write_settings(path: Path, settings: CohortSettings) -> None:
    """Write ``cohort.yaml``, whole or not at all."""
    text = yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    atomic.write_text(path, text)


def _refuse_other_format(path: Path, received: Any) -> None:
    if isinstance(received, int) and received > FORMAT:
        raise SonosiftError(
            f"{path.parent} has cohort format {received}; this Sonosift reads format {FORMAT}",
            "It was made by a newer version: upgrade Sonosift to open it.",
        )


def _explained(path: Path, error: ValidationError) -> SonosiftError:
    lines: list[str] = []
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            line = f"unknown key {place!r}"
            fields = LabelSpace.model_fields if problem["loc"][0] == "label_space" else CohortSettings.model_fields
            close = difflib.get_close_matches(str(problem["loc"][-1]), fields, n=1)
            line += f" (did you mean {close[0]!r}?)" if close else f" (allowed: {', '.join(fields)})"
        elif problem["type"] == "missing":
            line = f"missing key {place!r}"
        else:
            line = f"{place or 'label_space'}: {problem['msg']}, received {problem['input']!r}"
        lines.append(line)
    return SonosiftError(f"{path} is not valid: " + "; ".join(lines), "Mend these keys in the file.")

"""``cohort.yaml``: what a cohort is made for, validated key by key."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, ValidationError

from sonosift.cohort.scope import Scope
from sonosift.errors import SonosiftError
from sonosift.labels.abdomen import ABDOMEN
from sonosift.labels.space import LabelSpace
from sonosift.machine import atomic

FILE_NAME = "cohort.yaml"
FORMAT = 1

# A killed ingest loses at most one shard: 256 frames are about a minute of cleaning for two cores.
ROWS_PER_SHARD = 256


FrameSize = int | tuple[int, int]
"""Side of a square, or height and width, in pixels."""


def _valid_size(value: Any) -> FrameSize:
    lengths = list(value) if isinstance(value, list | tuple) else [value, value]
    if len(lengths) != 2 or not all(type(length) is int and 16 <= length <= 4096 for length in lengths):
        raise ValueError("a size is a side of 16 to 4096 pixels, or [height, width]")
    return lengths[0] if lengths[0] == lengths[1] else (lengths[0], lengths[1])


def _plain_size(size: FrameSize) -> int | list[int]:
    return size if isinstance(size, int) else list(size)


class CohortSettings(BaseModel):
    """The contents of ``cohort.yaml``.

    Attributes:
        format: Version of the folder's layout.
        size: Side of the stored square frames in pixels, or ``[height, width]``.
        rows_per_shard: Frames per file in ``frames/``; only the last shard of an ingest is shorter.
        label_space: What the expert is asked.
        key_check: A keyed hash of a constant: tells the right private key from a wrong one.
        preprocessing: How ingest made the frames; an ingest with other settings into the same cohort is refused.
        scope: Which clips of an archive come in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    size: Annotated[FrameSize, PlainValidator(_valid_size), PlainSerializer(_plain_size)]
    rows_per_shard: int = Field(default=ROWS_PER_SHARD, ge=1)
    label_space: LabelSpace = ABDOMEN
    key_check: str
    preprocessing: dict[str, bool | int | float | str | None] = Field(default_factory=dict)
    scope: Scope = Scope()

    @property
    def frame_shape(self) -> tuple[int, int]:
        """Height and width of the stored frames."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size


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


_NESTED: dict[str, type[BaseModel]] = {"label_space": LabelSpace, "scope": Scope}


def parsed_size(written: int | str) -> FrameSize:
    """Read a frame size as people write it: a side, or height x width.

    >>> parsed_size("256"), parsed_size(128), parsed_size("240x320"), parsed_size("128x128")
    (256, 128, (240, 320), 128)
    """
    numbers = [part.strip() for part in str(written).lower().split("x")]
    if len(numbers) > 2 or not all(number.isdecimal() and number.isascii() for number in numbers):
        raise SonosiftError(f"{written!r} is not a frame size", "Give a side such as 256, or HEIGHTxWIDTH: 240x320.")
    lengths = [int(number) for number in numbers]
    if not all(16 <= length <= 4096 for length in lengths):
        raise SonosiftError(f"frames of {written} pixels cannot be stored", "Each side may have 16 to 4096 pixels.")
    return lengths[0] if lengths[0] == lengths[-1] else (lengths[0], lengths[1])


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
            fields = _NESTED.get(str(problem["loc"][0]), CohortSettings).model_fields
            close = difflib.get_close_matches(str(problem["loc"][-1]), fields, n=1)
            line += f" (did you mean {close[0]!r}?)" if close else f" (allowed: {', '.join(fields)})"
        elif problem["type"] == "missing":
            line = f"missing key {place!r}"
        else:
            line = f"{place or 'label_space'}: {problem['msg']}, received {problem['input']!r}"
        lines.append(line)
    return SonosiftError(f"{path} is not valid: " + "; ".join(lines), "Mend these keys in the file.")

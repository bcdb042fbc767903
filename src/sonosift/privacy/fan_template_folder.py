"""Fan templates on disk, in the private folder: a readable file each, and a picture to check it by."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np
from pydantic import ValidationError

from sonosift.archive.clip import Image
from sonosift.errors import SonosiftError
from sonosift.machine import atomic
from sonosift.privacy.fan_templates import FanTemplate


class FanTemplateFolder:
    """``COHORT.private/fan_templates``: ``NAME.json``, which may be edited, and ``NAME.png``.

    Nothing here leaves the hospital: the pictures are whole screens, and every file can be read by its owner alone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[FanTemplate]:
        """Return all templates, by name.

        Raises:
            SonosiftError: Where an edited file is not a template any more.
        """
        return [self._read_one(file) for file in sorted(self.path.glob("*.json"))]

    def keep(self, templates: Iterable[FanTemplate], previews: Mapping[str, Image] | None = None) -> None:
        """Write templates, and replace those that an earlier pass wrote; what a person edited stays as it is.

        Args:
            templates: What ``build_templates`` returned.
            previews: A whole frame in grey for some of their names, on which the outline is drawn.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = {template.name: template for template in templates}
        edited = {template.name for template in self.read() if template.edited}
        for file in self.path.glob("*.json"):
            if file.stem not in edited and file.stem not in new:
                file.unlink()
                file.with_suffix(".png").unlink(missing_ok=True)
        for name, template in sorted(new.items()):
            if name in edited:
                continue
            _write(self.path / f"{name}.json", _as_json(template).encode())
            frame = (previews or {}).get(name)
            if frame is not None:
                _write(self.path / f"{name}.png", _drawn(frame, template))

    def _read_one(self, file: Path) -> FanTemplate:
        try:
            template = FanTemplate.model_validate(json.loads(file.read_text(encoding="utf-8")))
        except (ValidationError, ValueError) as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise SonosiftError(
                f"{file.name} is not a fan template: {reason}",
                "Mend it, or delete it: the next ingest writes those that it needs again.",
            ) from None
        if template.name != file.stem:
            raise SonosiftError(
                f"{file.name} holds the template {template.name!r}", "Give the file and its name the same name."
            )
        return template


def _as_json(template: FanTemplate) -> str:
    """Write one polygon a line, so that it can be edited by hand."""
    facts = template.model_dump()
    polygons = [json.dumps([list(corner) for corner in corners]) for corners in facts.pop("polygons")]
    lines = [f'  "{key}": {json.dumps(value, ensure_ascii=False)},' for key, value in facts.items()]
    drawn = ",\n    ".join(polygons)
    return "{\n" + "\n".join(lines) + f'\n  "polygons": [\n    {drawn}\n  ]\n}}\n'


def _drawn(frame: Image, template: FanTemplate) -> bytes:
    picture = cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
    for corners in template.polygons:
        cv2.polylines(picture, [np.array(corners, dtype=np.int32)], True, (0, 200, 255), 2)
    _, packed = cv2.imencode(".png", picture)
    return packed.tobytes()


def _write(path: Path, data: bytes) -> None:
    with atomic.replacing(path) as temporary:
        os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY, 0o600))
        temporary.write_bytes(data)

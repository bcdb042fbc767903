"""The fans that a machine shows again and again: built from sure clips, used where a clip's own fan is not trusted.

How to call it. After a first pass has finished and its catalog is committed::

    templates = build_templates(rows)                 # confident rows of the catalog, in any order
    folder = FanTemplateFolder(private / "fan_templates")
    folder.keep(templates, {template.name: whole_frame, ...})

Then, for a clip::

    choices = templates_for(folder.read(), machine, transducer, height, width)
    fan = next((fan for each in choices if each.edited and (fan := apply_template(frames, each))), None)
    fan = fan or find_fan(frames, regions)
    if fan is None or fan.confidence < TRUSTED:
        fan = next((other for each in choices if (other := apply_template(frames, each))), fan)

The templates depend on the set of rows alone, not on their order or on how often the first pass was killed.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

from sonosift.archive.clip import Image
from sonosift.privacy.fan import Fan
from sonosift.privacy.fan_content import find_content
from sonosift.privacy.fan_polygon import mask_of, polygon_of, separate_polygons

Mask = NDArray[np.bool_]
Corner = tuple[int, int]

FEWEST_CLIPS = 3
"""So many clips must show the same fan before it counts as the machine's."""


class FanTemplate(BaseModel):
    """A fan of one machine, transducer and size of the screen.

    Attributes:
        name: Of its files in the folder.
        machine: The model, as in the catalog; None where the headers do not tell.
        transducer: As in the catalog.
        height: Rows of the whole screen.
        width: Its columns.
        polygons: The corners ``[x, y]`` of the picture in pixels of the screen, of both pictures for a dual screen.
        clips: How many clips it was built from.
        edited: Whether a person drew or confirmed it. It then comes first, before what is found in the pixels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    machine: str | None
    transducer: str | None
    height: int
    width: int
    polygons: tuple[tuple[Corner, ...], ...]
    clips: int
    edited: bool = False

    @model_validator(mode="after")
    def _draws_something(self) -> FanTemplate:
        if not self.polygons or any(len(corners) < 3 for corners in self.polygons):
            raise ValueError("a template needs at least one polygon, and a polygon three corners")
        if not self.mask().any():
            raise ValueError("the polygons lie outside the screen")
        return self

    def mask(self) -> Mask:
        """Draw the fan on its screen."""
        canvas = np.zeros((self.height, self.width), dtype=np.uint8)
        for corners in self.polygons:
            cv2.fillPoly(canvas, [np.array(corners, dtype=np.int32)], 1)
        return canvas > 0


def build_templates(rows: Iterable[Mapping[str, Any]]) -> list[FanTemplate]:
    """Return the fans that at least three clips of the same machine, transducer and size share.

    A machine has one for each depth and width that is often used.

    Args:
        rows: One for each clip whose fan is trusted, with ``machine``, ``transducer``, ``height``, ``width`` and
            ``fan_outline`` (see ``fan_polygon.polygon_of``).
    """
    outlines: dict[tuple[str, str, int, int], list[tuple[int, ...]]] = defaultdict(list)
    for row in rows:
        if len(row["fan_outline"]):
            key = (row["machine"] or "", row["transducer"] or "", int(row["height"]), int(row["width"]))
            outlines[key].append(tuple(int(number) for number in row["fan_outline"]))
    templates = []
    for (machine, transducer, height, width), drawn in sorted(outlines.items()):
        for alike in _alike(sorted(drawn), height, width):
            polygons = tuple(
                tuple((int(x), int(y)) for x, y in corners.tolist())
                for corners in separate_polygons(_agreed_outline(alike, height, width))
            )
            templates.append(
                FanTemplate(
                    name=_name(machine, transducer, height, width, polygons),
                    machine=machine or None,
                    transducer=transducer or None,
                    height=height,
                    width=width,
                    polygons=polygons,
                    clips=len(alike),
                )
            )
    return templates


def templates_for(
    templates: Iterable[FanTemplate], machine: str | None, transducer: str | None, height: int, width: int
) -> list[FanTemplate]:
    """Return the templates that may fit such a clip: edited ones first, then the most used."""
    fitting = [
        template
        for template in templates
        if (template.machine, template.height, template.width) == (machine, height, width)
        and template.transducer in (transducer, None)
    ]
    return sorted(fitting, key=lambda template: (not template.edited, -template.clips, template.name))


def apply_template(frames: Sequence[Image], template: FanTemplate) -> Fan | None:
    """Return the template's fan if the content of these frames agrees with it, else None.

    The content must lie inside it and fill most of it. An edited template may also cut content off, as a person
    wants it, but not miss most of it.
    """
    if frames[0].shape != (template.height, template.width):
        return None
    content = find_content(frames)
    if content is None:
        return None
    seen = np.logical_or.reduce(content.parts)
    mask = template.mask()
    small = cv2.resize(mask.astype(np.uint8), seen.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    inside = float(
        (seen & cv2.dilate(small.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)).sum() / seen.sum()
    )
    filled = float((seen & small).sum() / max(1, small.sum()))
    if inside < (_MOST_OF_IT if template.edited else _ALL_OF_IT) or filled < _LEAST_FILLED:
        return None
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    confidence = 1.0 if template.edited else 0.5 + 0.5 * min(1.0, filled)
    return Fan(mask, box, round(confidence, 4), min(2, len(template.polygons)))


def _alike(outlines: Sequence[tuple[int, ...]], height: int, width: int) -> list[list[tuple[int, ...]]]:
    """Group outlines that overlap by nearly all of their area; each joins the first group that it fits."""
    groups: list[list[tuple[int, ...]]] = []
    firsts: list[Mask] = []
    for outline in outlines:
        mask = mask_of(outline, height, width)
        for group, first in zip(groups, firsts, strict=True):
            if (mask & first).sum() >= _SAME_FAN * (mask | first).sum():
                group.append(outline)
                break
        else:
            groups.append([outline])
            firsts.append(mask)
    return [group for group in groups if len(group) >= FEWEST_CLIPS]


def _agreed_outline(outlines: Sequence[tuple[int, ...]], height: int, width: int) -> list[int]:
    """Return the outline of what most of the fans cover."""
    votes = np.zeros((height, width), dtype=np.int32)
    for outline in outlines:
        votes += mask_of(outline, height, width)
    return polygon_of(2 * votes > len(outlines))


def _name(machine: str, transducer: str, height: int, width: int, polygons: tuple[tuple[Corner, ...], ...]) -> str:
    words = [re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") or "unknown" for word in (machine, transducer)]
    # Headers that differ in signs only must not share a file, nor must two fans of one machine.
    mark = hashlib.sha256(repr((machine, transducer, polygons)).encode()).hexdigest()[:6]
    return f"{words[0][:40]}_{words[1][:40]}_{width}x{height}_{mark}"


_SAME_FAN = 0.95
_ALL_OF_IT = 0.97
_MOST_OF_IT = 0.5
_LEAST_FILLED = 0.4

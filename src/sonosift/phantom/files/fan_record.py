"""The fan of a screen as plain numbers for the truth table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sonosift.phantom.physics.geometry import Geometry
from sonosift.phantom.screen.screen_picture import Placement


def fan_record(geometries: Sequence[Geometry], placements: Sequence[Placement]) -> dict[str, Any]:
    """Return where the fan lies, in pixels of the screen.

    One scan gives its geometry and the ``box`` beyond which nothing is shown; two give ``kind`` dual and both as
    ``parts``.
    """
    parts = [_on_screen(geometry, placement) for geometry, placement in zip(geometries, placements, strict=True)]
    return parts[0] if len(parts) == 1 else {"kind": "dual", "parts": parts}


def _on_screen(geometry: Geometry, placement: Placement) -> dict[str, Any]:
    scale = placement.scale
    numbers = geometry.as_dict()
    for length in ("radius", "depth", "half_width"):
        numbers[length] *= scale
    # A pixel's centre has whole coordinates, so enlarging moves it by half a pixel.
    numbers["apex_x"] = (geometry.apex_x + 0.5) * scale - 0.5 + placement.box[0]
    numbers["apex_y"] = (geometry.apex_y + 0.5) * scale - 0.5 + placement.box[1]
    return {**numbers, "box": list(placement.box)}

"""Private pages as single HTML files that open without a network: templates, style, pictures as data."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

_FOLDER = Path(__file__).parent
_QUALITY = 88


def render(template: str, **content: Any) -> str:
    """Fill a template of this room; whatever comes in is escaped, only our own style is not."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["thousands"] = lambda count: f"{count:,}".replace(",", "\u202f")
    style = Markup((_FOLDER / "page_style.css").read_text(encoding="utf-8"))  # noqa: S704 our own file
    return environment.get_template(template).render(style=style, **content)


def picture(image: NDArray[np.uint8], longest: int = 400) -> str:
    """Return a picture as a ``data:`` address, shrunk to ``longest`` pixels."""
    import cv2

    scale = longest / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
    return "data:image/jpeg;base64," + base64.b64encode(encoded).decode("ascii")

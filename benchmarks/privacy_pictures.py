"""One stored frame against its source and the picture under the overlays: what text is left, what else was changed.

Definitions, all in the stored frame's pixels:

* A text is **left** if it was visible in the source (its letters at least 20 grey levels apart from what is around
  them, more than in the clean picture), the stored letters keep more than a quarter of that contrast and at least 8
  levels, and what the frame has more than the clean picture correlates with the letters by at least 0.4, finer than
  their height (a smear does not). "Letters" are where the source differs from the clean picture; in a filled box, its
  bright part.
* A pixel is **altered outside text** if it lies in the true and in the found fan, at least 3 source pixels from their
  edge and 5 from anything drawn (a text's box, calipers, marks), and differs by more than 12 levels from the source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.cohort.geometry import FrameGeometry
from sonosift.phantom.physics.fan_mask import fan_mask
from sonosift.phantom.physics.geometry import Geometry
from sonosift.privacy.fan_polygon import mask_of

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

VISIBLE_CONTRAST = 20.0
LEFT_SHARE, LEFT_CONTRAST, LEFT_CORRELATION = 0.25, 8.0, 0.4
ALTERED_LEVELS = 12
_INK_LEVELS = 25
_FROM_EDGE, _FROM_INK = 3, 5
_FILLED_BOX = 0.85


@dataclass(frozen=True)
class TextFound:
    """One text of the source and what became of it.

    Attributes:
        text: What it says.
        is_identity: Whether it names somebody, a place, or a day.
        on_image: Whether it lies on the ultrasound image.
        visible: Whether a reader could see it in the source.
        kept_share: Share of its contrast in the stored frame.
        resemblance: Correlation of what the frame has more than the clean picture with the letters.
        left: See the module's definition.
        box: In pixels of the stored frame.
    """

    text: str
    is_identity: bool
    on_image: bool
    visible: bool
    kept_share: float
    resemblance: float
    left: bool
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class FrameFound:
    """What became of one frame.

    Attributes:
        texts: Texts in the frame's crop.
        fan_overlap: Intersection over union of the found and the true fan.
        altered: Pixels altered outside text.
        judged: Pixels that could have been.
        fan_pixels: Pixels of both fans in the stored frame.
        changed: Pixels of them that differ from the source at all, in text or not.
    """

    texts: list[TextFound]
    fan_overlap: float
    altered: int
    judged: int
    fan_pixels: int
    changed: int


def true_fan(record: str, height: int, width: int) -> Mask:
    """Draw the fan of a truth row; two of them for a dual screen."""
    fan = json.loads(record)
    whole = np.zeros((height, width), dtype=bool)
    for part in fan.get("parts", [fan]):
        numbers = dict(part)
        x0, y0, x1, y1 = numbers.pop("box")
        whole[y0:y1, x0:x1] |= fan_mask(Geometry(**numbers), (height, width))[y0:y1, x0:x1]
    return whole


def judge_frame(row: Mapping[str, Any], stored: Image, source: Image, clean: Image) -> FrameFound:
    """Compare one stored frame.

    Args:
        row: A row of the catalog joined with its row of the truth.
        stored: ``[h, w]`` from the cohort.
        source: ``[H, W]`` the file's frame in grey, by another decoder.
        clean: ``[H, W]`` the picture under the overlays.
    """
    geometry = FrameGeometry.of_row(row)
    real, found = true_fan(row["fan"], *source.shape), mask_of(row["fan_outline"], *source.shape)
    both = real & found
    overlap = float(both.sum() / max(1, (real | found).sum()))
    window = np.s_[
        geometry.crop_y : geometry.crop_y + geometry.crop_h, geometry.crop_x : geometry.crop_x + geometry.crop_w
    ]

    def in_frame(picture: Image, mask: Mask) -> Image:
        return geometry.letterboxed(np.ascontiguousarray((picture * mask)[window]), stored.shape)

    untouched, bare = in_frame(source, found), in_frame(clean, found)
    ink = np.abs(source.astype(np.int16) - clean) > _INK_LEVELS
    for _, x0, y0, x1, y1, _ in json.loads(row["text_boxes"]):
        ink[y0:y1, x0:x1] = True  # the gaps between words are text too
    near_ink = cv2.dilate(ink.astype(np.uint8), _disc(_FROM_INK)) > 0
    inner = cv2.erode(both.astype(np.uint8), _disc(_FROM_EDGE), borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    fan = geometry.mask_to_frame(inner, stored.shape)
    judged = geometry.mask_to_frame(inner & ~near_ink, stored.shape)
    differs = np.abs(stored.astype(np.int16) - untouched) > ALTERED_LEVELS
    texts = [
        text
        for entry in json.loads(row["text_boxes"])
        if (text := _judge_text(entry, row, geometry, (source, clean), (stored, bare))) is not None
    ]
    return FrameFound(
        texts, overlap, int((differs & judged).sum()), int(judged.sum()), int(fan.sum()), int((differs & fan).sum())
    )


def _judge_text(
    entry: list[Any],
    row: Mapping[str, Any],
    geometry: FrameGeometry,
    pictures: tuple[Image, Image],
    frames: tuple[Image, Image],
) -> TextFound | None:
    text, x0, y0, x1, y1, on_image = entry
    if not text.strip():
        return None
    source, clean = pictures
    stored, bare = frames
    drawn = np.zeros(source.shape, dtype=np.uint8)
    part = np.s_[y0:y1, x0:x1]
    differing = np.abs(source[part].astype(np.int16) - clean[part]) > 12
    if differing.mean() > _FILLED_BOX:
        level = source[part]
        differing = level > (int(level.min()) + int(level.max())) / 2
    drawn[part] = np.where(differing, 255, 0)
    a, b, c, d = (round(float(value)) for value in geometry.to_frame([x0 - 3, y0 - 3, x1 + 3, y1 + 3]))
    height, width = stored.shape
    a, b, c, d = max(0, a), max(0, b), min(width, c), min(height, d)
    if c <= a or d <= b:
        return None  # off the crop: nothing of it can be in the frame
    window = np.s_[
        geometry.crop_y : geometry.crop_y + geometry.crop_h, geometry.crop_x : geometry.crop_x + geometry.crop_w
    ]
    letters = geometry.letterboxed(np.ascontiguousarray(drawn[window]), stored.shape)[b:d, a:c].astype(float) / 255
    around = letters < 0.05
    if letters.sum() < 2 or around.sum() < 2:
        return None

    def contrast(frame: Image) -> float:
        values = frame[b:d, a:c].astype(float)
        return float((values * letters).sum() / letters.sum() - values[around].mean())

    # What blanking alone takes away was in the source too: visibility is judged there.
    whole = geometry.letterboxed(np.ascontiguousarray(source[window]), stored.shape)
    under = geometry.letterboxed(np.ascontiguousarray(clean[window]), stored.shape)
    shown = contrast(whole) - contrast(under)
    kept = contrast(stored) - contrast(bare)
    visible = abs(shown) >= VISIBLE_CONTRAST
    share = kept / shown if visible else 0.0
    more = stored[b:d, a:c].astype(np.float32) - bare[b:d, a:c]
    alike = _correlation(_fine(more, d - b), _fine(letters.astype(np.float32), d - b)) * np.sign(shown)
    left = bool(visible and share > LEFT_SHARE and abs(kept) >= LEFT_CONTRAST and alike >= LEFT_CORRELATION)
    return TextFound(
        text, text in row["identity_text"], bool(on_image), visible, share, float(alike), left, (a, b, c, d)
    )


def _fine(values: NDArray[np.float32], height: int) -> NDArray[np.float32]:
    """Take away what changes slowly over the height of a line."""
    reach = max(3, height // 2 | 1)
    return np.asarray(values - cv2.blur(values, (reach, reach)), dtype=np.float32)


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    spread = float(one.std() * other.std())
    return float(((one - one.mean()) * (other - other.mean())).mean()) / spread if spread > 0 else 0.0


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), dtype=np.uint8)

"""Text and marks out of a clip's pictures, what they said as labels, and the independent look at the result.

Whatever goes wrong here holds the clip back: a picture that was not cleaned and checked to the end never passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from sonosift.archive.clip import Image
from sonosift.ingest.clip_job import WorkerSettings
from sonosift.ingest.crop_spool import CropSpool
from sonosift.labels.burnt_in_dictionary import NAMED, BurntInDictionary
from sonosift.privacy.clip_cleaner import ClipCleaner, Overlay
from sonosift.privacy.fan import Mask
from sonosift.privacy.flow_colours import FlowMasks, WithoutFlow, flow_with_words, without_box_outline
from sonosift.privacy.independent_check import WRITING, doubt_about

CLEANING_FAILED = "cleaning_failed"
CHECK_FAILED = "check_failed"
MUCH_ALTERED = "much_altered"
MOST_ALTERED = 0.05
"""Share of the fan that may be painted over: annotations need less, and a picture that loses more is no longer one to
learn from, whether it was covered with text or the cleaner took tissue for ink."""


@dataclass(frozen=True)
class Cleaning:
    """What cleaning came to.

    Attributes:
        altered_shares: Share of the fan's pixels that were painted over, by frame.
        label: The operator's words as a name of the label space.
        view: The operator's words as a view.
        overlay: What was found to lie over the pictures; None if that failed.
        doubt: Why the clip must wait, as a code; None if it may pass.
    """

    altered_shares: list[float]
    label: str | None = None
    view: str | None = None
    overlay: Overlay | None = None
    doubt: str | None = None

    def written(self, position: int) -> Mask | None:
        """Return which pixels of a frame's crop are painted over, as far as that is known."""
        return None if self.overlay is None else self.overlay.altered(position)


def clean_crops(
    crops: CropSpool,
    cleaned: CropSpool,
    mask: Mask,
    screen: Image,
    corner: tuple[int, int],
    settings: WorkerSettings,
    flow: FlowMasks | None = None,
) -> Cleaning:
    """Fill ``cleaned`` with the cleaned pictures of ``crops`` and say whether they may pass.

    Args:
        crops: The fan's box of every frame, black outside the fan.
        cleaned: An empty spool.
        mask: The fan in the box.
        screen: The first frame, whole.
        corner: Upper left corner of the box on the screen (x, y).
        settings: What the children were told.
        flow: Where each frame shows colour flow, as far as that is known.
    """
    flow = flow or FlowMasks()
    try:
        written = flow_with_words(crops, flow, mask) if flow else None
        shown = WithoutFlow(crops, flow, written) if flow else crops
        overlay = ClipCleaner(remove_calipers=not settings.keep_calipers).study(shown, mask, screen, corner)
        fan = mask.astype(np.uint8)
        pixels = max(1, int(fan.sum()))
        shares, lost = [], 0.0
        for position, crop in enumerate(crops):
            picture = overlay.clean(position, crop)
            cleaned.append(np.asarray(cv2.bitwise_and(picture, picture, mask=fan), dtype=np.uint8))
            altered = overlay.altered(position) & mask
            shares.append(float(altered.sum()) / pixels)
            lost = max(lost, float(without_box_outline(altered).sum()) / pixels)
        words = [word.text for word in overlay.words]
        label = label_of(words, settings.label_dictionary) if settings.label_dictionary else None
        view = label_of(words, "views")
    except Exception:  # fail closed: the code alone is kept, a message could hold what was read
        return Cleaning([0.0] * len(crops), doubt=CLEANING_FAILED)
    return Cleaning(shares, label, view, overlay, _doubt(cleaned, mask, lost, flow, written))


def _doubt(cleaned: Sequence[Image], mask: Mask, lost: float, flow: FlowMasks, written: Mask | None) -> str | None:
    # One frame is enough: a clip is kept or held as a whole.
    if lost > MOST_ALTERED:
        return MUCH_ALTERED
    try:
        if written is not None and written.any() and flow_with_words(cleaned, flow, mask).any():
            return WRITING.lower()
        doubt = doubt_about(WithoutFlow(cleaned, flow, written) if flow else cleaned, mask)
    except Exception:  # fail closed
        return CHECK_FAILED
    return None if doubt is None else doubt.code.lower()


def label_of(words: Iterable[str], dictionary: str) -> str | None:
    """Look words up in a dictionary; only the mapped name goes on."""
    return _dictionary(dictionary).label_of(words)


@cache
def _dictionary(name: str) -> BurntInDictionary:
    return BurntInDictionary.named(name) if name in NAMED else BurntInDictionary.read(Path(name))

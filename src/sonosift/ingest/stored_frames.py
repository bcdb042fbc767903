"""The last steps of a clip's cleaned pictures on their way into the cohort: borders off, brightness, size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sonosift.archive.clip import Image
from sonosift.cohort.geometry import FrameGeometry
from sonosift.cohort.uncleaned import UncleanedFrame
from sonosift.ingest.catalog_rows import brightness_of
from sonosift.ingest.clip_job import WorkerSettings
from sonosift.ingest.picture_options import content_box, rescaled
from sonosift.privacy.fan import Fan, Mask


class StoredFrames:
    """Makes the frames of one clip.

    Args:
        pictures: The fan's box of every frame, cleaned.
        fan: In source pixels.
        settings: What the frames of the cohort have in common.

    Attributes:
        geometry: Where the frames lie on the source's screen, the same for all of them.
    """

    def __init__(self, pictures: Sequence[Image], fan: Fan, settings: WorkerSettings) -> None:
        x0, y0, x1, y1 = fan.box
        self._pictures, self._settings = pictures, settings
        self._mask = fan.mask[y0:y1, x0:x1]
        self._inner = (content_box(pictures) if settings.crop_border else None) or (0, 0, x1 - x0, y1 - y0)
        left, top, right, bottom = self._inner
        box = (x0 + left, y0 + top, x0 + right, y0 + bottom)
        source = (fan.mask.shape[0], fan.mask.shape[1])
        self.geometry = FrameGeometry.around(box, settings.frame_shape, source)

    def frame(self, position: int) -> tuple[float, Image]:
        """Return how bright the picture at ``position`` is within the fan, and the frame as it is stored."""
        picture = self._pictures[position]
        return brightness_of(picture, self._mask), self._as_stored(picture)

    def uncleaned(self, picture: Image, painted: Mask | None) -> UncleanedFrame:
        """Return a picture before cleaning at the place of its frame, and how much of each pixel is painted over."""
        marks = np.zeros_like(picture) if painted is None else np.where(painted, 255, 0).astype(np.uint8)
        scaled = self.geometry.letterboxed(self._within(marks), self._settings.frame_shape)
        return UncleanedFrame(self._as_stored(picture), scaled)

    def _as_stored(self, picture: Image) -> Image:
        content = self._within(picture)
        if self._settings.rescale_intensity:
            content = rescaled(content)
        return self.geometry.letterboxed(content, self._settings.frame_shape)

    def _within(self, picture: Image) -> Image:
        left, top, right, bottom = self._inner
        return picture[top:bottom, left:right]

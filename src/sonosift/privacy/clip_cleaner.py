"""Text and drawn marks out of a clip: studied once over all of its frames, then painted over frame by frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonosift.archive.picture_sequence import PictureSequence
from sonosift.privacy.calipers import is_measuring_mark
from sonosift.privacy.dotted_lines import find_dotted_lines
from sonosift.privacy.faint_writing import find_faint_writing
from sonosift.privacy.inpainting import inpainted
from sonosift.privacy.letter_rows import find_letter_rows
from sonosift.privacy.passing_marks import Patch, cut_out, is_new, patch_of, shows
from sonosift.privacy.ruled_lines import find_ruled_lines
from sonosift.privacy.screen_words import look_around
from sonosift.privacy.still_marks import darkest, windows
from sonosift.privacy.stroke_marks import Strokes, find_strokes
from sonosift.privacy.text_reader import Box, Word, find_text, read_line
from sonosift.privacy.word_areas import Area, areas_of, has_holes, painted_area, within

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_MARGIN = 3
_SHORTEST_WORD = 2
_TALLEST_UNREAD = 40
"""Smaller letters may be too poor to be read; what is taller, has no strokes and says nothing is the scan itself."""


class Overlay:
    """What lies over the frames of one clip.

    Args:
        inside: The fan in the crop.
        still: What is painted over in every frame.
        passing: What is painted over in single frames, by position.
        words: The text that was read.
    """

    def __init__(self, inside: Mask, still: Mask, passing: dict[int, list[Patch]], words: tuple[Word, ...]) -> None:
        self._inside, self._still, self._passing = inside, still, passing
        self.words = words

    def altered(self, position: int) -> Mask:
        """Return which pixels of the frame are painted over."""
        marks = self._still.copy()
        for patch in self._passing.get(position, ()):
            patch.lay_on(marks)
        return marks

    def clean(self, position: int, crop: Image) -> Image:
        """Return the frame, grey or colour, painted over; all other pixels are kept as they are."""
        return inpainted(crop, self.altered(position), self._inside)


class ClipCleaner:
    """Finds text and drawn marks inside the fan.

    Args:
        remove_calipers: Whether calipers, rulers, arrows and body marks are painted over as well as text.
    """

    def __init__(self, *, remove_calipers: bool = True) -> None:
        self._remove_calipers = remove_calipers

    def study(self, crops: Sequence[Image], mask: Mask, screen: Image, corner: tuple[int, int]) -> Overlay:
        """Look at all frames of a clip once.

        Args:
            crops: Its frames in grey, cut to the fan's box; they are read one at a time, more than once.
            mask: The fan in the box.
            screen: The first frame in grey, whole, for the words beside the fan.
            corner: Upper left corner (x, y) of the box on the screen.
        """
        inside = np.asarray(mask, dtype=bool)
        parts = windows(len(crops))
        lowest = [darkest(_Part(crops, part)) for part in parts]
        still_layer = darkest(lowest)
        strokes = find_strokes(still_layer, inside)
        boxes = find_text(still_layer, inside)
        areas = self._wanted(areas_of(strokes, boxes), still_layer)
        written = [within(strokes, box) for box in boxes]
        still = painted_area(areas + [area for area in written if area is not None], inside.shape)
        for box, area in zip(boxes, written, strict=True):
            if _goes_as_a_whole(box, area, strokes, still_layer):
                x0, y0, x1, y1 = box
                still[y0:y1, x0:x1] = True
        rows = find_letter_rows(still_layer, inside)
        for x0, y0, x1, y1 in rows:
            still[max(0, y0 - _MARGIN) : y1 + _MARGIN, max(0, x0 - _MARGIN) : x1 + _MARGIN] = True
        if self._remove_calipers:
            still |= find_dotted_lines(still_layer, inside) | find_ruled_lines(still_layer, inside)
        around = look_around(screen, inside, corner, [*boxes, *rows], strokes.strong)
        still = (still | around.crossing) & inside
        still |= find_faint_writing(still_layer, inside, still)
        passing: dict[int, list[Patch]] = {}
        if len(crops) > 1:
            passing = self._passing(crops, parts, lowest, inside, still)
        return Overlay(inside, still, passing, around.words)

    def _wanted(self, areas: list[Area], picture: Image) -> list[Area]:
        if self._remove_calipers:
            return areas
        return [area for area in areas if not is_measuring_mark(area, lambda box: read_line(picture, box)[0])]

    def _passing(
        self, crops: Sequence[Image], parts: list[range], lowest: list[Image], inside: Mask, still: Mask
    ) -> dict[int, list[Patch]]:
        found: dict[int, list[Patch]] = {}
        faint: list[list[Area]] = []
        fine = [cut_out(find_faint_writing(picture, inside, still)) for picture in lowest] if len(parts) > 1 else []
        for picture in lowest:
            strokes = areas_of(find_strokes(picture, inside)) if len(parts) > 1 else []
            faint.append(
                self._wanted([area for area in strokes if area.looks_like_text and is_new(area, still)], picture)
            )
        for number, part in enumerate(parts):
            beside = range(max(0, number - 1), min(len(parts), number + 2))
            for position in part:
                crop = crops[position]
                patches = [patch_of(area, inside) for area in faint[number]]
                # Whether one frame shows letters that pale cannot be told: they go in the windows beside theirs too.
                patches += [fine[other] for other in beside if fine and fine[other].mask.any()]
                for other in beside:
                    if other != number:
                        patches += [patch_of(area, inside) for area in faint[other] if shows(crop, area, lowest[other])]
                known = still.copy()
                for patch in patches:
                    patch.lay_on(known)
                own = [
                    area
                    for area in areas_of(find_strokes(crop, inside))
                    if area.looks_like_text and is_new(area, known)
                ]
                patches += [patch_of(area, inside) for area in self._wanted(own, crop)]
                if patches:
                    found[position] = patches
        return found


def _goes_as_a_whole(box: Box, area: Area | None, strokes: Strokes, picture: Image) -> bool:
    """Say whether the whole box of a line is painted over: its strokes are not known, or leave out letters of it."""
    if area is None:
        return min(box[2] - box[0], box[3] - box[1]) <= _TALLEST_UNREAD or _can_be_read(picture, box)
    return has_holes(strokes, box) and _can_be_read(picture, box)


def _can_be_read(picture: Image, box: Box) -> bool:
    """Say whether a box holds a word, and not an edge or a trace that was taken for one."""
    return sum(sign.isalnum() for sign in read_line(picture, box)[0]) >= _SHORTEST_WORD


class _Part(PictureSequence):
    """Some frames of a clip, read when asked for."""

    def __init__(self, crops: Sequence[Image], part: range) -> None:
        self._crops, self._part = crops, part

    def __len__(self) -> int:
        return len(self._part)

    def picture(self, position: int) -> Image:
        return self._crops[self._part[position]]

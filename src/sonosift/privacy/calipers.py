"""Tell measuring marks from text: calipers, rulers, arrows and body marks say nothing when they are read."""

from __future__ import annotations

from collections.abc import Callable

from sonosift.privacy.word_areas import Area

_FEWEST_LETTERS = 2


def is_measuring_mark(area: Area, read: Callable[[tuple[int, int, int, int]], str]) -> bool:
    """Say whether an area holds a drawn mark and no text.

    Dots and single crosses never are text. For whatever else could be a word, ``read`` decides: it returns what the
    box of the area says. A mark that reads like a word is treated as one, because a name must not stay.
    """
    if not area.looks_like_text:
        return True
    letters = [letter for letter in read(area.box) if letter.isalnum()]
    return len(letters) < _FEWEST_LETTERS

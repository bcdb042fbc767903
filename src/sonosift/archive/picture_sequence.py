"""A clip as a sequence of pictures that are read or made when they are asked for, one at a time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import overload

from sonosift.archive.clip import Image


class PictureSequence(Sequence[Image]):
    """Everything that a sequence can do, from its length and :meth:`picture`."""

    @abstractmethod
    def picture(self, position: int) -> Image:
        """Return one picture; ``position`` is never negative and below the length."""

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> list[Image]: ...
    def __getitem__(self, index: int | slice) -> Image | list[Image]:
        """Return a picture, or a list of them."""
        if isinstance(index, slice):
            return [self.picture(position) for position in range(*index.indices(len(self)))]
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(index)
        return self.picture(position)

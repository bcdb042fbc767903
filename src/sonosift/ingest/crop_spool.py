"""Pictures of a long clip on disk, so that only those in use are in memory."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

import numpy as np

from sonosift.archive.clip import Image
from sonosift.archive.picture_sequence import PictureSequence


class CropSpool(PictureSequence):
    """Grey pictures of one shape in a private file, in the order in which they were appended.

    Each access reads one picture from disk; a memory map would count as resident. The file is deleted on leaving the
    block.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, CropSpool(Path(folder) / "crops") as spool:
    ...     spool.append(np.full((2, 3), 7, np.uint8))
    ...     len(spool), spool[-1].tolist()
    (1, [[7, 7, 7], [7, 7, 7]])
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shape: tuple[int, int] | None = None
        self._count = 0
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> CropSpool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)
        self._path.unlink(missing_ok=True)

    def append(self, picture: Image) -> None:
        """Add a picture behind the last one."""
        shape = (picture.shape[0], picture.shape[1])
        self._shape = self._shape or shape
        if picture.dtype != np.uint8 or picture.shape != self._shape:
            raise ValueError(f"a spool of {self._shape} takes no {picture.dtype} picture of {picture.shape}")
        data = np.ascontiguousarray(picture).data.cast("B")
        place = self._count * len(data)
        while data:
            written = os.pwrite(self._file, data, place)
            data, place = data[written:], place + written
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def picture(self, position: int) -> Image:
        """Read a picture, which may be changed freely."""
        assert self._shape is not None
        picture = np.empty(self._shape, dtype=np.uint8)
        rest, place = picture.data.cast("B"), position * picture.size
        while rest:
            read = os.preadv(self._file, [rest], place)
            if not read:
                raise OSError("the spool is shorter than what was written to it")
            rest, place = rest[read:], place + read
        return picture

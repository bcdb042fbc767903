"""Why a file could not be taken in: short codes, because a library's own message may hold a name or a path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class Reason(StrEnum):
    """What was wrong with a file, or why it was passed over. ``docs/reference/reasons.md`` explains each to users."""

    # Looks like an image or a clip, but cannot be read: quarantined.
    EMPTY = "empty"
    TRUNCATED = "truncated"
    UNRECOGNISED = "unrecognised_content"
    BROKEN_HEADER = "broken_header"
    NO_PIXELS = "no_pixel_data"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    BROKEN_PIXELS = "broken_pixels"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deeply_nested"
    TOO_MUCH_MEMORY = "too_much_memory"
    TOO_SLOW = "too_slow"
    DECODER_DIED = "decoder_died"
    NOT_PERMITTED = "not_permitted"
    NOT_A_FILE = "not_a_file"
    BROKEN_LINK = "broken_link"
    CHANGED_WHILE_READING = "changed_while_reading"
    DEFLATE_BOMB = "deflate_bomb"
    ZIP_BOMB = "zip_bomb"
    ZIP_SLIP = "zip_slip"
    ENCRYPTED = "encrypted"

    # Not an image at all, nothing new, or not wanted: skipped.
    NOT_AN_IMAGE = "not_an_image"
    DICOMDIR = "dicomdir"
    PACKED_ARCHIVE = "packed_archive"
    NESTED_ARCHIVE = "nested_archive"
    EXACT_DUPLICATE = "exact_duplicate"
    OUT_OF_SCOPE = "out_of_scope"
    FORGOTTEN = "forgotten"
    NO_ULTRASOUND_PICTURE = "no_ultrasound_picture"

    @property
    def is_skip(self) -> bool:
        """Say whether a file with this reason is passed over rather than quarantined."""
        return self in _SKIPS


_SKIPS = frozenset(
    {Reason.NOT_AN_IMAGE, Reason.DICOMDIR, Reason.PACKED_ARCHIVE, Reason.NESTED_ARCHIVE}
    | {Reason.EXACT_DUPLICATE, Reason.OUT_OF_SCOPE, Reason.FORGOTTEN, Reason.NO_ULTRASOUND_PICTURE}
)


class Unreadable(Exception):  # noqa: N818 - it names the file's state, not a programming error
    """Raised by every reader for a file that it gives up on; carries the code only."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


@contextmanager
def refusing(reason: Reason) -> Iterator[None]:
    """Turn whatever a library raises inside the block into ``reason``, unless it names a better one itself.

    Decoders fail on hostile bytes with every kind of error there is, so no list of kinds would be complete.
    """
    try:
        yield
    except Unreadable:
        raise
    except MemoryError as error:
        raise Unreadable(Reason.TOO_MUCH_MEMORY) from error
    except RecursionError as error:
        raise Unreadable(Reason.TOO_DEEP) from error
    except NotImplementedError as error:
        raise Unreadable(Reason.UNSUPPORTED_ENCODING) from error
    except Exception as error:
        raise Unreadable(reason) from error

"""What a file is, by its first bytes: names and extensions in an archive are not to be believed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from sonosift.archive.regular_file import open_regular
from sonosift.archive.unreadable import Reason, Unreadable

HEAD_BYTES = 4096
_MEDIA_DIRECTORY_UID = b"1.2.840.10008.1.3.10"
_IMAGE_SUFFIXES = frozenset(
    {".dcm", ".dicom", ".ima", ".img", ".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".jp2", ".heic", ".avif"}
    | {".gif", ".mp4", ".mov", ".avi", ".mpg", ".mpeg", ".mkv", ".webm", ".m4v", ".wmv", ".webp", ".ts"}
)

_VIDEO_STARTS = (
    b"GIF87a", b"GIF89a", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"\x1a\x45\xdf\xa3",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
)  # fmt: skip
"""GIF, MPEG with and without a programme stream, Matroska and WebM, Windows Media."""
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")
"""Stills in the container of MP4, of which a reader of videos would give a part for the whole."""
_PACKED_STARTS = (b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"BZh", b"\x28\xb5\x2f\xfd")


class Content(StrEnum):
    """The kinds of content that readers exist for, and those that have none."""

    DICOM = "dicom"
    VIDEO = "video"
    STILL = "still"
    DICOMDIR = "dicomdir"
    ZIP = "zip"
    PACKED = "packed"
    OTHER = "other"


def sniff(path: Path) -> Content:
    """Tell the content of a file from its first bytes.

    Raises:
        Unreadable: for one that may not be opened, and for one whose name promises an image (by its extension, or by
            having none, as PACS exports have it) while it is empty, a web page, or neither image nor text.
    """
    try:
        with open_regular(path) as handle:
            head = handle.read(HEAD_BYTES)
    except OSError as error:
        raise Unreadable(Reason.NOT_PERMITTED) from error
    content = sniff_bytes(head)
    if content is not Content.OTHER:
        return content
    expected = path.suffix.lower() in _IMAGE_SUFFIXES or _is_named_as_by_a_pacs(path)
    if not head:
        if expected:
            raise Unreadable(Reason.EMPTY)
        return Content.OTHER
    if expected and (path.suffix.lower() in _IMAGE_SUFFIXES or not _is_text(head) or _is_web_page(head)):
        raise Unreadable(Reason.UNRECOGNISED)
    return Content.OTHER


def _is_named_as_by_a_pacs(path: Path) -> bool:
    """Recognise names without an extension, as PACS exports have them; the last number of a UID is none."""
    return not path.name.startswith(".") and (not path.suffix or path.suffix[1:].isdigit())


def _is_web_page(head: bytes) -> bool:
    # What a server answers when it has no image: in place of one, an error page is no document to pass over.
    return head.lstrip()[:64].lower().startswith((b"<!doctype html", b"<html"))


def sniff_bytes(head: bytes) -> Content:
    """Tell the content from the first bytes of a file.

    >>> sniff_bytes(b"GIF89a....")
    <Content.VIDEO: 'video'>
    """
    if head[128:132] == b"DICM" or _is_bare_dicom(head):
        return Content.DICOMDIR if _MEDIA_DIRECTORY_UID in head else Content.DICOM
    if head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")):
        return Content.STILL
    if head.startswith(b"BM") and head[14:18] in (b"\x28\0\0\0", b"\x0c\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0"):
        return Content.STILL
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Content.STILL
    if _is_video(head):
        return Content.VIDEO
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Content.ZIP
    if head.startswith(_PACKED_STARTS) or head[257:262] == b"ustar":
        return Content.PACKED
    return Content.OTHER


def _is_video(head: bytes) -> bool:
    if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
        return False
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"):
        return True
    if head.startswith(b"RIFF") and head[8:11] == b"AVI":
        return True
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:  # packets of a transport stream
        return True
    return head.startswith(_VIDEO_STARTS)


def _is_bare_dicom(head: bytes) -> bool:
    """Recognise files without preamble: they begin with an element of group 0002 or 0008."""
    if len(head) < 16 or head[:2] not in (b"\x02\x00", b"\x08\x00", b"\x00\x08"):
        return False
    explicit = head[4:6].isalpha() and head[4:6].isupper()
    big = head[:1] == b"\x00"
    element = int.from_bytes(head[2:4], "big" if big else "little")
    length = int.from_bytes(head[4:8], "big" if big else "little")
    return element <= 0x0060 and (explicit or length <= 256)


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # a character cut at the end of the head is no fault
            return False
        text = head[: error.start].decode("utf-8")
    printable = sum(character.isprintable() or character in "\r\n\t\f" for character in text)
    return printable >= 0.98 * max(1, len(text))

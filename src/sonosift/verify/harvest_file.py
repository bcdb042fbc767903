"""Every text of one archive file that could identify somebody: header elements at all depths, metadata, tables."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom import Dataset, config, dcmread
from pydicom.datadict import keyword_for_tag

from sonosift.archive.sniff import HEAD_BYTES, Content, sniff_bytes

FILE_NAME = "file name"
PRIVATE = "private element"
TABLE = "table or text in the archive"
METADATA = "metadata of a still or a video"
RAW = "bytes of a file that cannot be read"

IDENTIFIERS = "identifiers of one image"
IDENTIFIER_KEYWORDS = (
    "PatientID", "IssuerOfPatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID",
)  # fmt: skip

Found = tuple[str, str]
"""Where it stands (an element's keyword, or one of the above) and the text."""

_TEXTS = frozenset({"PN", "LO", "SH", "LT", "ST", "UT", "UC", "AE", "DA", "DT", "AS", "UI", "UR"})
_BYTES = frozenset({"UN", "OB"})
_LARGEST_VALUE = 1 << 16
_LARGEST_TEXT_FILE = 20_000_000
_LARGEST_MEMBER = 400_000_000
_MOST_MEMBERS = 20_000
_DEEPEST = 64
_PIXELS = frozenset({0x7FE00010, 0x7FE00008, 0x7FE00009})
_ACCENTED = frozenset("ÄÖÜäöüßéèêëÉÈáàâÁÀñÑçÇíìîóòôúùûøØåÅæÆ")
_LEAST_PLAIN = 0.85
_PRINTABLE = re.compile(rb"[\x20-\x7e\xa0-\xff]{4,}")


def harvest_file(path: Path) -> list[Found]:
    """Return the texts of a file; a zip file's members are read in place.

    The identifiers of one DICOM image, which belong together, come as one text of the kind ``IDENTIFIERS``.
    """
    with path.open("rb") as handle:
        head = handle.read(HEAD_BYTES)
    if head.startswith(b"PK\x03\x04") and zipfile.is_zipfile(path):
        return list(_members(path))
    return list(_content(head, path))


def silence() -> None:
    """Keep header values out of consoles and logs: pydicom's warnings quote them."""
    warnings.filterwarnings("ignore")
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    config.settings.reading_validation_mode = config.IGNORE


def _members(path: Path) -> Iterator[Found]:
    with zipfile.ZipFile(path) as packed:
        for member in packed.infolist()[:_MOST_MEMBERS]:
            yield FILE_NAME, member.filename
            if member.is_dir() or member.flag_bits & 1 or member.file_size > _LARGEST_MEMBER:
                continue
            try:
                content = packed.read(member)
            except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, EOFError):
                continue
            yield from _content(content[:HEAD_BYTES], io.BytesIO(content))


def _content(head: bytes, source: Path | io.BytesIO) -> Iterator[Found]:
    kind = sniff_bytes(head)
    if kind in (Content.DICOM, Content.DICOMDIR):
        yield from _dicom(source)
    elif kind is Content.STILL:
        yield from _still(source)
    elif kind is Content.VIDEO:
        yield from _video(source)
    elif kind is Content.OTHER:
        yield from _table(source)


def _dicom(source: Path | io.BytesIO) -> Iterator[Found]:
    try:
        dataset = dcmread(source, force=True, defer_size=_LARGEST_VALUE)
        found = [*_elements(dataset.file_meta, 0), *_elements(dataset, 0)]
        if "SOPInstanceUID" in dataset:
            named = [str(dataset.get(keyword) or "") for keyword in IDENTIFIER_KEYWORDS]
            found.append((IDENTIFIERS, json.dumps(named)))
    except Exception:  # whatever the parser chokes on: its bytes are searched for text instead
        found = [(RAW, text) for text in _printable(_beginning(source))]
    yield from found


def _elements(dataset: Dataset, depth: int) -> Iterator[Found]:
    for tag in dataset.keys():  # noqa: SIM118 - iterating the dataset itself would convert every element
        if tag in _PIXELS:
            continue
        raw = dataset.get_item(tag)
        if getattr(raw, "length", 0) not in (None, 0xFFFFFFFF) and getattr(raw, "length", 0) > _LARGEST_VALUE:
            continue
        try:
            element = dataset[tag]
        except Exception:  # one broken value must not hide the others
            value = getattr(raw, "value", None)
            yield from ((RAW, text) for text in _printable(value or b""))
            continue
        if element.VR == "SQ":
            if depth < _DEEPEST:
                for item in element.value or ():
                    yield from _elements(item, depth + 1)
            continue
        kind = PRIVATE if tag.is_private else keyword_for_tag(tag) or "unknown element"
        yield from ((kind, text) for text in _values(element))


def _values(element: Any) -> Iterator[str]:
    value = element.value
    if value is None:
        return
    if element.VR in _BYTES and isinstance(value, bytes):
        yield from _printable(value)
    elif element.VR in _TEXTS or (element.VR in ("IS", "DS", "CS") and element.tag.is_private):
        several = value if type(value).__name__ == "MultiValue" or isinstance(value, list) else [value]
        yield from (text for text in (str(item).strip("\x00 ") for item in several) if text)


def _still(source: Path | io.BytesIO) -> Iterator[Found]:
    from PIL import Image

    with Image.open(source) as picture:
        # A colour profile is a table of numbers.
        named = [value for key, value in picture.info.items() if key != "icc_profile"]
        values = [*named, *dict(picture.getexif()).values()]
    for value in values:
        if isinstance(value, bytes):
            yield from ((METADATA, text) for text in _printable(value[:_LARGEST_VALUE]))
        elif isinstance(value, str):
            yield METADATA, value


def _video(source: Path | io.BytesIO) -> Iterator[Found]:
    import av

    with av.open(source if isinstance(source, io.BytesIO) else str(source), metadata_errors="ignore") as container:
        tables = [container.metadata, *(stream.metadata for stream in container.streams)]
    yield from ((METADATA, str(value)) for table in tables for value in table.values())


def _table(source: Path | io.BytesIO) -> Iterator[Found]:
    """Read manifests and notes: every cell of a table, every string of a JSON file, every line of a text."""
    content = _beginning(source, _LARGEST_TEXT_FILE)
    if b"\x00" in content[:HEAD_BYTES]:
        return
    text = content.decode("utf-8", "replace")
    if text.lstrip()[:1] in ("{", "["):
        try:
            yield from ((TABLE, found) for found in _strings(json.loads(text)))
            return
        except ValueError:
            pass
    try:
        dialect = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
        for row in csv.reader(io.StringIO(text), dialect):
            yield from ((TABLE, cell) for cell in row if cell)
    except csv.Error:
        yield from ((TABLE, line) for line in text.splitlines() if line.strip())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield str(key)
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _beginning(source: Path | io.BytesIO, count: int = 1 << 20) -> bytes:
    if isinstance(source, io.BytesIO):
        return source.getvalue()[:count]
    with source.open("rb") as handle:
        return handle.read(count)


def _printable(value: bytes) -> Iterator[str]:
    """Yield the runs of bytes that read as text: noise has too many signs among its letters."""
    if isinstance(value, bytes):
        runs = (match.decode("latin-1").strip() for match in _PRINTABLE.findall(value))
        yield from (run for run in runs if sum(map(_is_plain, run)) >= _LEAST_PLAIN * len(run) > 0)


def _is_plain(character: str) -> bool:
    return (character.isalnum() and character.isascii()) or character in " ^.,-_/:" or character in _ACCENTED

"""What a file of a cohort says: the texts inside tables, databases, pages and pictures, decoded."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

_HEX_IDS = r"^[0-9a-f]{32}$|^[0-9a-f]{64}$"
_DATA_ADDRESS = re.compile(rb"data:[\w/+.-]+;base64,([A-Za-z0-9+/=]+)")
_PRINTABLE = re.compile(rb"[\x09\x20-\x7e\x80-\xff]{4,}")
_SHORTEST_NUMBER = 8
_LARGEST_MEMBER = 200_000_000
_FLOAT = re.compile(r"(?<![\w.])[-+]?\d+\.\d+(?:[eE][-+]?\d+)?(?![\w.])")
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True)
class Text:
    """One text and where in the file it stands. ``is_ours`` marks a time that Sonosift itself wrote."""

    where: str
    text: str
    is_ours: bool = False


class UnreadableFileError(Exception):
    """A file of the cohort that should have a structure and has not."""


def texts_of(path: Path) -> Iterator[Text]:
    """Yield the texts of a file of the cohort; numbers of eight and more digits count as texts.

    Raises:
        UnreadableFileError: where a table, database or document is damaged.
    """
    try:
        yield from _texts(path.suffix.lower(), path)
    except (OSError, ValueError, RecursionError, sqlite3.DatabaseError, KeyError, zipfile.BadZipFile) as error:
        raise UnreadableFileError(type(error).__name__) from error


def without_pictures(content: bytes) -> bytes:
    """Cut the pictures that a page carries as base64 out of it: their letters mean nothing."""
    return _DATA_ADDRESS.sub(b"data:", content)


def _texts(suffix: str, path: Path) -> Iterator[Text]:
    if suffix == ".npy":
        return iter(())
    if suffix in _PICTURES:
        return _picture_texts(io.BytesIO(path.read_bytes()), "")
    return _READERS.get(suffix, _unknown)(path)


def _parquet(path: Path) -> Iterator[Text]:
    import polars as pl
    import pyarrow.parquet as pq

    described = pq.read_schema(path)
    yield Text("names of the columns", " ".join(described.names))
    for key, value in (described.metadata or {}).items():
        yield Text("metadata", f"{key.decode('utf-8', 'replace')} {value.decode('utf-8', 'replace')}")
    try:
        table = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise ValueError("parquet") from error
    for name in table.columns:
        column = table[name]
        while column.dtype.base_type() in (pl.List, pl.Array):
            column = column.explode()
        values = column.drop_nulls().unique()
        if column.dtype == pl.String:
            # Pseudonyms cannot hold anything: they are hashes under the key.
            values = values.filter(~values.str.contains(_HEX_IDS))
        elif not column.dtype.is_integer():
            values = values.cast(pl.String, strict=False) if not column.dtype.is_numeric() else values.head(0)
        for value in values.to_list():
            yield from _tree(value, f"column {name}")


def _sqlite(path: Path) -> Iterator[Text]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = connection.execute(f'SELECT * FROM "{table.replace(chr(34), chr(34) * 2)}"')  # noqa: S608 read only
            columns = [about[0] for about in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    if isinstance(value, bytes):
                        value = " ".join(_runs(value))
                    yield from _tree(value, f"table {table}, column {column}")
    # Deleted rows stay in the file until their page is used again.
    for run in _runs(path.read_bytes()):
        yield Text("bytes of the database, deleted rows too", run, is_ours=True)


def _yaml(path: Path) -> Iterator[Text]:
    import yaml

    yield from _tree(yaml.safe_load(path.read_text(encoding="utf-8")), "")


def _json(path: Path) -> Iterator[Text]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.suffix == ".jsonl" else [path.read_text("utf-8")]
    for line in lines:
        yield from _tree(json.loads(line), "")


def _tree(value: Any, where: str, key: str = "") -> Iterator[Text]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield Text(where or "names of the keys", str(name))
            yield from _tree(part, f"{where}.{name}" if where else str(name), str(name))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tree(part, where, key)
    elif isinstance(value, str):
        if value[:1] in ("{", "["):
            try:
                yield from _tree(json.loads(value), where, key)
                return
            except ValueError:
                pass
        yield Text(where, value, is_ours=where.endswith("created_at"))
    elif isinstance(value, bool | float) or value is None:
        return
    elif not isinstance(value, int) or len(str(abs(value))) >= _SHORTEST_NUMBER:
        yield Text(where, str(value), is_ours=where.endswith("created_at"))


class _Words(HTMLParser):
    """Collects what a page shows or carries, without the numbers that draw curves."""

    _DRAWING = frozenset({"style", "d", "points", "transform", "viewbox", "integrity", "x", "y", "width", "height"})
    _DRAWING |= {"x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "content", "nonce"}

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._place = "text"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._place = tag
        self.found += [(f"attribute {name}", value) for name, value in attrs if value and name not in self._DRAWING]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append((f"text in {self._place}", _FLOAT.sub(" ", data)))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", data))


def _page(path: Path) -> Iterator[Text]:
    content = path.read_bytes()
    parser = _Words()
    parser.feed(without_pictures(content).decode("utf-8", "replace"))
    yield from (Text(where, text) for where, text in parser.found)
    for number, match in enumerate(_DATA_ADDRESS.finditer(content)):
        yield from _picture_texts(io.BytesIO(base64.b64decode(match.group(1))), f"picture {number} of the page: ")


def _safetensors(path: Path) -> Iterator[Text]:
    with path.open("rb") as handle:
        length = int.from_bytes(handle.read(8), "little")
        if length > _LARGEST_MEMBER:
            raise ValueError("header")
        header = json.loads(handle.read(length))
    # Shapes and offsets of the tensors are numbers of ours.
    yield from _tree(header.pop("__metadata__", {}), "metadata")
    yield from (Text("names of the tensors", str(name)) for name in header)


def _picture_texts(source: io.BytesIO, where: str) -> Iterator[Text]:
    from PIL import Image

    try:
        with Image.open(source) as picture:
            picture.load()
            found: dict[str, Any] = {str(key): value for key, value in picture.info.items()}
            found |= {str(key): value for key, value in picture.getexif().items()}
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("picture") from error
    for key, value in found.items():
        text = " ".join(_runs(value)) if isinstance(value, bytes) else value
        if isinstance(text, str):
            yield Text(f"{where}metadata {key}", text)


def _zip(path: Path) -> Iterator[Text]:
    if not zipfile.is_zipfile(path):
        yield from _unknown(path)
        return
    with zipfile.ZipFile(path) as packed:
        for member in packed.infolist():
            yield Text("name of a member", member.filename)
            if member.file_size <= _LARGEST_MEMBER and member.filename.endswith((".pkl", ".json", ".yaml", ".txt")):
                for run in _runs(packed.read(member)):
                    yield Text(f"member {member.filename}", run)


def _unknown(path: Path) -> Iterator[Text]:
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        yield from _zip(path)
        return
    if content[:2] == b"\x1f\x8b":
        with gzip.open(path) as packed:
            content = packed.read(_LARGEST_MEMBER)
    elif content[:4] == b"\x28\xb5\x2f\xfd":
        import pyarrow as pa

        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as packed_stream:
            content = packed_stream.read(_LARGEST_MEMBER)
    if b"\x00" in content[:4096]:
        yield from (Text("printable bytes", run) for run in _runs(content))
    else:
        yield from (Text("text", line) for line in content.decode("utf-8", "replace").splitlines())


def _runs(content: bytes) -> Iterator[str]:
    yield from (run.decode("utf-8", "replace") for run in _PRINTABLE.findall(content))


_READERS: dict[str, Callable[[Path], Iterator[Text]]] = {
    ".parquet": _parquet,
    ".sqlite": _sqlite,
    ".db": _sqlite,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": _json,
    ".jsonl": _json,
    ".html": _page,
    ".htm": _page,
    ".svg": _page,
    ".safetensors": _safetensors,
    ".pt": _zip,
    ".ckpt": _zip,
}

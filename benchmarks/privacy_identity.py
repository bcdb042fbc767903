"""Every identity that the simulated hospital planted, looked for in everything that a cohort holds."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl

from sonosift.cohort.catalog import CATALOG_SCHEMA
from sonosift.labels.abdomen import ABDOMEN

LEAST_LETTERS, LEAST_DIGITS = 4, 6
# Random by design: pseudonyms, and what is packed; a short number turns up in them by chance.
_RANDOM = re.compile(rb"[0-9a-f]{16,}|base64,[A-Za-z0-9+/=]+")
_WORDS = re.compile(r"[^\W\d_]+")


def searched_tokens(identities: Path) -> list[str]:
    """Return the planted tokens that are long enough to be found on purpose, in small letters.

    A token of letters counts from 4 letters, one of digits from 6 digits; words that Sonosift writes itself (names of
    columns and organs) are left out, since patients may be called Renal.
    """
    own = {
        word.lower() for name in (*CATALOG_SCHEMA, *ABDOMEN.names) for word in _WORDS.findall(name.replace("_", " "))
    }
    tokens = set()
    for token in pl.read_csv(identities, infer_schema=False)["token"]:
        letters, digits = sum(map(str.isalpha, token)), sum(map(str.isdigit, token))
        if (letters >= LEAST_LETTERS or digits >= LEAST_DIGITS) and token.lower() not in own:
            tokens.add(token.lower())
    return sorted(tokens)


def tokens_in_cohort(cohort: Path, tokens: list[str]) -> list[tuple[str, str]]:
    """Return each token found, with the file that holds it.

    Searched are the names of all files, their bytes (also as UTF-16), every decoded table of parquet and SQLite files,
    and the text of pages; letters in any case, and only as whole words, so that "will" is not found in "willing".
    """
    found = []
    for path in sorted(path for path in cohort.rglob("*") if path.is_file()):
        where = path.relative_to(cohort).as_posix()
        for text in _texts(path, where):
            # The plain search is quick, and nearly always enough.
            likely = (token for token in tokens if token in text)
            found += [
                (token, where) for token in likely if re.search(rf"(?<![^\W_]){re.escape(token)}(?![^\W_])", text)
            ]
    return sorted(set(found))


def _texts(path: Path, where: str) -> Iterator[str]:
    yield where.lower()
    if path.suffix == ".npy":
        return  # pixels: read as pictures by the other measures
    data = path.read_bytes()
    yield _RANDOM.sub(b" ", data).decode("utf-8", "ignore").lower()
    yield data.decode("utf-16-le", "ignore").lower()
    if path.suffix == ".parquet":
        rows = "\n".join(map(repr, pl.read_parquet(path).iter_rows(named=True)))
        yield _RANDOM.sub(b" ", rows.encode()).decode().lower()
    if data.startswith(b"SQLite format 3\0"):
        with closing(sqlite3.connect(path)) as connection:
            dump = "\n".join(connection.iterdump())
        yield _RANDOM.sub(b" ", dump.encode()).decode().lower()

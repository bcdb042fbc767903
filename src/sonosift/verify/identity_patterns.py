"""What looks like an identity even if nobody knows whose: dates, unique identifiers, long numbers, addresses, names."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

_PATTERNS: dict[str, re.Pattern[str]] = {
    "date": re.compile(
        r"(?<![\d.])(?:(?:18|19|20)\d\d([-/. ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
        r"|(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|1[0-2])\2(?:18|19|20)\d\d)(?![\d.]*\d)"
    ),
    "unique identifier": re.compile(r"(?<![\w.])[0-2](?:\.\d+){5,}(?![\w.])|(?<![\w.])2\.25\.\d{8,}"),
    "long number": re.compile(r"(?<![\w.])\d{8,}(?![\w.])"),
    "e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.[\w.]{2,}"),
    "telephone number": re.compile(r"(?<![\w.])(?:\+\d[\d ()/-]{7,}\d|\(?0\d{2,4}\)?[ /-]\d[\d -]{4,}\d)(?![\w.])"),
    "name as DICOM writes it": re.compile(r"\b[A-Za-zÀ-ÿ'-]{2,}\^[A-Za-zÀ-ÿ]"),
    "path on a computer": re.compile(
        r"(?<![\w.:])(?:/(?:home|Users|mnt|data|media|srv|root)/[^\s\"']+|[A-Za-z]:\\[^\s]+)"
    ),
}


_CREATED = re.compile(r"^created_at: '?(\d{4}-\d\d-\d\d)T", re.MULTILINE)
_SHORTENED = (8, 10, 12)
"""To how many digits pages shorten a pseudonym."""


def find_patterns(text: str, *, is_ours: bool = False) -> Counter[str]:
    """Return how often each kind of identity seems to occur in a text.

    Args:
        text: Any text of a cohort.
        is_ours: The text is a time that Sonosift itself wrote: dates are not counted.

    >>> find_patterns("born 1947-03-12, call +49 351 123456, DOE^JANE")
    Counter({'date': 1, 'telephone number': 1, 'name as DICOM writes it': 1})
    """
    found: Counter[str] = Counter()
    for kind, pattern in _PATTERNS.items():
        if is_ours and kind in ("date", "long number"):
            continue
        count = sum(1 for _ in pattern.finditer(text))
        if count:
            found[kind] = count
    return found


def own_marks(cohort: Cohort) -> re.Pattern[str]:
    """Return what Sonosift itself wrote and only looks like an identity: days of its runs, beginnings of pseudonyms."""
    catalog = cohort.catalog()
    names = {name for column in ("frame_id", "clip", "exam", "patient") for name in catalog[column].unique().to_list()}
    beginnings = {name[:length] for name in names for length in _SHORTENED}
    records = [path.read_text(encoding="utf-8", errors="replace") for path in cohort.path.glob("runs/*/run.yaml")]
    days = {found[1] for record in records if (found := _CREATED.search(record))}
    page = cohort.path / "report.html"
    if page.exists():
        days.add(f"{datetime.fromtimestamp(page.stat().st_mtime, UTC):%Y-%m-%d}")
    marks = sorted(days | {name for name in beginnings if name.isdecimal()})
    return re.compile("|".join(rf"(?<!\w){mark}(?!\w)" for mark in ["[0-9a-f]{32}", *marks]))

"""Texts as sequences of words, so that ``DOE^JANE``, ``Doe, Jane`` and ``doe_jane`` are one and the same."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text: runs of letters and digits, small letters, compatibility characters folded.

    >>> words_of("DOE^Jane_M. (1947-03-12)")
    ('doe', 'jane', 'm', '1947', '03', '12')
    """
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))

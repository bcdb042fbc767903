"""Find thousands of byte strings in gigabytes, in one pass: a hash of eight bytes at every place, tested in bulk.

Aho and Corasick's automaton would do the same byte by byte, which Python cannot do fast enough.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SHORTEST = 8
"""Characters. Shorter terms occur in pixels, weights and compressed tables by chance."""

_KEY_BYTES = 8
_PIECE = 1 << 22
_BLOCK = 1 << 16
_TABLE_BITS = 21
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SMALL_LETTERS = np.arange(256, dtype=np.uint8)
_SMALL_LETTERS[ord("A") : ord("Z") + 1] += 32
_HEX = frozenset(b"0123456789abcdef")
_HEX_TERM = re.compile(r"[0-9a-fA-F]+")


class ByteSearch:
    """Looks for terms in bytes, in UTF-8, Latin-1 and both kinds of UTF-16, in small or capital letters.

    Terms shorter than eight characters are not looked for. A term that could be part of a pseudonym (only hexadecimal
    digits) counts only if no further hexadecimal digit stands beside it.

    Args:
        terms: What to look for; the answers name a term by its place.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        self._patterns: dict[int, list[tuple[bytes, int, bool]]] = defaultdict(list)
        self.longest = 0
        for place, term in enumerate(terms):
            if len(term) >= SHORTEST:
                for pattern in _encodings(term):
                    key = int.from_bytes(pattern[:_KEY_BYTES], "little")
                    self._patterns[key].append((pattern, place, bool(_HEX_TERM.fullmatch(term))))
                    self.longest = max(self.longest, len(pattern))
        self._keys = np.array(sorted(self._patterns), dtype=np.uint64)
        self._table = np.zeros(1 << _TABLE_BITS, dtype=bool)
        self._table[_hashes(self._keys)] = True

    def find(self, data: bytes) -> Counter[int]:
        """Return how often each term occurs."""
        return self._count(np.frombuffer(data, dtype=np.uint8), owned=len(data))

    def find_in_file(self, path: Path) -> Counter[int]:
        """Return how often each term occurs in a file, read in pieces."""
        found: Counter[int] = Counter()
        overlap = self.longest + 1
        with path.open("rb") as handle:
            before = b""
            while piece := handle.read(_PIECE):
                data = before + piece
                last = len(piece) < _PIECE
                # What begins in the tail is counted with the next piece, where it is whole.
                owned = len(data) if last else len(data) - overlap
                found += self._count(np.frombuffer(data, dtype=np.uint8), owned=owned, skip=min(1, len(before)))
                before = b"" if last else data[owned - 1 :]
        if before:
            found += self._count(np.frombuffer(before, dtype=np.uint8), owned=len(before), skip=1)
        return found

    def _count(self, raw: NDArray[np.uint8], owned: int, skip: int = 0) -> Counter[int]:
        """Count the terms that begin at places ``skip`` to ``owned``."""
        found: Counter[int] = Counter()
        if len(raw) < _KEY_BYTES or not len(self._keys):
            return found
        text = _SMALL_LETTERS[raw]
        for place, key in self._candidates(text):
            if not skip <= place < owned:
                continue
            for pattern, term, hexadecimal in self._patterns[key]:
                end = place + len(pattern)
                if text[place:end].tobytes() == pattern and not (hexadecimal and _is_inside_number(raw, place, end)):
                    found[term] += 1
        return found

    def _candidates(self, text: NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
        count = len(text) - _KEY_BYTES + 1
        # Eight bytes from every place on, without copying them.
        keys = np.ndarray((count,), dtype="<u8", buffer=text, strides=(1,))
        for start in range(0, count, _BLOCK):
            block = np.ascontiguousarray(keys[start : start + _BLOCK])
            likely = np.flatnonzero(self._table[_hashes(block)])
            if len(likely):
                chosen = block[likely]
                at = np.minimum(np.searchsorted(self._keys, chosen), len(self._keys) - 1)
                for place in np.flatnonzero(self._keys[at] == chosen):
                    yield start + int(likely[place]), int(chosen[place])


def _hashes(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (keys * _MULTIPLIER) >> np.uint64(64 - _TABLE_BITS)


def _encodings(term: str) -> set[bytes]:
    # Bytes are compared with A-Z made small; other letters have a form of their own for each case.
    forms = {term.lower(), term.upper(), term}
    found = set()
    for form in forms:
        for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
            try:
                found.add(_SMALL_LETTERS[np.frombuffer(form.encode(encoding), dtype=np.uint8)].tobytes())
            except UnicodeEncodeError:
                continue
    return {pattern for pattern in found if len(pattern) >= _KEY_BYTES}


def _is_inside_number(raw: NDArray[np.uint8], start: int, end: int) -> bool:
    before = start > 0 and int(raw[start - 1]) in _HEX
    return before or (end < len(raw) and int(raw[end]) in _HEX)

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sonosift.verify import byte_search
from sonosift.verify.byte_search import ByteSearch

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ^ .-"


def brute_force(terms: list[str], data: bytes) -> Counter[int]:
    """Count every encoding of every term by looking at each place."""
    found: Counter[int] = Counter()
    text = data.lower()
    for place, term in enumerate(terms):
        for pattern in {term.lower().encode(code) for code in ("utf-8", "latin-1", "utf-16-le", "utf-16-be")}:
            found[place] += sum(text.startswith(pattern, start) for start in range(len(text)))
    return +found


def test_agrees_with_brute_force() -> None:
    draw = random.Random(1)
    terms = ["".join(draw.choices(LETTERS, k=draw.randint(8, 20))) for _ in range(60)]
    parts = []
    for _ in range(300):
        parts.append(draw.randbytes(draw.randint(0, 60)))
        term = draw.choice(terms)
        code = draw.choice(["utf-8", "latin-1", "utf-16-le", "utf-16-be"])
        parts.append(draw.choice([term, term.upper(), term[:7]]).encode(code))
    data = b"".join(parts)
    expected = brute_force(terms, data)
    assert sum(expected.values()) > 100
    assert ByteSearch(terms).find(data) == expected


@pytest.mark.parametrize("size", [1, 64, 100, 4096])
def test_pieces_of_a_file_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    draw = random.Random(size)
    terms = ["DOE^JANE^MARIA", "St. Elsewhere", "2.25.123456789"]
    data = b"".join(draw.randbytes(draw.randint(0, 30)) + draw.choice(terms).encode() for _ in range(80))
    data += b"\0" * (-len(data) % 4096)
    file = tmp_path / "file"
    file.write_bytes(data)
    search = ByteSearch(terms)
    whole = search.find(data)
    assert sum(whole.values()) == 80
    monkeypatch.setattr(byte_search, "_PIECE", max(size, search.longest + 2))
    assert search.find_in_file(file) == whole


def test_letters_beyond_ascii_in_both_cases() -> None:
    search = ByteSearch(["Müllerová"])
    for text in ("müllerová", "MÜLLEROVÁ", "Müllerová"):
        assert search.find(b"xx" + text.encode() + b"yy") == {0: 1}
        assert search.find(text.encode("utf-16-le")) == {0: 1}
    assert search.find("Müllerova".encode()) == {}


def test_numbers_inside_pseudonyms_do_not_count() -> None:
    search = ByteSearch(["19470312"])
    assert search.find(b"ab19470312cd") == {}
    assert search.find(b"219470312") == {}
    assert search.find(b'"19470312"') == {0: 1}
    assert search.find(b"MRN19470312") == {0: 1}


def test_short_terms_are_left_to_the_word_search() -> None:
    assert ByteSearch(["JANE", "1947", ""]).find(b"JANE 1947") == {}
    assert ByteSearch([]).find(b"anything") == {}
    assert ByteSearch(["DOE^JANE"]).find(b"DOE") == {}


def test_noise_holds_nothing() -> None:
    noise = np.random.default_rng(0).integers(0, 256, 3_000_000, dtype=np.uint8).tobytes()
    draw = random.Random(2)
    terms = ["".join(draw.choices("0123456789", k=8)) for _ in range(3000)]
    assert ByteSearch(terms).find(noise) == {}

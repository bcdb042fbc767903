"""Recognising the words that operators type: abbreviations, other languages, slips of the finger and of the reader.

A word is taken for a known one if it is that word; else if it differs only in letters that readers mix up (0 and O,
1, I and L, 5 and S, …); else if a finger can have slipped once, or twice in a long word. Words of up to three letters
are taken as they are: ``LT`` is never read as ``RT``.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType

Meaning = tuple[str, ...]

_NUMBER = re.compile(r"\d+(MM|CM|ML|CC|M|X)?|[RL]\d{1,2}")
"""A count, a length, or the zone of a lung (L1): understood, and says nothing."""
_LOOKALIKES = str.maketrans("0158L26", "OISBIZG")
_SHORTEST_READ_LOOSELY = 3
_SHORTEST_WITH_ANY_SLIP = 5
_SHORTEST_WITH_TWO_SLIPS = 9
_SHORTEST_GLUED_PIECE = 2
_ONE_PIECE_AT_LEAST = 4


class Vocabulary:
    """The words that are understood, and what each of them stands for.

    >>> words = Vocabulary({"RT": ("RIGHT",), "KIDNEY": ("KIDNEY",)})
    >>> sorted(words.understood("Rt. Kidnye 4mm")), sorted(words.understood("RTK1DNEY"))
    (['KIDNEY', 'RIGHT'], ['KIDNEY', 'RIGHT'])
    >>> words.understood("RT KIDMAN") is None
    True
    """

    def __init__(self, meanings: Mapping[str, Meaning]) -> None:
        self._meanings = dict(meanings)
        self._by_shape: dict[str, set[Meaning]] = defaultdict(set)
        self._by_first: dict[str, list[str]] = defaultdict(list)
        for word, meaning in self._meanings.items():
            shape = _shape(word)
            self._by_shape[shape].add(meaning)
            self._by_first[shape[0]].append(word)
        self.meaning_of = lru_cache(maxsize=4096)(self._meaning_of)

    def understood(self, text: str) -> frozenset[str] | None:
        """Return what the words of ``text`` stand for, or None if any of them is unknown."""
        tokens = split_words(text)
        sure: set[str] = set()
        leaning: set[str] = set()
        position = 0
        while position < len(tokens):
            meaning, used = self.meaning_of(tokens[position]), 1
            if meaning is None and position + 1 < len(tokens):
                # A blank too many: KID NEY.
                meaning, used = self._same_shape(_shape(tokens[position] + tokens[position + 1])), 2
            if meaning is not None:
                sure.update(meaning)
            else:
                # A blank too few between short words: LIVLT. It needs a word beside it that is beyond doubt.
                meaning, used = self._unglued(tokens[position], shortest_sure=_SHORTEST_GLUED_PIECE), 1
                if meaning is None:
                    return None
                leaning.update(meaning)
            position += used
        return frozenset(sure | leaning) if sure or not leaning else None

    def _meaning_of(self, token: str) -> Meaning | None:
        if token in self._meanings:
            return self._meanings[token]
        if _NUMBER.fullmatch(token):
            return ()
        meaning = self._alike(token)
        return self._unglued(token) if meaning is None else meaning

    def _alike(self, token: str) -> Meaning | None:
        """Return the meaning of the nearest word; None if there is none or if two are as near."""
        if len(token) < _SHORTEST_READ_LOOSELY or token.isdigit():
            return None
        shape = _shape(token)
        if shape in self._by_shape:
            return self._same_shape(shape)
        # The first letter is rarely mistyped, and OLIVER is no liver.
        found = [(slips, word) for word in self._by_first.get(shape[0], ()) if (slips := _slips(shape, _shape(word)))]
        if not found:
            return None
        # GROIT is as near to DROIT as to GROIN: it is neither.
        nearest = self._meanings_within(min(found)[0], shape)
        return next(iter(nearest)) if len(nearest) == 1 else None

    def _same_shape(self, shape: str) -> Meaning | None:
        meanings = self._by_shape.get(shape, set())
        return next(iter(meanings)) if len(meanings) == 1 else None

    def _meanings_within(self, slips: int, shape: str) -> set[Meaning]:
        words = (word for word in self._meanings if abs(len(word) - len(shape)) <= slips)
        return {self._meanings[word] for word in words if edit_distance(shape, _shape(word)) <= slips}

    def _unglued(self, token: str, *, shortest_sure: int = _ONE_PIECE_AT_LEAST) -> Meaning | None:
        """Cut a token without blanks into known words; None if it can be cut into different meanings."""
        shape = _shape(token)
        cuts: list[set[tuple[frozenset[str], bool]]] = [set() for _ in range(len(shape) + 1)]
        cuts[0].add((frozenset(), False))
        for end in range(_SHORTEST_GLUED_PIECE, len(shape) + 1):
            for start in range(end - 1):
                pieces = self._by_shape.get(shape[start:end], set())
                if len(pieces) != 1 or not cuts[start]:
                    continue
                meaning = frozenset(next(iter(pieces)))
                long_enough = end - start >= shortest_sure
                cuts[end].update((before | meaning, sure or long_enough) for before, sure in cuts[start])
        # COURT alone is not COU + RT: one piece has to be a real word.
        meanings = {meaning for meaning, sure in cuts[-1] if sure}
        # WALLBLADDER is a slip, and not a wall and a bladder.
        if len(meanings) != 1 or self._meanings_within(1, shape):
            return None
        return tuple(sorted(meanings.pop()))


@cache
def shipped_words() -> Mapping[str, Meaning]:
    """Return the words that come with Sonosift."""
    text = resources.files(__package__).joinpath("burnt_in_words.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return MappingProxyType({row["word"]: tuple(row["means"].split()) or (row["word"],) for row in rows})


def vocabulary_with(texts: Iterable[str]) -> Vocabulary:
    """Return the shipped words, and the words of ``texts`` that they lack, which stand for themselves."""
    meanings = dict(shipped_words())
    for text in texts:
        for word in split_words(text):
            if not word.isdigit():
                meanings.setdefault(word, (word,))
    return Vocabulary(meanings)


def split_words(text: str) -> list[str]:
    """Split a text into words in capitals, without accents.

    >>> split_words("Vésicule (tr.) l'aorte 4,5cm")
    ['VESICULE', 'TR', 'L', 'AORTE', '4', '5CM']
    """
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return re.findall(r"[A-Z0-9]+", bare.upper())


def _shape(word: str) -> str:
    """Write letters that look alike in one way.

    >>> _shape("L1VER") == _shape("LIVER"), _shape("5PLEEN") == _shape("SPLEEN")
    (True, True)
    """
    return word.translate(_LOOKALIKES)


def _slips(typed: str, word: str) -> int | None:
    """Return how often a finger slipped, or None if that is more than a word of this length allows."""
    length = len(word)
    if length < _SHORTEST_WITH_ANY_SLIP:
        # In a word of four letters, only what makes no other word: two letters swapped, or one struck twice.
        return 1 if length == _SHORTEST_WITH_ANY_SLIP - 1 and _swapped_or_doubled(typed, word) else None
    allowed = 2 if length >= _SHORTEST_WITH_TWO_SLIPS else 1
    if abs(len(typed) - length) > allowed:
        return None
    slips = edit_distance(typed, word)
    return slips if slips <= allowed else None


def _swapped_or_doubled(typed: str, word: str) -> bool:
    swapped = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1))
    doubled = (word[:at] + word[at] + word[at:] for at in range(len(word)))
    return typed in {*swapped, *doubled}


def edit_distance(first: str, second: str) -> int:
    """Count the letters to insert, drop, replace, or swap with their neighbour.

    >>> edit_distance("KIDNEY", "KIDNYE"), edit_distance("LIVER", "LVR")
    (1, 2)
    """
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        previous, row = row, [i]
        for j, other in enumerate(second, start=1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = previous
    return row[-1]

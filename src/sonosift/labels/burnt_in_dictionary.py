"""From the words that stand on a picture to one label: what an operator typed, read before it is removed.

Only the label leaves. A text counts only if every word of it is understood, so that a patient called Leber or a preset
called ``Abd/Liver C5-1`` labels nothing; two labels on one picture are no label.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources
from itertools import groupby
from pathlib import Path

from sonosift.errors import SonosiftError, unknown_name
from sonosift.labels.burnt_in_table import Row, parse_rows, read_rows
from sonosift.labels.burnt_in_words import split_words, vocabulary_with

NAMED = ("abdomen", "views")

_NOTHING = ""


class BurntInDictionary:
    """Texts and their labels.

    >>> organs = BurntInDictionary.named("abdomen")
    >>> organs.label_of(["MI 1.1", "TIS 0.4", "Rein Droit", "4 cm"])
    'kidney'
    >>> organs.label_of(["LIVER", "SPLEEN"]) is None
    True
    """

    def __init__(self, rows: Sequence[Row], source: str) -> None:
        self._vocabulary = vocabulary_with(row.text for row in rows)
        self._labels: dict[frozenset[str], str] = {}
        lines: dict[frozenset[str], int] = {}
        for row in rows:
            words = self._vocabulary.understood(row.text)
            if not words:
                raise SonosiftError(f"{source}, line {row.line}: the text {row.text!r} holds nothing but numbers")
            if self._labels.setdefault(words, row.label) != row.label:
                raise SonosiftError(
                    f"{source}, line {row.line}: {row.text!r} has the label {row.label!r}, but line {lines[words]}, "
                    f"which means the same, has {self._labels[words]!r}",
                    "Keep one of the two lines.",
                )
            lines.setdefault(words, row.line)

    @classmethod
    def named(cls, name: str) -> BurntInDictionary:
        """Return a dictionary that comes with Sonosift: ``abdomen`` (organs) or ``views``."""
        if name not in NAMED:
            raise unknown_name("dictionary of burnt-in labels", name, NAMED)
        file = f"burnt_in_{name}.csv"
        text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
        return cls(parse_rows(text.splitlines(), file), file)

    @classmethod
    def read(cls, path: Path) -> BurntInDictionary:
        """Read a dictionary from a CSV file with the columns ``text`` and ``label``."""
        return cls(read_rows(path), str(path))

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that may be given, in the order of the alphabet."""
        return tuple(sorted({label for label in self._labels.values() if label != _NOTHING}))

    def label_of(self, words: Iterable[str]) -> str | None:
        """Return the one label that the texts of a picture name.

        Args:
            words: The texts in reading order. Neighbours that are both understood are taken together, so that
                ``RT`` and ``KIDNEY`` may stand in two boxes.

        Returns:
            None where no text names a label, or where two labels are named.
        """
        found: set[str] = set()
        for is_known, run in groupby(map(self._understood, words), key=lambda words: words is not None):
            if is_known:
                named = self._labels_in(frozenset().union(*(words for words in run if words)))
                found |= named if _NOTHING not in named else set()
        return found.pop() if len(found) == 1 else None

    def _understood(self, text: str) -> frozenset[str] | None:
        # A lone letter marks the side of the probe or the maker, and belongs to no word beside it.
        if all(len(word) == 1 for word in split_words(text)):
            return frozenset()
        return self._vocabulary.understood(text)

    def _labels_in(self, words: frozenset[str]) -> set[str]:
        """Return the labels of the rows that hold, leaving out each row that a longer one contains."""
        holding = [row for row in self._labels if row <= words]
        return {self._labels[row] for row in holding if not any(row < longer for longer in holding)}

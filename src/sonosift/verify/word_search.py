"""Find terms in text as whole words, in one pass however many terms there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from sonosift.verify.words import words_of

Words = tuple[str, ...]


class WordSearch:
    """Looks for sequences of whole words, whatever stands between them.

    A whole word is asked for because a short number or name occurs by chance inside pseudonyms.

    Args:
        terms: What to look for; the answers name a term by its place.

    >>> WordSearch([("doe", "jane"), ("1947",)]).find("Jane Doe? No: DOE^JANE, a1947b")
    Counter({0: 1})
    """

    def __init__(self, terms: Iterable[Words]) -> None:
        self._by_first: dict[str, list[tuple[Words, int]]] = defaultdict(list)
        for place, term in enumerate(terms):
            if term:
                self._by_first[term[0]].append((term, place))

    def find(self, text: str) -> Counter[int]:
        """Return how often each term occurs."""
        return self.find_words(words_of(text))

    def find_words(self, words: Words) -> Counter[int]:
        """Return how often each term occurs in a text that is already cut into words."""
        found: Counter[int] = Counter()
        firsts = self._by_first
        for start, word in enumerate(words):
            if word in firsts:
                for term, place in firsts[word]:
                    if words[start : start + len(term)] == term:
                        found[place] += 1
        return found

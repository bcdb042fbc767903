from __future__ import annotations

import random

import pytest

from sonosift.verify.word_search import WordSearch
from sonosift.verify.words import words_of


@pytest.mark.parametrize("text", ["DOE^JANE", "Doe, Jane", "x_doe_jane.png", "ＤＯＥ　Ｊａｎｅ", "doe\njane"])
def test_whatever_stands_between_the_words(text: str) -> None:
    assert WordSearch([("doe", "jane")]).find(text) == {0: 1}


@pytest.mark.parametrize("text", ["JANE^DOE", "doejane", "doe x jane", "doe", "a1947b", "01947"])
def test_other_words_do_not_count(text: str) -> None:
    assert WordSearch([("doe", "jane"), ("1947",), ()]).find(text) == {}


def test_agrees_with_a_plain_loop() -> None:
    draw = random.Random(3)
    text = " ".join(draw.choices("abcd", k=400))
    terms = [tuple(draw.choices("abcd", k=draw.randint(1, 4))) for _ in range(40)]
    words = words_of(text)
    expected = {
        place: count
        for place, term in enumerate(terms)
        if (count := sum(words[at : at + len(term)] == term for at in range(len(words))))
    }
    assert WordSearch(terms).find(text) == expected

"""The operator's typing: every view has words, and what is drawn stays readable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonosift.phantom.scanning.views import VIEW_NAMES
from sonosift.phantom.screen.annotation_text import LANGUAGES, TypingHabit, annotation_for, draw_habit, with_typo
from sonosift.phantom.screen.screen_fonts import Font, letters


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_view_has_words_in_every_language(language):
    assert set(LANGUAGES[language]) == set(VIEW_NAMES)
    phrases = [phrase for options in LANGUAGES[language].values() for phrase in options]
    assert all(phrase == phrase.strip().upper() and phrase.isascii() for phrase in phrases)


@given(st.sampled_from(VIEW_NAMES), st.sampled_from(sorted(LANGUAGES)), st.integers(0, 10**6))
def test_a_careful_operator_types_one_of_the_phrases(view, language, seed):
    habit = TypingHabit(language=language, silence=0.0, typos=0.0, case="lower")
    text = annotation_for(view, habit, np.random.default_rng(seed))
    assert text is not None
    assert text.upper() in LANGUAGES[language][view]


def test_silence_is_as_often_as_the_habit_says():
    habit, rng = TypingHabit(silence=0.3), np.random.default_rng(1)
    silent = sum(annotation_for("pancreas", habit, rng) is None for _ in range(4000))
    assert abs(silent / 4000 - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 4000)
    assert annotation_for("a view nobody knows", TypingHabit(silence=0.0), rng) is None


@given(st.sampled_from([p for options in LANGUAGES["english"].values() for p in options]), st.integers(0, 10**6))
def test_a_typo_is_one_edit(phrase, seed):
    typed = with_typo(phrase, np.random.default_rng(seed))
    assert abs(len(typed) - len(phrase)) <= 1
    if len(typed) == len(phrase):
        differences = [i for i in range(len(phrase)) if typed[i] != phrase[i]]
        assert len(differences) <= 2
        if len(differences) == 2:  # swapped neighbours
            first, second = differences
            assert second == first + 1
            assert (typed[first], typed[second]) == (phrase[second], phrase[first])


def test_short_words_stay_as_they_are():
    rng = np.random.default_rng(2)
    assert all(with_typo("GB", rng) == "GB" for _ in range(50))


@given(st.integers(0, 10**6))
def test_whatever_is_typed_can_be_drawn(seed):
    rng = np.random.default_rng(seed)
    text = annotation_for("spleen", draw_habit(rng), rng)
    if text is not None:
        assert letters(text, Font("smooth", 18)).any()

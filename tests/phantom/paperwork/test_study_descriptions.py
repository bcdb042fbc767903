"""Study descriptions: the published list is complete, and the noise is as large as promised."""

from collections import Counter

import numpy as np
import pytest

from sonosift.labels.study_descriptions import study_description_table
from sonosift.phantom.paperwork.study_descriptions import draw_description, published_descriptions

KINDS = ("abdomen", "liver", "renal", "bladder", "urinary tract", "drainage", "thyroid", "chest", "soft tissue")


def test_the_published_list_is_the_one_that_labels_know():
    assert set(published_descriptions()) == set(study_description_table())
    assert len(published_descriptions()) == 44


@pytest.mark.parametrize("kind", KINDS)
def test_a_tenth_to_a_fifth_is_wrong_or_missing(kind):
    rng = np.random.default_rng(1)
    states = Counter(draw_description(kind, rng)[1] for _ in range(3000))
    bad = (states["wrong"] + states["missing"]) / 3000
    assert 0.10 < bad < 0.20
    assert states["missing"] > 0


def test_texts_fit_the_header():
    rng = np.random.default_rng(2)
    texts = [draw_description(KINDS[index % len(KINDS)], rng)[0] for index in range(2000)]
    assert all(text is None or len(text) <= 64 for text in texts)
    assert any(text is not None and text != text.strip() for text in texts)

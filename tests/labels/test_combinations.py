from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonosift.errors import SonosiftError
from sonosift.labels.abdomen import ABDOMEN
from sonosift.labels.combinations import Combinations

label_rows = st.lists(st.tuples(*[st.integers(0, 1)] * 3), min_size=1, max_size=60)


@given(rows=label_rows, min_count=st.integers(1, 5))
def test_against_a_counter(rows: list[tuple[int, ...]], min_count: int) -> None:
    counted = Counter(rows)
    expected = {row: count for row, count in counted.items() if count >= min_count}
    if not expected:
        with pytest.raises(SonosiftError, match="no label combination"):
            Combinations.of(rows, min_count=min_count)
        return
    kept = Combinations.of(rows, min_count=min_count)
    assert dict(zip(map(tuple, kept.rows.tolist()), kept.counts.tolist(), strict=True)) == expected
    assert kept.counts.tolist() == sorted(kept.counts, reverse=True)
    for row, index in zip(rows, kept.index_of(rows), strict=True):
        assert index == -1 if row not in expected else tuple(kept.rows[index]) == row


@given(rows=label_rows, order=st.randoms(use_true_random=False))
def test_the_order_of_the_labels_does_not_matter(rows: list[tuple[int, ...]], order) -> None:
    shuffled = list(rows)
    order.shuffle(shuffled)
    one, other = Combinations.of(rows, min_count=1), Combinations.of(shuffled, min_count=1)
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.counts, other.counts)


@given(rows=label_rows)
def test_k_keeps_the_most_frequent(rows: list[tuple[int, ...]]) -> None:
    every = Combinations.of(rows, min_count=1)
    for k in range(1, len(every) + 1):
        kept = Combinations.of(rows, k=k)
        np.testing.assert_array_equal(kept.rows, every.rows[:k])
    for k in (0, len(every) + 1):
        with pytest.raises(SonosiftError, match="distinct combinations"):
            Combinations.of(rows, k=k)


def test_titles_and_shapes() -> None:
    labels = [ABDOMEN.encode(names) for names in [{"other"}, {"kidney", "liver"}, {"other"}]]
    kept = Combinations.of(labels, min_count=1)
    assert kept.titles(ABDOMEN) == ("other", "liver+kidney")
    assert kept.index_of(np.zeros((0, 7))).shape == (0,)
    assert kept.index_of(labels).dtype == np.int64
    with pytest.raises(SonosiftError, match=r"shape \[n, 7\]"):
        kept.index_of([[1, 0]])
    with pytest.raises(SonosiftError, match="at least one row"):
        Combinations.of(np.zeros((0, 7)))

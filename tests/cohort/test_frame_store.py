from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.frame_store import shard_path
from sonosift.cohort.writer import CohortWriter
from sonosift.errors import SonosiftError
from tests.cohort.conftest import frame_images, frame_rows


@pytest.fixture(scope="module")
def thirty(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    cohort = Cohort.create(tmp_path_factory.mktemp("store") / "cohort", size=16, shard_rows=7)
    with CohortWriter(cohort) as writer:
        writer.append(frame_images(30, 16), frame_rows(30))
    return cohort


@settings(max_examples=50)
@given(numbers=st.lists(st.integers(0, 29), max_size=40))
def test_read_keeps_order_and_duplicates(thirty: Cohort, numbers: list[int]) -> None:
    frames = thirty.frames.read([f"{number:032x}" for number in numbers])
    np.testing.assert_array_equal(frames, frame_images(30, 16)[numbers])


def test_all_and_by_place(make_cohort: Callable[..., Cohort]) -> None:
    store = make_cohort(10).frames
    assert len(store) == 10
    assert store.frame_shape == (16, 16)
    np.testing.assert_array_equal(store.all(), frame_images(10, 16))
    np.testing.assert_array_equal(store.read(store.frame_ids[::-1]), store.all()[::-1])
    np.testing.assert_array_equal(store.read_places([3, 0]), store.all()[[3, 0]])


@pytest.mark.parametrize("frame_id", ["0" * 31 + "g", "", "ü", "0" * 33])
def test_unknown_id_is_named(make_cohort: Callable[..., Cohort], frame_id: str) -> None:
    store = make_cohort(10).frames
    with pytest.raises(SonosiftError, match="frame id"):
        store.read([store.frame_ids[0], frame_id])


def test_a_single_id_is_not_a_list(make_cohort: Callable[..., Cohort]) -> None:
    with pytest.raises(SonosiftError, match="must be a list"):
        make_cohort(3).frames.read("0" * 32)


def test_missing_or_foreign_shard(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(10)
    path = shard_path(cohort.path, 1)
    np.save(path, np.zeros((3, 8, 8), dtype=np.uint8))
    with pytest.raises(SonosiftError, match="does not belong"):
        cohort.frames.all()
    path.unlink()
    with pytest.raises(SonosiftError, match="missing or damaged"):
        cohort.frames.all()


def test_empty_cohort(make_cohort: Callable[..., Cohort]) -> None:
    store = make_cohort(0).frames
    assert store.all().shape == (0, 16, 16)
    with pytest.raises(SonosiftError, match="not in this cohort"):
        store.read(["0" * 32])

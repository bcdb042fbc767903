import numpy as np
import polars as pl
import pytest
import torch

from sonosift.cohort.cohort import Cohort
from sonosift.labels.study_descriptions import STUDY_GROUPS
from sonosift.training.told_about_frames import TAGS, controlled, dicom_tags, told_about
from tests.commands.bars_cohort import make_bars_cohort


def tags(rows=200, kinds=5):
    draw = np.random.default_rng(0)
    return np.eye(10, dtype=np.float32)[draw.integers(0, kinds, rows)]


def test_tags_are_two_bits_for_the_probe_and_eight_for_the_study_and_unknown_ones_are_zero():
    rows = pl.DataFrame({
        "transducer": ["linear", "curvilinear", "endocavity", None],
        "study_groups": [["liver", "abdomen"], ["something new"], [], ["nodule"]],
    })  # fmt: skip
    assert ("linear", "curvilinear", *STUDY_GROUPS) == TAGS
    assert len(TAGS) == 10
    named = [{TAGS[place] for place in np.flatnonzero(row)} for row in dicom_tags(rows)]
    assert named == [{"linear", "liver", "abdomen"}, {"curvilinear"}, set(), {"nodule"}]


def test_shuffling_permutes_rows_and_depends_on_the_seed():
    before = tags()
    after = controlled(before, "shuffled", 0.0, seed=3)
    assert sorted(map(tuple, after)) == sorted(map(tuple, before))
    assert (after != before).any(axis=1).mean() > 0.5
    assert np.array_equal(after, controlled(before, "shuffled", 0.0, seed=3))
    assert not np.array_equal(after, controlled(before, "shuffled", 0.0, seed=4))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.3, 1.0])
def test_exactly_the_asked_share_is_wrong(share):
    before = tags()
    after = controlled(before, "none", share, seed=1)
    assert (after != before).any(axis=1).sum() == round(share * len(before))
    assert {tuple(row) for row in after} <= {tuple(row) for row in before}
    assert np.array_equal(before, tags())


def test_where_all_tags_are_alike_none_can_be_wrong():
    alike = np.ones((7, 10), dtype=np.float32)
    assert np.array_equal(controlled(alike, "none", 0.5, seed=0), alike)


@pytest.mark.parametrize(("rate", "clips"), [(1.0, 200), (0.07, 14), (0.01, 2), (0.001, 1), (0.0, 0)])
def test_a_share_of_the_labelled_clips_rounds_up(tmp_path, rate, clips):
    made, _ = make_bars_cohort(tmp_path / "c", patients=25)
    told = told_about("classes", Cohort.open(made.path), made.catalog(), {"label_rate": rate}, seed=0)
    if not clips:
        assert told.targets is None
        return
    assert int((told.targets >= 0).sum()) == clips
    assert told.facts == {"classes": 4}
    assert told.targets.dtype == torch.int64

import itertools

import numpy as np
import pytest

from sonosift.clusters.merged_groups import merged_groups
from sonosift.cohort.cohort import Cohort
from sonosift.errors import SonosiftError
from sonosift.labels.abdomen import ABDOMEN


@pytest.fixture
def home(tmp_path):
    return Cohort.create(tmp_path / "home", size=16, label_space=ABDOMEN)


def merged(home, name, source, mapping):
    return home.runs.create(name, {"from_run": source, "clusters": 2, "merged": sorted(mapping.items())})


def test_any_number_of_merges_is_one_look_up_after_another(home):
    draw = np.random.default_rng(0)
    formed = home.runs.create("formed", {"clusters": 12, "from_run": "simclr"})
    assert merged_groups(home, formed) == (formed, {})
    steps, counts, run = [], (12, 7, 5, 3), formed
    for step, (many, few) in enumerate(itertools.pairwise(counts)):
        # Every new group gets a member.
        numbers = draw.permutation(np.concatenate([np.arange(few), draw.integers(0, few, many - few)])).tolist()
        steps.append(dict(enumerate(numbers)))
        run = merged(home, f"merge-{step}", run.name, steps[-1])
        found, became = merged_groups(home, run)
        expected = {}
        for group in range(12):
            number = group
            for one in steps:
                number = one[number]
            expected[group] = number
        assert (found.name, became) == ("formed", expected)


def test_a_group_without_frames_at_home_joins_no_other(home):
    home.runs.create("formed", {"clusters": 5, "from_run": "simclr"})
    merged(home, "first", "formed", {0: 1, 2: 0, 3: 1})
    again = merged(home, "second", "first", {0: 0, 1: 0})
    _, became = merged_groups(home, again)
    assert became == {0: 0, 2: 0, 3: 0, 1: 1, 4: 2}


def test_a_merge_whose_origin_is_gone(home):
    run = merged(home, "orphan", "nowhere", {0: 0, 1: 0})
    with pytest.raises(SonosiftError, match="unknown run 'nowhere'"):
        merged_groups(home, run)

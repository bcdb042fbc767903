import numpy as np
import pytest

from sonosift.clusters.collapse import look_for_collapse


@pytest.mark.parametrize(("after", "collapsed"), [(120, False), (110, False), (35, True), (15, True)])
def test_the_papers_collapses_are_seen(after, collapsed):
    before = np.repeat(np.arange(120), 10)
    found = look_for_collapse(before, before % after)
    assert (found.before, found.after) == (120, after)
    assert found.collapsed is collapsed


def test_uneven_sizes_count_too_and_fewer_groups_do_not_where_they_were_few():
    before = np.repeat(np.arange(10), 100)
    uneven = np.where(np.arange(1000) % 10 == 0, before, 0)
    assert look_for_collapse(before, uneven).collapsed
    assert not look_for_collapse(before, before[::-1]).collapsed
    assert not look_for_collapse(uneven, before).collapsed

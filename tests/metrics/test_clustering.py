from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from sonosift.metrics.clustering import (
    adjusted_rand_index,
    effective_clusters,
    filled_clusters,
    hungarian_accuracy,
    normalized_mutual_information,
    purity,
)

MEASURES = (purity, normalized_mutual_information, adjusted_rand_index, hungarian_accuracy)


def test_purity_of_the_published_clusters():
    # FUSC, table 4: sizes and shares of the most common class; table 1 gives their purity as 71 %.
    sizes = [914, 2416, 402, 1955, 988, 498, 1690, 2427, 105, 407, 622, 1330, 410, 1503, 1950]
    shares = [100, 99, 97, 97, 95, 89, 79, 68, 53, 52, 47, 44, 39, 39, 35]
    clusters, classes = [], []
    for cluster, (size, share) in enumerate(zip(sizes, shares, strict=True)):
        top = round(size * share / 100)
        rest = size - top
        # The rest spread over classes of their own, so that none of them outnumbers the top.
        classes += [cluster] * top + [100 + i % 40 for i in range(rest)]
        clusters += [cluster] * size
    assert len(clusters) == 17_617
    assert purity(np.array(clusters), np.array(classes)) == pytest.approx(0.711, abs=5e-4)


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_sklearn_and_brute_force(seed):
    draw = np.random.default_rng(seed)
    groups, classes = draw.integers(0, 4, 60), draw.integers(0, 4, 60)
    classes[:30] = groups[:30]
    assert normalized_mutual_information(groups, classes) == pytest.approx(
        normalized_mutual_info_score(classes, groups)
    )
    assert adjusted_rand_index(groups, classes) == pytest.approx(adjusted_rand_score(classes, groups))
    best = max((np.array(names)[groups] == classes).mean() for names in permutations(range(4)))
    assert hungarian_accuracy(groups, classes) == pytest.approx(best)
    by_loop = sum(np.bincount(classes[groups == g]).max() for g in range(4) if (groups == g).any()) / 60
    assert purity(groups, classes) == pytest.approx(by_loop)


@pytest.mark.parametrize("measure", MEASURES)
def test_names_and_order_do_not_matter(measure):
    draw = np.random.default_rng(9)
    groups, classes = draw.integers(0, 6, 80), draw.integers(0, 3, 80)
    order = draw.permutation(80)
    renamed = np.array([50, -3, 7, 8, 1000, 2])[groups]
    assert measure(renamed[order], classes[order]) == pytest.approx(measure(groups, classes))
    assert measure(classes, classes) == pytest.approx(1.0)


@pytest.mark.parametrize("measure", MEASURES)
def test_one_cluster_and_one_image(measure):
    assert measure(np.array([3]), np.array([1])) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="must both be"):
        measure(np.array([], int), np.array([], int))


def test_occupancy():
    groups = np.array([0, 0, 7, 7])
    assert filled_clusters(groups) == 2
    assert effective_clusters(groups) == pytest.approx(2.0)
    assert effective_clusters(np.zeros(5, int)) == pytest.approx(1.0)
    assert 1.0 < effective_clusters(np.array([0, 0, 0, 1])) < 2.0

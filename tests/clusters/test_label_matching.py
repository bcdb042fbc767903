import numpy as np
import pytest

from sonosift.clusters.label_matching import match_clusters


def test_equals_the_algorithm_written_as_loops():
    draw = np.random.default_rng(0)
    probabilities = draw.dirichlet(np.ones(6), 40)
    labels = (draw.random((40, 7)) < 0.3).astype(np.uint8)
    matched = match_clusters(probabilities.argmax(axis=1), labels, 6)
    for k in range(6):
        members = [labels[i] for i in range(40) if max(range(6), key=lambda j, i=i: probabilities[i, j]) == k]
        expected = np.mean(members, axis=0) if members else np.zeros(7)
        np.testing.assert_allclose(matched.label_shares[k], expected)
        assert matched.sizes[k] == len(members)
    unseen = draw.dirichlet(np.ones(6), 5)
    np.testing.assert_allclose(matched.score(unseen.argmax(axis=1)), matched.label_shares[unseen.argmax(axis=1)])
    mixed = [sum(row[k] * matched.label_shares[k] for k in range(6)) for row in unseen]
    np.testing.assert_allclose(matched.score_mixed(unseen), mixed)


def test_cluster_without_labelled_images_scores_zero():
    matched = match_clusters(np.array([0, 0, 2]), np.array([[1, 0], [0, 1], [1, 1]]), 4)
    np.testing.assert_array_equal(matched.label_shares, [[0.5, 0.5], [0, 0], [1, 1], [0, 0]])
    np.testing.assert_array_equal(matched.score(np.array([1, 3])), np.zeros((2, 2)))


def test_certain_probabilities_mix_to_the_hard_scores_and_order_does_not_matter():
    groups, labels = np.array([0, 1, 1, 2]), np.array([[1, 0], [0, 1], [1, 1], [0, 0]])
    matched = match_clusters(groups, labels, 3)
    np.testing.assert_array_equal(matched.score_mixed(np.eye(3)[groups]), matched.score(groups))
    turned = match_clusters(groups[::-1], labels[::-1], 3)
    np.testing.assert_array_equal(turned.label_shares, matched.label_shares)


def test_no_labelled_image_at_all():
    matched = match_clusters(np.array([], dtype=int), np.zeros((0, 3)), 2)
    np.testing.assert_array_equal(matched.label_shares, np.zeros((2, 3)))


def test_bad_input():
    with pytest.raises(ValueError, match=r"0\.\.2"):
        match_clusters(np.array([3]), np.ones((1, 2)), 3)
    with pytest.raises(ValueError, match="whole numbers"):
        match_clusters(np.array([0.5]), np.ones((1, 2)), 3)
    with pytest.raises(ValueError, match="labels must be"):
        match_clusters(np.array([0, 1]), np.ones((1, 2)), 3)
    with pytest.raises(ValueError, match="probabilities must be"):
        match_clusters(np.array([0]), np.ones((1, 2)), 3).score_mixed(np.ones((2, 4)))

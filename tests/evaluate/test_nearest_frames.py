import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from sonosift.evaluate.nearest_frames import nearest_scores


def test_it_is_the_nearest_neighbour_classifier_of_another_library():
    draw = np.random.default_rng(0)
    known, asked = draw.standard_normal((80, 6)), draw.standard_normal((30, 6))
    classes = draw.integers(0, 3, 80)
    (found,) = nearest_scores(known, np.eye(3, dtype=np.uint8)[classes], asked, neighbours=7)
    theirs = KNeighborsClassifier(7, metric="cosine", algorithm="brute").fit(known, classes)
    assert found == pytest.approx(theirs.predict_proba(asked))


def test_several_labels_at_once_and_several_parts():
    known = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    truth = np.array([[1, 1], [1, 0], [0, 0]], dtype=np.uint8)
    first, second = nearest_scores(known, truth, np.array([[5.0, 0.1]]), np.array([[0.0, 2.0]]), neighbours=2)
    assert first.tolist() == [[1.0, 0.5]]
    assert second.tolist() == [[0.5, 0.0]]


def test_lengths_do_not_matter_and_fewer_frames_than_neighbours_do():
    draw = np.random.default_rng(1)
    known, asked, truth = draw.standard_normal((9, 4)), draw.standard_normal((5, 4)), np.eye(9, dtype=np.uint8)
    lengths = draw.uniform(0.1, 10, (9, 1))
    assert np.array_equal(
        nearest_scores(known, truth, asked, neighbours=3)[0],
        nearest_scores(known * lengths, truth, 7 * asked, neighbours=3)[0],
    )
    assert nearest_scores(known, truth, asked, neighbours=50)[0] == pytest.approx(1 / 9)


def test_a_collapsed_network_answers_the_same_for_every_frame():
    (found,) = nearest_scores(np.ones((40, 3)), np.eye(40, dtype=np.uint8), np.ones((6, 3)))
    assert np.isfinite(found).all()
    assert (found == found[0]).all()


def test_features_and_truth_must_fit():
    with pytest.raises(ValueError, match="3 training features but 2"):
        nearest_scores(np.eye(3), np.eye(2, dtype=np.uint8), np.eye(3))

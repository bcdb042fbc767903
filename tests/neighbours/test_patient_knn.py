import numpy as np
import pytest

from sonosift.neighbours.patient_knn import knn_average_precision


def blobs(noise):
    draw = np.random.default_rng(0)
    kinds = np.arange(120) % 3
    patients = [f"p{n % 10}" for n in range(120)]
    return np.eye(3)[kinds] + noise * draw.standard_normal((120, 3)), np.eye(3, dtype=np.int64)[kinds], patients


def test_perfect_and_meaningless_embeddings():
    features, labels, patients = blobs(0.01)
    assert knn_average_precision(features, labels, patients) == pytest.approx(1.0)
    noise = np.random.default_rng(1).standard_normal((120, 8))
    assert 0.2 < knn_average_precision(noise, labels, patients) < 0.5


def test_a_patient_s_own_images_do_not_count():
    """Every image looks like its patient's others, which carry its label; the nearest of other patients do not."""
    patients = [f"p{n // 10}" for n in range(40)]
    labels = np.array([[n // 10 % 2] for n in range(40)])
    features = np.array([[np.cos(a), np.sin(a)] for a in np.repeat([0.0, 0.1, 3.0, 3.1], 10)])
    assert knn_average_precision(features, labels, patients, neighbours=10) < 0.6


def test_one_patient_is_refused():
    with pytest.raises(ValueError, match="two patients"):
        knn_average_precision(np.eye(3), np.ones((3, 1), dtype=int), ["a"] * 3)

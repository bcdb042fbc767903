import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.preprocessing import StandardScaler

from sonosift.evaluate.linear_probe import probe_scores
from sonosift.evaluate.pixels import shrink
from sonosift.evaluate.protocol import LabelledFrames
from sonosift.evaluate.resampling import Resampling
from sonosift.evaluate.simple_baselines import (
    Features,
    Parts,
    constant_baselines,
    judge_groups,
    k_means_baseline,
    nearest_centre,
    probe_baseline,
)

NAMES = ["liver", "kidney", "other"]
RESAMPLING = Resampling(draws=50, seed=1)


def _part(seed: int, frames: int = 120) -> tuple[LabelledFrames, np.ndarray]:
    rng = np.random.default_rng(seed)
    kinds = rng.choice(3, size=frames, p=[0.5, 0.3, 0.2])
    truth = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]], dtype=np.uint8)[kinds]
    features = np.array([[0, 0], [4, 0], [0, 4]])[kinds] + rng.normal(0, 0.4, size=(frames, 2))
    patients = [f"p{seed}-{n}" for n in rng.integers(0, 12, frames)]
    machines = [f"m{n}" for n in rng.integers(0, 2, frames)]
    ids = [f"{seed}-{n}" for n in range(frames)]
    return LabelledFrames(ids, truth, patients, machines, machines, patients), features.astype(np.float32)


@pytest.fixture
def world():
    (training, a), (validation, b), (test, c) = _part(1), _part(2), _part(3)
    return Parts(training, validation, test), Features(a, a, b, c)


def test_constant_answers_against_scikit_learn(world):
    parts, _ = world
    everything, majority = constant_baselines(parts, NAMES, RESAMPLING)
    truth = parts.test.truth
    assert everything.score.weighted_f1.value == pytest.approx(f1_score(truth, np.ones_like(truth), average="weighted"))
    said = np.tile(np.array([1, 0, 0]), (len(truth), 1))  # half of the training frames show the liver alone
    assert majority.score.weighted_f1.value == pytest.approx(
        f1_score(truth, said, average="weighted", zero_division=0), abs=1e-6
    )


def test_probe_is_scikit_learns_pipeline(world):
    parts, features = world
    (ours,) = probe_scores(features.training, parts.training.truth, features.test, strength=0.5)
    scaler = StandardScaler().fit(features.training)
    for column in range(3):
        model = LogisticRegression(C=0.5, max_iter=500).fit(
            scaler.transform(features.training), parts.training.truth[:, column]
        )
        expected = model.predict_proba(scaler.transform(features.test))[:, 1]
        assert ours[:, column] == pytest.approx(expected, abs=1e-4)


def test_probe_of_a_constant_class_and_a_constant_feature():
    features = np.array([[0.0, 7.0], [1.0, 7.0], [2.0, 7.0]])
    truth = np.array([[0, 1, 0], [0, 1, 1], [0, 1, 1]], dtype=np.uint8)
    (scores,) = probe_scores(features, truth, features)
    assert (scores[:, 0] == 0).all()
    assert (scores[:, 1] == 1).all()
    assert np.isfinite(scores).all()


def test_probe_does_not_depend_on_scale_or_offset(world):
    parts, features = world
    (plain,) = probe_scores(features.training, parts.training.truth, features.test)
    (moved,) = probe_scores(features.training * 100 - 5, parts.training.truth, features.test * 100 - 5)
    assert moved == pytest.approx(plain, abs=1e-4)


def test_separable_features_are_solved_by_probe_and_groups(world):
    parts, features = world
    probe = probe_baseline("probe", "", features, parts, NAMES, RESAMPLING)
    groups, quality = k_means_baseline("k-means", "", features, parts, NAMES, 3, RESAMPLING, normalise=False)
    assert probe.score.weighted_f1.value > 0.99
    assert groups.score.weighted_f1.value > 0.99
    assert (quality.purity.value, quality.nmi.value) == pytest.approx((1.0, 1.0), abs=0.02)
    shares = np.unique(parts.test.truth, axis=0, return_counts=True)[1] / len(parts.test)
    assert quality.majority_share == pytest.approx(shares.max(), abs=1e-6)


def test_naming_groups_by_brute_force(world):
    parts, features = world
    centres = np.array([[0, 0], [4, 0], [0, 4], [99, 99]], dtype=np.float32)
    validation, test = nearest_centre(features.validation, centres), nearest_centre(features.test, centres)
    judged = judge_groups("groups", "run", "", NAMES, parts, validation, test, 4, RESAMPLING)
    for row, group in enumerate(test):
        shares = parts.validation.truth[validation == group].mean(axis=0)
        expected = [share >= score.threshold for share, score in zip(shares, judged.score.classes, strict=True)]
        assert judged.answers[row].astype(bool).tolist() == expected


def test_shrink_averages_blocks():
    frames = np.random.default_rng(0).integers(0, 256, size=(2, 128, 128), dtype=np.uint8)
    blocks = frames.reshape(2, 32, 4, 32, 4).mean(axis=(2, 4)) / 255
    assert shrink(frames).reshape(2, 32, 32) == pytest.approx(blocks, abs=1e-5)

import numpy as np
import pytest

from sonosift.evaluate.frame_level_leak import frame_level_leak

SIZES = (240, 120, 120)


def _parts(rows):
    return tuple(np.split(rows, np.cumsum(SIZES)[:-1]))


def _cohort(per_patient, says_something, seed=0):
    """Patients with features of their own and one label each, which the features may or may not have to do with."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(sum(SIZES) // per_patient), per_patient)
    labels = rng.integers(0, 2, patient.max() + 1)
    own = rng.normal(0, 1, (patient.max() + 1, 60))
    features = own[patient] + rng.normal(0, 0.05, (len(patient), 60))
    if says_something:
        features[:, :40] += labels[patient][:, None] * 8
    truth = np.stack([labels[patient], 1 - labels[patient]], axis=1).astype(np.uint8)
    return _parts(features.astype(np.float32)), _parts(truth)


def test_features_that_only_know_the_patient_look_good_by_frame_alone():
    leak = frame_level_leak("made-up features", *_cohort(per_patient=8, says_something=False), seed=0)
    assert leak.by_frame > 0.9
    assert leak.by_patient < 0.75
    assert leak.about == "linear probe on made-up features"


def test_without_repeated_patients_or_with_true_features_nothing_leaks():
    alone = frame_level_leak("x", *_cohort(per_patient=1, says_something=False, seed=1), seed=0)
    assert alone.by_frame == pytest.approx(alone.by_patient, abs=0.12)
    told = frame_level_leak("x", *_cohort(per_patient=8, says_something=True), seed=0)
    assert told.by_patient == pytest.approx(1.0, abs=0.02)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from sonosift.errors import SonosiftError
from sonosift.evaluate.linear_probe import probe_scores
from sonosift.evaluate.patient_folds import out_of_fold_scores, patient_folds


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), people=st.integers(5, 40), folds=st.integers(2, 5))
def test_a_patient_is_in_one_fold_and_every_frame_in_some(seed, people, folds):
    draw = np.random.default_rng(seed)
    patients = [f"p{n}" for n in draw.integers(0, people, 120)] + [f"p{n}" for n in range(people)]
    truth = np.eye(3, dtype=np.uint8)[draw.integers(0, 3, len(patients))]
    fold_of = patient_folds(truth, patients, folds, seed)
    assert set(fold_of) <= set(range(folds))
    for patient in set(patients):
        assert len({fold for fold, one in zip(fold_of, patients, strict=True) if one == patient}) == 1


def test_classes_are_spread_over_the_folds():
    patients = [f"p{n // 4}" for n in range(200)]
    truth = np.eye(2, dtype=np.uint8)[((np.arange(200) // 4) % 5 == 0).astype(int)]
    fold_of = patient_folds(truth, patients, 5)
    shares = [truth[fold_of == fold, 1].mean() for fold in range(5)]
    assert shares == pytest.approx([0.2] * 5)


def test_scores_come_from_the_other_folds():
    draw = np.random.default_rng(0)
    truth = np.eye(2, dtype=np.uint8)[draw.integers(0, 2, 60)]
    features = draw.standard_normal((60, 4)) + truth[:, :1]
    fold_of = np.arange(60) % 3
    found = out_of_fold_scores(features, truth, fold_of, probe_scores)
    here = fold_of == 1
    known = features[~here]
    scaled = (known - known.mean(axis=0)) / known.std(axis=0)
    asked = (features[here] - known.mean(axis=0)) / known.std(axis=0)
    theirs = LogisticRegression(C=0.01).fit(scaled, truth[~here, 0]).predict_proba(asked)[:, 1]
    assert found[here, 0] == pytest.approx(theirs, abs=1e-4)


def test_more_folds_than_patients_are_refused():
    with pytest.raises(SonosiftError, match="2 patients make no 5 folds"):
        patient_folds(np.eye(2, dtype=np.uint8), ["a", "b"])

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from sonosift.evaluate import ranking_scores
from sonosift.evaluate.patient_bootstrap import patient_weights
from sonosift.evaluate.ranking_scores import rank_classes, ranking, resampled_ranking
from sonosift.evaluate.resampling import Resampling


def _case(seed, frames=120, ties=True):
    rng = np.random.default_rng(seed)
    truth = (rng.random(frames) < 0.3).astype(np.uint8)
    scores = truth * 0.5 + rng.normal(0, 0.6, frames)
    return truth, np.round(scores, 1) if ties else scores, [f"p{n}" for n in rng.integers(0, 12, frames)]


@pytest.mark.parametrize("ties", [True, False])
def test_every_draw_is_that_of_scikit_learn(ties):
    truth, scores, patients = _case(0, ties=ties)
    everyone, drawn = resampled_ranking(truth, scores, patients, Resampling(25, 3))
    assert everyone.auroc[0] == pytest.approx(roc_auc_score(truth, scores))
    assert everyone.average_precision[0] == pytest.approx(average_precision_score(truth, scores))
    index = np.unique(patients, return_inverse=True)[1]
    for number, weights in enumerate(patient_weights(12, 25, 3)[:, index]):
        assert drawn.auroc[number] == pytest.approx(roc_auc_score(truth, scores, sample_weight=weights))
        expected = average_precision_score(truth, scores, sample_weight=weights)
        assert drawn.average_precision[number] == pytest.approx(expected)


def test_blocks_of_draws_change_nothing(monkeypatch):
    truth, scores, patients = _case(1)
    whole = resampled_ranking(truth, scores, patients, Resampling(10, 0))[1]
    monkeypatch.setattr(ranking_scores, "_NUMBERS_AT_ONCE", 3 * len(truth))
    parts = resampled_ranking(truth, scores, patients, Resampling(10, 0))[1]
    assert np.array_equal(whole.auroc, parts.auroc)
    assert np.array_equal(whole.average_precision, parts.average_precision)


def test_only_the_order_of_scores_counts():
    truth, scores, _ = _case(2)
    weights = np.ones((1, len(truth)))
    assert ranking(truth, scores, weights).auroc == pytest.approx(ranking(truth, np.exp(scores), weights).auroc)
    assert ranking(truth, -scores, weights).auroc == pytest.approx(1 - ranking(truth, scores, weights).auroc)


def test_without_both_kinds_a_figure_is_undefined():
    nothing = ranking(np.zeros(4), np.arange(4.0), np.ones((1, 4)))
    assert np.isnan(nothing.auroc[0])
    assert np.isnan(nothing.average_precision[0])
    all_there = ranking(np.ones(4), np.arange(4.0), np.ones((1, 4)))
    assert np.isnan(all_there.auroc[0])
    assert all_there.average_precision[0] == 1
    with pytest.raises(ValueError, match="do not fit"):
        ranking(np.ones(4), np.ones(3), np.ones((1, 4)))


def test_the_mean_over_classes_is_weighted_by_support():
    columns = [_case(seed) for seed in (5, 6, 7)]
    truth, scores = (np.stack([column[place] for column in columns], axis=1) for place in (0, 1))
    truth[:, 2] = 0
    found = rank_classes(truth, scores, columns[0][2], Resampling(50, 0))
    expected = average_precision_score(truth[:, :2], scores[:, :2], average="weighted")
    assert found.weighted_average_precision.value == pytest.approx(expected, abs=1e-6)
    assert found.weighted_average_precision.low < expected < found.weighted_average_precision.high
    assert found.average_precision[2].value is None
    assert found.auroc[2].low is None

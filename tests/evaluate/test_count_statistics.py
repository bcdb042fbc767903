import numpy as np
import pytest
from sklearn import metrics

from sonosift.evaluate import count_statistics as counted
from sonosift.evaluate.count_statistics import answer_counts


@pytest.fixture
def answers():
    rng = np.random.default_rng(4)
    return rng.random((200, 5)) < 0.3, rng.random((200, 5)) < 0.4


@pytest.mark.parametrize("average", [None, "weighted"])
@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_agrees_with_scikit_learn(answers, name, average):
    truth, said = answers
    ours = getattr(counted, name if average is None else f"weighted_{name}")
    theirs = getattr(metrics, f"{name}_score")(truth, said, average=average)
    assert ours(answer_counts(truth, said).sum(axis=0).astype(float)) == pytest.approx(theirs)


def test_resamples_are_independent_rows(answers):
    truth, said = answers
    counts = answer_counts(truth, said).astype(float)
    stacked = np.stack([counts[:50].sum(axis=0), counts[50:].sum(axis=0)])
    assert counted.weighted_f1(stacked) == pytest.approx([float(counted.weighted_f1(part)) for part in stacked])


def test_absent_classes_are_undefined_and_weigh_nothing():
    truth, said = np.array([[1, 0], [1, 0]]), np.array([[1, 0], [0, 0]])
    counts = answer_counts(truth, said).sum(axis=0).astype(float)
    assert np.isnan(counted.f1(counts)[1])
    assert counted.weighted_f1(counts) == pytest.approx(2 / 3)


def test_a_class_never_answered_counts_as_zero():
    truth, said = np.array([[1, 1], [1, 1]]), np.array([[1, 0], [1, 0]])
    counts = answer_counts(truth, said).sum(axis=0).astype(float)
    assert counted.weighted_precision(counts) == pytest.approx(0.5)


def test_purity_and_its_floor():
    table = np.array([[70.0, 10.0, 20.0], [5.0, 90.0, 5.0], [0.0, 0.0, 0.0]])
    assert counted.purity(table) == pytest.approx(160 / 200)
    assert counted.majority_share(table) == pytest.approx(0.5)


@pytest.mark.parametrize(("groups", "sets"), [(4, 6), (1, 3), (1, 1), (5, 1)])
def test_nmi_agrees_with_scikit_learn(groups, sets):
    rng = np.random.default_rng(groups * 10 + sets)
    g, s = rng.integers(0, groups, 300), rng.integers(0, sets, 300)
    table = np.zeros((groups, sets))
    np.add.at(table, (g, s), 1)
    expected = metrics.normalized_mutual_info_score(s, g)
    assert counted.normalised_mutual_information(table) == pytest.approx(expected, abs=1e-12)


def test_nmi_of_one_group_is_nothing_and_never_below():
    figure = float(counted.normalised_mutual_information(np.array([[3.0, 5.0, 7.0, 11.0]])))
    assert figure == pytest.approx(0.0, abs=1e-12)
    assert figure >= 0.0


def test_nmi_of_an_empty_table_is_undefined():
    assert np.isnan(counted.normalised_mutual_information(np.zeros((2, 2))))


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(2, 2\)"):
        answer_counts(np.zeros((2, 3)), np.zeros((2, 2)))

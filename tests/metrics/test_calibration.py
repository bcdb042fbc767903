import numpy as np
import pytest
from torchmetrics.functional.classification import binary_calibration_error

from sonosift.metrics.calibration import expected_calibration_error, reliability, tempered

torch = pytest.importorskip("torch")


def _statements(seed, size=400):
    rng = np.random.default_rng(seed)
    probabilities = rng.beta(0.6, 0.8, size)
    return (rng.random(size) < probabilities**2).astype(np.uint8), probabilities


def _by_hand(truth, probabilities, bins):
    error = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        here = [i for i, p in enumerate(probabilities) if low <= p < high or (p == 1 and number == bins - 1)]
        if here:
            error += abs(sum(probabilities[i] for i in here) - sum(int(truth[i]) for i in here)) / len(truth)
    return error


@pytest.mark.parametrize("bins", [1, 4, 15])
def test_error_is_that_of_a_loop_over_bins(bins):
    truth, probabilities = _statements(0)
    assert expected_calibration_error(truth, probabilities, bins) == pytest.approx(_by_hand(truth, probabilities, bins))


def test_error_is_that_of_torchmetrics_on_the_surer_answer():
    # torchmetrics bins the probability of the answer that was given; for probabilities above 1/2 that is the same.
    rng = np.random.default_rng(1)
    probabilities = rng.uniform(0.501, 0.999, 300)
    truth = (rng.random(300) < 0.6).astype(np.uint8)
    theirs = binary_calibration_error(torch.from_numpy(probabilities), torch.from_numpy(truth.astype(int)), n_bins=15)
    assert expected_calibration_error(truth, probabilities) == pytest.approx(float(theirs), abs=1e-6)


def test_true_probabilities_have_an_error_near_zero_and_sure_lies_the_largest():
    rng = np.random.default_rng(2)
    probabilities = rng.random(200_000)
    truth = (rng.random(200_000) < probabilities).astype(np.uint8)
    assert expected_calibration_error(truth, probabilities) < 0.01
    assert expected_calibration_error(np.zeros(5, np.uint8), np.ones(5)) == 1.0


def test_order_and_shape_do_not_matter():
    truth, probabilities = _statements(3)
    order = np.random.default_rng(3).permutation(len(truth))
    expected = expected_calibration_error(truth, probabilities)
    assert expected_calibration_error(truth[order], probabilities[order]) == pytest.approx(expected)
    assert expected_calibration_error(truth.reshape(-1, 4), probabilities.reshape(-1, 4)) == pytest.approx(expected)


def test_reliability_counts_every_statement_once():
    truth, probabilities = _statements(4)
    rows = reliability(truth, probabilities, 10)
    assert rows.statements.sum() == len(truth)
    assert (rows.statements * rows.observed).sum() == pytest.approx(truth.sum())
    assert (rows.statements * rows.stated).sum() == pytest.approx(probabilities.sum())
    assert (np.diff(rows.stated) > 0).all()


def test_a_temperature_divides_logits_and_keeps_their_order():
    logits = np.linspace(-6, 6, 41)
    probabilities = 1 / (1 + np.exp(-logits))
    assert tempered(probabilities, 2.5) == pytest.approx(1 / (1 + np.exp(-logits / 2.5)))
    assert tempered(probabilities, 1.0) == pytest.approx(probabilities)
    assert (np.diff(tempered(probabilities, 0.3)) > 0).all()


def test_a_temperature_of_a_softmax_divides_its_logits():
    logits = np.random.default_rng(5).normal(0, 4, (50, 3))
    rows = torch.from_numpy(logits).softmax(dim=1).numpy()
    expected = torch.from_numpy(logits / 2.5).softmax(dim=1).numpy()
    assert tempered(rows, 2.5, one_answer=True) == pytest.approx(expected)
    assert tempered(np.array([[1.0, 0.0]]), 0.05, one_answer=True).tolist() == [[1.0, 0.0]]


def test_what_is_no_probability_is_refused():
    for truth, probabilities, match in (
        ([1], [1.2], "0..1"),
        ([2], [0.5], "0 or 1"),
        ([], [], "not be empty"),
        ([1, 0], [0.5], "one shape"),
        ([1], [np.nan], "0..1"),
    ):
        with pytest.raises(ValueError, match=match):
            expected_calibration_error(np.array(truth, dtype=np.int64), np.array(probabilities, dtype=float))
    with pytest.raises(ValueError, match="temperature"):
        tempered(np.array([0.5]), 0.0)

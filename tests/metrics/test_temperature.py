import numpy as np
import pytest
import torch

from sonosift.metrics.temperature import fit_temperature


def drawn(seed=0):
    draw = np.random.default_rng(seed)
    logits = 2 * draw.standard_normal((4000, 3))
    truth = (draw.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(int)
    return truth, logits


def test_honest_logits_have_temperature_one_and_boasting_ones_more():
    truth, logits = drawn()
    assert fit_temperature(truth, logits) == pytest.approx(1.0, abs=0.06)
    assert fit_temperature(truth, 3 * logits) == pytest.approx(3 * fit_temperature(truth, logits), rel=1e-3)


def test_no_temperature_of_a_grid_has_a_lower_log_loss():
    truth, logits = drawn(1)
    target, raw = torch.from_numpy(truth).double(), torch.from_numpy(2.5 * logits)
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    best = min(np.linspace(0.2, 6, 300), key=lambda value: loss(raw / value, target).item())
    assert fit_temperature(truth, raw.numpy()) == pytest.approx(best, abs=0.02)


def test_answers_that_are_all_right_or_all_wrong_keep_to_the_bounds():
    assert fit_temperature(np.array([[1], [0]]), np.array([[5.0], [-5.0]])) == pytest.approx(np.exp(-3), rel=0.01)
    assert fit_temperature(np.array([[0], [1]]), np.array([[5.0], [-5.0]])) == pytest.approx(np.exp(3), rel=0.01)


def one_answer(seed=0, classes=4):
    draw = np.random.default_rng(seed)
    logits = 1.5 * draw.standard_normal((4000, classes))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    chosen = (shares.cumsum(axis=1) > draw.random((len(logits), 1))).argmax(axis=1)
    return np.eye(classes, dtype=int)[chosen], logits


def test_the_temperature_of_a_softmax_is_the_one_of_a_grid():
    truth, logits = one_answer()
    assert fit_temperature(truth, logits, one_answer=True) == pytest.approx(1.0, abs=0.06)
    target, raw = torch.from_numpy(truth).double(), torch.from_numpy(2.5 * logits)
    loss = torch.nn.functional.cross_entropy
    best = min(np.linspace(0.2, 6, 300), key=lambda value: loss(raw / value, target).item())
    assert fit_temperature(truth, raw.numpy(), one_answer=True) == pytest.approx(best, abs=0.02)
    # A softmax does not see what all its logits have in common; sigmoids do.
    shifted = logits + np.arange(len(logits))[:, None]
    assert fit_temperature(truth, shifted, one_answer=True) == pytest.approx(
        fit_temperature(truth, logits, one_answer=True), rel=1e-4
    )


def test_two_answers_in_a_row_are_no_softmax():
    with pytest.raises(ValueError, match="exactly one 1"):
        fit_temperature(np.array([[1, 1]]), np.array([[0.0, 1.0]]), one_answer=True)

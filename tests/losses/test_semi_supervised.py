"""FixMatch in its three forms, the pi model, temporal ensembling and MixMatch, against sums written out."""

import math

import pytest
import torch

from sonosift.losses.fixmatch import fixmatch, multi_label_fixmatch
from sonosift.losses.one_label_cross_entropy import one_label_cross_entropy
from sonosift.losses.prediction_consistency import consistency_weight, prediction_distance, sharpened
from tests.losses.numbers import EXTREMES, assert_finite, draw, softmax_by_hand


def sigmoid(value):
    return 1 / (1 + math.exp(-value))


def test_fixmatch_divides_by_the_whole_batch():
    weak, strong = draw(9, 4, seed=1, spread=3.0), draw(9, 4, seed=2)
    total, used = 0.0, 0
    for n in range(9):
        probabilities = softmax_by_hand(weak[n].tolist())
        if max(probabilities) >= 0.8:
            used += 1
            total -= math.log(softmax_by_hand(strong[n].tolist())[probabilities.index(max(probabilities))])
    assert 0 < used < 9
    found = fixmatch(weak, strong, 0.8)
    assert found.loss.item() == pytest.approx(total / 9, rel=1e-9)
    assert found.used.item() == pytest.approx(used / 9)


def test_one_head_fixmatch_learns_every_class_of_a_row_with_one_sure_class():
    weak, strong = draw(8, 5, seed=3, spread=2.0), draw(8, 5, seed=4)
    total, used = 0.0, 0
    for n in range(8):
        p = [sigmoid(value) for value in weak[n].tolist()]
        if max(p) < 0.95:
            continue
        used += 1
        for c in range(5):
            q = sigmoid(strong[n, c].item())
            total -= (math.log(q) if p[c] >= 0.5 else math.log(1 - q)) / 5
    assert 0 < used < 8
    found = multi_label_fixmatch(weak, strong)
    assert found.loss.item() == pytest.approx(total / 8, rel=1e-9)
    assert found.used.item() == pytest.approx(used / 8)


def test_a_row_exactly_at_the_threshold_counts():
    weak = torch.zeros(1, 2, dtype=torch.float64)
    assert fixmatch(weak, weak, 0.5).used.item() == 1.0
    assert multi_label_fixmatch(weak, weak, 0.5).used.item() == 1.0


def test_without_a_confident_row_nothing_is_learnt():
    weak, strong = torch.zeros(4, 3), draw(4, 3).requires_grad_()
    for loss in (fixmatch(weak, strong), multi_label_fixmatch(weak, strong)):
        strong.grad = None
        loss.loss.backward()
        assert loss.loss.item() == 0.0
        assert (strong.grad == 0).all()


def test_the_weak_view_gets_no_gradient():
    weak, strong = draw(4, 3, spread=9).requires_grad_(), draw(4, 3, seed=1).requires_grad_()
    (fixmatch(weak, strong).loss + multi_label_fixmatch(weak, strong).loss).backward()
    assert weak.grad is None


def test_temporal_ensembling_divides_by_the_whole_batch():
    logits, labels = draw(5, 3), torch.tensor([2, -1, -1, 0, -1])
    expected = -sum(math.log(softmax_by_hand(logits[n].tolist())[labels[n]]) for n in (0, 3)) / 5
    targets, labelled = torch.nn.functional.one_hot(labels.clamp(min=0), 3), labels >= 0
    assert one_label_cross_entropy(logits, targets, labelled, normaliser="all").item() == pytest.approx(expected)
    assert one_label_cross_entropy(logits, targets, torch.zeros(5), normaliser="all").item() == 0.0


def test_distance_and_ramp():
    first, second = draw(3, 4, seed=1), draw(3, 4, seed=2)
    expected = sum((a - b) ** 2 for a, b in zip(first.flatten().tolist(), second.flatten().tolist(), strict=True)) / 12
    assert prediction_distance(first, second).item() == pytest.approx(expected)
    known = torch.tensor([True, False, True])
    some = prediction_distance(first[known], second[known]).item() * 2 / 3  # divided by all rows nevertheless
    assert prediction_distance(first, second, known).item() == pytest.approx(some)
    assert consistency_weight(40, 0.1) == pytest.approx(100 * 0.1 * math.exp(-5 * 0.25))
    assert consistency_weight(1, 1.0, most=30.0) == pytest.approx(30 * math.exp(-5 * (79 / 80) ** 2))


def test_sharpening():
    p = torch.tensor([[0.7, 0.2, 0.1]], dtype=torch.float64)
    squares = [0.49, 0.04, 0.01]
    torch.testing.assert_close(sharpened(p), torch.tensor([[v / sum(squares) for v in squares]], dtype=torch.float64))
    alone = torch.tensor([[0.49 / (0.49 + 0.09), 0.04 / (0.04 + 0.64), 0.01 / (0.01 + 0.81)]], dtype=torch.float64)
    torch.testing.assert_close(sharpened(p, independent=True), alone)
    torch.testing.assert_close(sharpened(p, 1.0), p)
    assert torch.isfinite(sharpened(torch.tensor([[1.0, 0.0]]))).all()


@pytest.mark.parametrize("values", EXTREMES)
def test_finite_everywhere(values):
    strong = values.clone().requires_grad_()
    loss = fixmatch(values, strong).loss + multi_label_fixmatch(values.flip(1), strong).loss
    assert_finite(loss, strong)

import math

import pytest
import torch
from torch.nn import functional as F

from sonosift.losses.one_label_cross_entropy import one_label_cross_entropy
from tests.losses.numbers import EXTREMES, assert_finite, draw, softmax_by_hand


def one_hot(labels, classes=4):
    return F.one_hot(torch.tensor(labels), classes).double()


def test_equals_torch_for_labels_and_for_distributions():
    logits, labels = draw(5, 4), [3, 0, 0, 2, 1]
    expected = F.cross_entropy(logits, torch.tensor(labels))
    torch.testing.assert_close(one_label_cross_entropy(logits, one_hot(labels)), expected)
    soft = draw(5, 4, seed=2).softmax(dim=1)
    torch.testing.assert_close(one_label_cross_entropy(logits, soft), F.cross_entropy(logits, soft))


def test_weights_of_rows_and_classes_written_out():
    logits, labels, rows = draw(3, 4), [3, 0, 2], [0.5, 0.0, 2.0]
    classes = [1.0, 9.0, 3.0, 0.1]
    terms = [-math.log(softmax_by_hand(logits[n].tolist())[label]) * classes[label] for n, label in enumerate(labels)]
    weighted = sum(weight * term for weight, term in zip(rows, terms, strict=True))
    options = {"class_weights": torch.tensor(classes)}
    found = one_label_cross_entropy(logits, one_hot(labels), torch.tensor(rows), **options)
    assert found.item() == pytest.approx(weighted / 2.5)
    found = one_label_cross_entropy(logits, one_hot(labels), torch.tensor(rows), normaliser="all", **options)
    assert found.item() == pytest.approx(weighted / 3)


def test_focal_loss_written_out_and_gamma_zero_changes_nothing():
    logits, labels = draw(3, 4), [3, 0, 2]
    p = [softmax_by_hand(logits[n].tolist())[label] for n, label in enumerate(labels)]
    expected = -sum((1 - q) ** 2 * math.log(q) for q in p) / 3
    assert one_label_cross_entropy(logits, one_hot(labels), focus=2).item() == pytest.approx(expected)


def test_adding_a_number_to_a_row_changes_nothing():
    logits, targets = draw(3, 4), one_hot([3, 0, 2])
    torch.testing.assert_close(one_label_cross_entropy(logits + 7.0, targets), one_label_cross_entropy(logits, targets))


def test_nothing_labelled_gives_zero_and_no_gradient():
    logits = torch.randn(4, 3, requires_grad=True)
    loss = one_label_cross_entropy(logits, torch.ones(4, 3), torch.zeros(4))
    loss.backward()
    assert loss.item() == 0
    assert (logits.grad == 0).all()


@pytest.mark.parametrize("values", EXTREMES)
def test_finite_everywhere(values):
    logits = values.clone().requires_grad_()
    targets = F.one_hot(torch.zeros(len(values), dtype=torch.long), 4)
    loss = one_label_cross_entropy(logits, targets, focus=2) + one_label_cross_entropy(logits, targets)
    assert_finite(loss, logits)


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="must have the shape"):
        one_label_cross_entropy(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(ValueError, match="one entry per row"):
        one_label_cross_entropy(torch.zeros(2, 3), torch.zeros(2, 3), torch.ones(3))

import math

import pytest
import torch
from sklearn.metrics import log_loss
from torch.nn import functional as F
from torchvision.ops import sigmoid_focal_loss

from sonosift.losses.binary_cross_entropy import multi_label_cross_entropy
from tests.losses.numbers import EXTREMES, assert_finite, draw


def test_equals_the_mean_of_the_log_losses_of_the_classes():
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(30, 7, generator=generator, dtype=torch.float64)
    targets = (torch.rand(30, 7, generator=generator) < 0.3).double()
    expected = sum(log_loss(targets[:, c], torch.sigmoid(logits[:, c]), labels=[0, 1]) for c in range(7)) / 7
    assert multi_label_cross_entropy(logits, targets).item() == pytest.approx(expected, rel=1e-10)


def test_no_evidence_costs_log_two():
    assert multi_label_cross_entropy(torch.zeros(4, 3), torch.ones(4, 3)).item() == pytest.approx(math.log(2))


def test_unlabelled_rows_do_not_count():
    logits = torch.randn(6, 3)
    targets = torch.randint(0, 2, (6, 3))
    labelled = torch.tensor([True, False, True, True, False, False])
    kept = multi_label_cross_entropy(logits[labelled], targets[labelled])
    changed = logits.clone()
    changed[~labelled] = 77.0
    torch.testing.assert_close(multi_label_cross_entropy(changed, targets, labelled), kept)


def test_a_row_of_weight_two_counts_like_two_rows_and_a_common_factor_changes_nothing():
    logits, targets = draw(4, 3), (draw(4, 3, seed=1) > 0).double()
    weights = torch.tensor([2.0, 1.0, 0.0, 1.0])
    twice = torch.tensor([0, 0, 1, 3])
    found = multi_label_cross_entropy(logits, targets, weights)
    torch.testing.assert_close(found, multi_label_cross_entropy(logits[twice], targets[twice]))
    torch.testing.assert_close(multi_label_cross_entropy(logits, targets, 0.1 * weights), found)
    by_all = multi_label_cross_entropy(logits, targets, weights, normaliser="all")
    torch.testing.assert_close(by_all, found * weights.sum() / 4)


def test_positive_weights_as_torch_has_them():
    logits, targets, weights = draw(6, 3), (draw(6, 3, seed=1) > 0).double(), torch.tensor([1.0, 4.0, 0.5]).double()
    expected = F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weights)
    torch.testing.assert_close(multi_label_cross_entropy(logits, targets, positive_weights=weights), expected)


def test_focal_loss_as_torchvision_has_it():
    logits, targets = draw(6, 3), (draw(6, 3, seed=1) > 0).double()
    expected = sigmoid_focal_loss(logits, targets, alpha=-1, gamma=2, reduction="mean")
    torch.testing.assert_close(multi_label_cross_entropy(logits, targets, focus=2), expected)


def test_nothing_labelled_gives_zero_and_no_gradient():
    logits = torch.randn(4, 3, requires_grad=True)
    loss = multi_label_cross_entropy(logits, torch.ones(4, 3), torch.zeros(4, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert (logits.grad == 0).all()


def test_finite_for_large_logits():
    logits = torch.tensor([[3e38, -3e38]], requires_grad=True)
    loss = multi_label_cross_entropy(logits, torch.tensor([[0, 1]]))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="must have the shape"):
        multi_label_cross_entropy(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(ValueError, match="one entry per row"):
        multi_label_cross_entropy(torch.zeros(2, 3), torch.zeros(2, 3), torch.ones(3, dtype=torch.bool))


@pytest.mark.parametrize("values", EXTREMES)
def test_finite_everywhere_with_all_options(values):
    logits, weights = values.clone().requires_grad_(), torch.arange(4.0)
    targets = (torch.arange(values.numel()).view_as(values) % 2).float()
    loss = multi_label_cross_entropy(logits, targets, positive_weights=weights, focus=2)
    assert_finite(loss, logits)

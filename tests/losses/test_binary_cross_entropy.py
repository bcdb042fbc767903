import math

import pytest
import torch
from sklearn.metrics import log_loss

from sonosift.losses.binary_cross_entropy import multi_label_cross_entropy


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

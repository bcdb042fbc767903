"""NT-Xent, MoCo's queue, and USCL, against the papers' sums."""

import math

import pytest
import torch

from sonosift.losses.nt_xent import nt_xent
from sonosift.losses.partly_labelled import partly_labelled_cross_entropy
from sonosift.losses.queue_contrast import queue_contrast
from sonosift.losses.uscl import uscl_loss
from tests.losses.numbers import EXTREMES, assert_finite, cosine_by_hand, draw, softmax_by_hand


def nt_xent_by_hand(first, second, temperature, anchors):
    views = first.tolist() + second.tolist()
    n = len(first)
    total = 0.0
    for a in range(anchors):
        exponents = {b: math.exp(cosine_by_hand(views[a], views[b]) / temperature) for b in range(2 * n) if b != a}
        total -= math.log(exponents[(a + n) % (2 * n)] / sum(exponents.values()))
    return total / anchors


@pytest.mark.parametrize(("rows", "temperature"), [(1, 0.5), (2, 0.5), (7, 0.1), (12, 0.5)])
def test_nt_xent_is_the_sum_of_the_paper(rows, temperature):
    first, second = draw(rows, 6, seed=1), draw(rows, 6, seed=2)
    both = nt_xent_by_hand(first, second, temperature, 2 * rows)
    assert nt_xent(first, second, temperature).item() == pytest.approx(both, abs=1e-10)
    one_sided = nt_xent_by_hand(first, second, temperature, rows)
    assert nt_xent(first, second, temperature, symmetric=False).item() == pytest.approx(one_sided, abs=1e-10)
    # SimCLR's published code adds the two sides' means: exactly twice ours.
    other_side = nt_xent(second, first, temperature, symmetric=False).item()
    assert one_sided + other_side == pytest.approx(2 * both, abs=1e-9)


def test_nt_xent_closed_forms_and_invariances():
    n = 8
    alike = torch.ones(n, 3)
    assert nt_xent(alike, alike).item() == pytest.approx(math.log(2 * n - 1), rel=1e-6)
    apart = torch.eye(n)
    expected = -math.log(math.exp(2.0) / (math.exp(2.0) + 2 * n - 2))
    assert nt_xent(apart, apart, 0.5).item() == pytest.approx(expected, rel=1e-6)
    first, second = draw(n, 5, seed=3), draw(n, 5, seed=4)
    value = nt_xent(first, second)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(nt_xent(first[order], second[order]), value)
    torch.testing.assert_close(nt_xent(second, first), value)
    torch.testing.assert_close(nt_xent(5 * first, 0.1 * second), value)
    with pytest.raises(ValueError, match="differ"):
        nt_xent(first, second[:4])


@pytest.mark.parametrize("values", EXTREMES)
def test_contrast_is_finite_everywhere(values):
    first, second = values.clone().requires_grad_(), values.flip(0).clone().requires_grad_()
    assert_finite(nt_xent(first, second, 0.1), first, second)
    query = values.clone().requires_grad_()
    assert_finite(queue_contrast(query, values, torch.nn.functional.normalize(torch.ones(4, 7), dim=0)), query)


def test_queue_contrast_is_the_sum_of_the_paper():
    query, key, queue = draw(5, 6, seed=1), draw(5, 6, seed=2), draw(6, 9, seed=3)
    queue = torch.nn.functional.normalize(queue, dim=0)
    expected = 0.0
    for n in range(5):
        logits = [cosine_by_hand(query[n].tolist(), key[n].tolist()) / 0.2]
        logits += [cosine_by_hand(query[n].tolist(), queue[:, column].tolist()) / 0.2 for column in range(9)]
        expected -= math.log(softmax_by_hand(logits)[0]) / 5
    assert queue_contrast(query, key, queue, 0.2).item() == pytest.approx(expected, abs=1e-10)
    shuffled = queue[:, torch.randperm(9, generator=torch.Generator().manual_seed(0))]
    assert queue_contrast(query, key, shuffled, 0.2).item() == pytest.approx(expected, abs=1e-10)


def test_no_gradient_reaches_key_and_queue():
    query, key, queue = (draw(4, 4, seed=seed).requires_grad_() for seed in range(3))
    queue_contrast(query, key, queue).backward()
    assert query.grad is not None
    assert key.grad is None
    assert queue.grad is None


def test_partly_labelled_counts_the_labelled_or_all():
    logits, labels = draw(6, 3), torch.tensor([0, -1, 2, -1, -1, 1])
    rows = {n: -math.log(softmax_by_hand(logits[n].tolist())[labels[n]]) for n in (0, 2, 5)}
    assert partly_labelled_cross_entropy(logits, labels).item() == pytest.approx(sum(rows.values()) / 3)
    assert partly_labelled_cross_entropy(logits, labels, "all").item() == pytest.approx(sum(rows.values()) / 6)


def test_no_labelled_row_gives_zero_and_a_zero_gradient():
    logits = draw(4, 3).requires_grad_()
    loss = partly_labelled_cross_entropy(logits, torch.full((4,), -1))
    loss.backward()
    assert loss.item() == 0.0
    assert (logits.grad == 0).all()


def test_uscl_adds_a_fifth_of_the_label_term():
    first, second, logits = draw(4, 5, seed=1), draw(4, 5, seed=2), draw(8, 3, seed=3)
    labels = torch.tensor([1, -1, 0, -1, 1, -1, 0, -1])
    expected = nt_xent_by_hand(first, second, 0.5, 8)
    expected += 0.2 * sum(-math.log(softmax_by_hand(logits[n].tolist())[labels[n]]) for n in (0, 2, 4, 6)) / 4
    found = uscl_loss(first, second, logits, labels)
    assert found.total.item() == pytest.approx(expected, abs=1e-10)
    torch.testing.assert_close(found.total, found.contrast + 0.2 * found.label_term)
    # The published code adds the cross-entropies of the views, each a mean over its labelled rows.
    each = [torch.nn.functional.cross_entropy(part, ids, ignore_index=-1) for part, ids in
            zip(logits.chunk(2), labels.chunk(2), strict=True)]  # fmt: skip
    torch.testing.assert_close(uscl_loss(first, second, logits, labels, label_views="sum").label_term, sum(each))
    alone = uscl_loss(first, second, logits, torch.full((8,), -1))
    torch.testing.assert_close(alone.total, nt_xent(first, second))
    assert alone.label_term.item() == 0

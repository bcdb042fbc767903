"""FUSC's neighbour consistency and self-labelling, and TEMI, against sums written out."""

import math

import pytest
import torch

from sonosift.losses.neighbour_consistency import neighbour_consistency
from sonosift.losses.self_labelling import self_labelling
from sonosift.losses.temi import temi_loss, updated_prior
from tests.losses.numbers import EXTREMES, assert_finite, draw, softmax_by_hand


@pytest.mark.parametrize(("rows", "clusters"), [(1, 2), (6, 5), (20, 15)])
def test_neighbour_consistency_is_the_sum_of_the_paper(rows, clusters):
    anchors, neighbours = draw(rows, clusters, seed=1), draw(rows, clusters, seed=2)
    p = [softmax_by_hand(row) for row in anchors.tolist()]
    q = [softmax_by_hand(row) for row in neighbours.tolist()]
    agreement = -sum(math.log(sum(a * b for a, b in zip(x, y, strict=True))) for x, y in zip(p, q, strict=True)) / rows
    mean = [sum(x[k] for x in p) / rows for k in range(clusters)]
    entropy = -sum(z * math.log(z) for z in mean)
    found = neighbour_consistency(anchors, neighbours)
    assert found.consistency.item() == pytest.approx(agreement, rel=1e-9)
    assert found.entropy.item() == pytest.approx(entropy, rel=1e-9)
    assert found.total.item() == pytest.approx(agreement - 5 * entropy, rel=1e-9)


def test_perfect_clusters_reach_the_floor():
    perfect = 100.0 * torch.eye(4)
    assert neighbour_consistency(perfect, perfect).total.item() == pytest.approx(-5 * math.log(4), rel=1e-6)


def test_neighbours_that_disagree_altogether_cost_a_hundred_and_are_still_pulled():
    anchors = torch.tensor([[500.0, 0.0]], requires_grad=True)
    found = neighbour_consistency(anchors, torch.tensor([[0.0, 500.0]]))
    assert found.consistency.item() == 100.0
    found.consistency.backward()
    assert anchors.grad.abs().max() > 0.1


@pytest.mark.parametrize("balancing", [True, False])
def test_self_labelling_is_the_weighted_mean_over_confident_rows(balancing):
    plain = torch.tensor([[9.0, 0, 0], [9.0, 0, 0], [0, 9.0, 0], [1.0, 0.5, 0.0]], dtype=torch.float64)
    strong = draw(4, 3)
    targets = [0, 0, 1]
    losses = [-math.log(softmax_by_hand(strong[n].tolist())[targets[n]]) for n in range(3)]
    weights = [3 / 2, 3 / 2, 3 / 1] if balancing else [1.0, 1.0, 1.0]
    expected = sum(w * value for w, value in zip(weights, losses, strict=True)) / sum(weights)
    found = self_labelling(plain, strong, class_balancing=balancing)
    assert found.loss.item() == pytest.approx(expected, rel=1e-9)
    assert found.confident.item() == 3


def test_self_labelling_wants_strictly_more_than_the_threshold():
    plain = torch.log(torch.tensor([[0.75, 0.25]], dtype=torch.float64))
    at = torch.softmax(plain, dim=1).max().item()
    assert self_labelling(plain, plain, at).confident.item() == 0
    assert self_labelling(plain, plain, at - 1e-9).confident.item() == 1


def test_no_confident_row_gives_zero_and_a_zero_gradient():
    strong = draw(3, 4).requires_grad_()
    found = self_labelling(torch.zeros(3, 4), strong)
    found.loss.backward()
    assert found.loss.item() == 0.0
    assert (strong.grad == 0).all()


def temi_by_hand(student, teacher, prior, beta, temperature=0.1):
    heads, rows, clusters = student[0].shape
    probabilities = {
        (who, view, h, n): softmax_by_hand((logits[h, n] / temperature).tolist())
        for who, pair in (("s", student), ("t", teacher))
        for view, logits in enumerate(pair)
        for h in range(heads)
        for n in range(rows)
    }
    result = []
    for h in range(heads):
        total = 0.0
        for n in range(rows):
            weight = sum(
                sum(a * b for a, b in zip(probabilities["t", 0, g, n], probabilities["t", 1, g, n], strict=True))
                for g in range(heads)
            )
            both = 0.0
            for a, b in ((0, 1), (1, 0)):
                both += math.log(
                    sum(
                        (probabilities["s", a, h, n][c] * probabilities["t", b, h, n][c]) ** beta / prior[h, c].item()
                        for c in range(clusters)
                    )
                )
            total -= weight / heads * both / 2
        result.append(total / rows)
    return result


@pytest.mark.parametrize("beta", [0.6, 1.0])
def test_temi_is_the_sum_of_the_specification(beta):
    student = (draw(3, 5, 4, seed=1, spread=0.1), draw(3, 5, 4, seed=2, spread=0.1))
    teacher = (draw(3, 5, 4, seed=3, spread=0.1), draw(3, 5, 4, seed=4, spread=0.1))
    prior = torch.softmax(draw(3, 4, seed=5), dim=1)
    expected = torch.tensor(temi_by_hand(student, teacher, prior, beta), dtype=torch.float64)
    torch.testing.assert_close(temi_loss(student, teacher, prior, beta=beta), expected)
    exchanged = temi_loss((student[1], student[0]), (teacher[1], teacher[0]), prior, beta=beta)
    torch.testing.assert_close(exchanged, expected)


def test_temi_knows_its_best_value_and_clips_on_request():
    clusters = 4
    sure = (100.0 * torch.eye(clusters, dtype=torch.float64))[None]
    prior = torch.full((1, clusters), 1 / clusters, dtype=torch.float64)
    # Sure of one cluster each, equal sizes: mutual information is log K.
    assert temi_loss((sure, sure), (sure, sure), prior, beta=1.0).item() == pytest.approx(-math.log(clusters))
    other = sure.roll(1, dims=2)
    apart = temi_loss((sure, other), (sure, sure), prior, positive_only=True)
    assert apart.item() <= 0.0


def test_the_prior_is_a_running_mean_over_both_images():
    teacher = (draw(2, 3, 4, seed=1, spread=0.1), draw(2, 3, 4, seed=2, spread=0.1))
    prior = torch.full((2, 4), 0.25, dtype=torch.float64)
    mean = torch.cat([torch.softmax(logits / 0.1, dim=2) for logits in teacher], dim=1).mean(dim=1)
    torch.testing.assert_close(updated_prior(prior, teacher), 0.9 * prior + 0.1 * mean)
    torch.testing.assert_close(updated_prior(prior, teacher).sum(dim=1), torch.ones(2, dtype=torch.float64))


@pytest.mark.parametrize("values", EXTREMES)
def test_finite_everywhere(values):
    anchors, neighbours = values.clone().requires_grad_(), values.flip(1).clone().requires_grad_()
    assert_finite(neighbour_consistency(anchors, neighbours).total, anchors, neighbours)
    strong = values.clone().requires_grad_()
    assert_finite(self_labelling(values, strong).loss, strong)
    student = values[None].clone().requires_grad_()
    prior = torch.full((1, 4), 0.25)
    prior[0, 0] = 0.0
    assert_finite(temi_loss((student, student), (values[None], values.flip(1)[None]), prior).sum(), student)

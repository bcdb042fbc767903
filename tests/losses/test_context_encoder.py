import math

import pytest
import torch

from sonosift.losses.context_encoder import critic_loss, fooling_loss, generator_loss, reconstruction
from tests.losses.numbers import assert_finite, draw


def softplus(value):
    return math.log1p(math.exp(-abs(value))) + max(value, 0.0)


def test_values_are_the_sums_of_the_specification():
    filled, centre, real, fake = draw(2, 1, 3, 4, seed=1), draw(2, 1, 3, 4, seed=2), draw(5, seed=3), draw(5, seed=4)
    squares = [(a - b) ** 2 for a, b in zip(filled.flatten().tolist(), centre.flatten().tolist(), strict=True)]
    assert reconstruction(filled, centre).item() == pytest.approx(sum(squares) / 24, rel=1e-12)
    critic = sum(softplus(-v) for v in real.tolist()) / 5 + sum(softplus(v) for v in fake.tolist()) / 5
    assert critic_loss(real, fake).item() == pytest.approx(critic, rel=1e-9)
    fooling = sum(softplus(-v) for v in fake.tolist()) / 5
    assert fooling_loss(fake).item() == pytest.approx(fooling, rel=1e-9)
    joint = 0.99 * sum(squares) / 24 + 0.01 * fooling
    found = generator_loss(filled, centre, fake)
    assert found.total.item() == pytest.approx(joint, rel=1e-12)
    assert (found.reconstruction.item(), found.fooling.item()) == pytest.approx((sum(squares) / 24, fooling), rel=1e-12)


def test_an_undecided_critic_pays_twice_log_two():
    assert critic_loss(torch.zeros(4), torch.zeros(4)).item() == pytest.approx(2 * math.log(2))
    assert fooling_loss(torch.zeros(4)).item() == pytest.approx(math.log(2))


@pytest.mark.parametrize("value", [0.0, 1e38, -1e38])
def test_finite_everywhere(value):
    real, fake = torch.full((3,), value, requires_grad=True), torch.full((3,), -value, requires_grad=True)
    assert_finite(critic_loss(real, fake) + fooling_loss(fake), real, fake)


def test_different_shapes_are_refused():
    with pytest.raises(ValueError, match="differ"):
        reconstruction(torch.zeros(2, 1, 4, 4), torch.zeros(2, 1, 4, 5))

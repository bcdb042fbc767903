import numpy as np
import pytest
import torch
from torch import nn

from sonosift.methods.moving_average import follow, frozen_copy
from sonosift.methods.schedules import cosine, warm_cosine


@pytest.mark.parametrize("share", [0.0, 0.25, 0.7, 1.0])
def test_cosine_is_that_of_torch(share):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100, eta_min=0.4e-3)
    for _ in range(round(100 * share)):
        optimizer.step()
        schedule.step()
    assert cosine(share, 0.4, 0.4e-3) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-6)


def published_dino_schedule(peak, end, steps, warm):
    """In our words: evenly spaced numbers up to the peak, then half a cosine over the steps that are left."""
    rest = np.arange(steps - warm) / (steps - warm)
    return np.concatenate([np.linspace(0, peak, warm), end + (peak - end) * (1 + np.cos(np.pi * rest)) / 2])


@pytest.mark.parametrize("warm", [0, 1, 2, 10])
def test_warm_cosine_is_the_schedule_of_dino_s_code(warm):
    values = [warm_cosine(step, 100, warm, 5e-4, 1e-6) for step in range(100)]
    np.testing.assert_allclose(values, published_dino_schedule(5e-4, 1e-6, 100, warm), rtol=1e-9, atol=1e-12)


def test_a_teacher_follows_and_never_learns():
    student = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    teacher = frozen_copy(student)
    before = [weight.clone() for weight in teacher.parameters()]
    with torch.no_grad():
        for weight in student.parameters():
            weight.add_(1.0)
    follow(teacher, student, 0.9)
    for old, new, fast in zip(before, teacher.parameters(), student.parameters(), strict=True):
        torch.testing.assert_close(new, 0.9 * old + 0.1 * fast)
        assert not new.requires_grad

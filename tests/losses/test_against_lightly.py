"""LightlySSL as the oracle of the losses that it has too."""

import pytest
import torch
from torch.nn import functional as F

from sonosift.losses.dino import dino_loss, updated_centre
from sonosift.losses.nt_xent import nt_xent
from sonosift.losses.queue_contrast import queue_contrast
from tests.losses.numbers import draw

loss = pytest.importorskip("lightly.loss", reason="pip install 'sonosift[dev]'")


@pytest.mark.parametrize(("rows", "temperature"), [(2, 0.5), (9, 0.1)])
def test_nt_xent_and_its_gradient(rows, temperature):
    ours, theirs = ([draw(rows, 6, seed=s).float().requires_grad_() for s in (1, 2)] for _ in range(2))
    value, other = nt_xent(*ours, temperature), loss.NTXentLoss(temperature=temperature)(*theirs)
    torch.testing.assert_close(value, other)
    value.backward()
    other.backward()
    for mine, yours in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad, yours.grad, rtol=1e-4, atol=1e-6)


def test_the_queue_is_lightlys_memory_bank():
    bank = loss.NTXentLoss(temperature=0.2, memory_bank_size=(8, 6))
    first = [draw(4, 6, seed=seed).float() for seed in (1, 2)]
    bank(first[0].requires_grad_(), first[1])  # fills part of the bank
    queue = bank.memory_bank.bank.clone()
    queue = queue if queue.shape[0] == 6 else queue.T
    query, key = (draw(4, 6, seed=seed).float() for seed in (3, 4))
    other = bank(query.clone().requires_grad_(), key)
    torch.testing.assert_close(queue_contrast(query, key, F.normalize(queue, dim=0), 0.2), other)


@pytest.mark.parametrize("crops", [2, 5])
def test_dino_and_its_centre(crops):
    oracle = loss.DINOLoss(output_dim=7, warmup_teacher_temp_epochs=0, teacher_temp=0.04)
    student, teacher = draw(3 * crops, 7, seed=1).float(), draw(6, 7, seed=2).float()
    centre = torch.zeros(7)
    for _ in range(2):  # the second time with a centre that has moved
        value = dino_loss(student, teacher, centre)
        other = oracle(list(teacher.chunk(2)), list(student.chunk(crops)), epoch=0)
        torch.testing.assert_close(value, other)
        centre = updated_centre(centre, teacher)
        teacher = teacher.flip(0)

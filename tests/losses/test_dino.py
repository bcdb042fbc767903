import math

import pytest
import torch

from sonosift.losses.dino import dino_loss, updated_centre
from tests.losses.numbers import EXTREMES, assert_finite, draw, softmax_by_hand


def by_hand(student, teacher, centre, images, crops, student_temperature=0.1, teacher_temperature=0.04):
    total, pairs = 0.0, 0
    for i in range(2):
        for v in range(crops):
            if v == i:
                continue
            pairs += 1
            for n in range(images):
                shifted = (teacher[i * images + n] - centre) / teacher_temperature
                target = softmax_by_hand(shifted.tolist())
                predicted = softmax_by_hand((student[v * images + n] / student_temperature).tolist())
                total -= sum(t * math.log(p) for t, p in zip(target, predicted, strict=True) if t) / images
    return total / pairs


@pytest.mark.parametrize(("images", "crops"), [(1, 2), (3, 2), (4, 10)])
def test_value_is_the_mean_over_pairs_of_different_crops(images, crops):
    student, teacher, centre = draw(images * crops, 6, seed=1), draw(images * 2, 6, seed=2), draw(6, seed=3)
    expected = by_hand(student, teacher, centre, images, crops)
    assert dino_loss(student, teacher, centre).item() == pytest.approx(expected, rel=1e-9)
    assert dino_loss(student, teacher, centre[None]).item() == pytest.approx(expected, rel=1e-9)


def test_crops_of_an_image_never_meet_themselves():
    student, teacher = draw(4, 5, seed=1), draw(4, 5, seed=2)
    moved = student.clone()
    moved[:2] += draw(2, 5, seed=3)
    # With two crops the first student crop answers to the second teacher crop alone.
    silent = teacher.clone()
    silent[:2] += draw(2, 5, seed=4)
    student_first_only = dino_loss(moved, teacher, torch.zeros(5)) - dino_loss(student, teacher, torch.zeros(5))
    same_difference = dino_loss(moved, silent, torch.zeros(5)) - dino_loss(student, silent, torch.zeros(5))
    torch.testing.assert_close(student_first_only, same_difference)


def test_a_uniform_student_pays_log_d_and_the_teacher_gets_no_gradient():
    student, teacher = torch.zeros(6, 7, requires_grad=True), draw(4, 7).requires_grad_()
    loss = dino_loss(student, teacher, torch.zeros(7))
    assert loss.item() == pytest.approx(math.log(7), rel=1e-6)
    loss.backward()
    assert teacher.grad is None


def test_the_centre_moves_a_tenth_of_the_way():
    teacher, centre = draw(8, 3), draw(3, seed=9)
    torch.testing.assert_close(updated_centre(centre, teacher), 0.9 * centre + 0.1 * teacher.mean(dim=0))
    assert updated_centre(centre[None], teacher).shape == (1, 3)


@pytest.mark.parametrize("values", EXTREMES)
def test_finite_everywhere(values):
    student = values.repeat(2, 1).clone().requires_grad_()
    assert_finite(dino_loss(student, values.repeat(2, 1), torch.zeros(4)), student)


def test_rows_that_are_no_crops_are_refused():
    with pytest.raises(ValueError, match="crops of the same images"):
        dino_loss(torch.zeros(5, 3), torch.zeros(4, 3), torch.zeros(3))
    with pytest.raises(ValueError, match="large ones"):
        dino_loss(torch.zeros(2, 3), torch.zeros(4, 3), torch.zeros(3))

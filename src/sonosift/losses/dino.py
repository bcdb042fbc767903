"""DINO (Caron et al. 2021): the student predicts, from any crop, what the centred teacher sees in the large ones."""

from __future__ import annotations

import torch
from torch import Tensor

from sonosift.losses.full_precision import check_logits, full_precision, without_autocast

GLOBAL_CROPS = 2


def dino_loss(
    student: Tensor,
    teacher: Tensor,
    centre: Tensor,
    *,
    student_temperature: float = 0.1,
    teacher_temperature: float = 0.04,
) -> Tensor:
    """Cross-entropy between teacher and student over all pairs of different crops of an image.

    ``L = mean over pairs (i in {1, 2}, v != i) of mean_n -sum_d softmax((t_i - c) / T_t)_d log softmax(s_v / T_s)_d``.
    With V crops there are ``2 (V - 1)`` pairs.

    Args:
        student: ``[V * B, D]`` logits, crop after crop (all images' first large crop, all images' second large crop,
            then the small ones).
        teacher: ``[2 * B, D]`` logits of the two large crops in the same order; no gradient flows into them.
        centre: ``[D]`` or ``[1, D]``, the running mean of the teacher *before* this batch.
        student_temperature: T_s.
        teacher_temperature: T_t.

    Returns:
        A scalar.
    """
    check_logits(student, "student")
    check_logits(teacher, "teacher")
    if len(teacher) % GLOBAL_CROPS or len(student) % (len(teacher) // GLOBAL_CROPS):
        raise ValueError(
            f"{len(student)} student rows and {len(teacher)} teacher rows are not crops of the same images"
        )
    images = len(teacher) // GLOBAL_CROPS
    crops = len(student) // images
    if crops < GLOBAL_CROPS:
        raise ValueError(f"the student saw {crops} crops of each image; the {GLOBAL_CROPS} large ones are needed")
    with without_autocast(student.device):
        predicted = torch.log_softmax(full_precision(student) / student_temperature, dim=1).view(crops, images, -1)
        centred = full_precision(teacher.detach()) - centre.detach()
        target = torch.softmax(centred / teacher_temperature, dim=1).to(predicted.dtype).view(GLOBAL_CROPS, images, -1)
        # All 2 x V cross-entropies at once, then the two of a crop with itself are left out.
        pairs = -torch.einsum("ind,vnd->iv", target, predicted) / images
        with_itself = pairs.diagonal().sum()
        return (pairs.sum() - with_itself) / (GLOBAL_CROPS * (crops - 1))


def updated_centre(centre: Tensor, teacher: Tensor, momentum: float = 0.9) -> Tensor:
    """Return the centre after a batch: ``m c + (1 - m) mean of all teacher rows``; to be called after the loss.

    Args:
        centre: ``[D]`` or ``[1, D]``.
        teacher: ``[2 * B, D]`` logits, of all processes together.
        momentum: m.
    """
    with without_autocast(teacher.device):
        mean = full_precision(teacher.detach()).mean(dim=0).view_as(centre)
        return momentum * centre + (1.0 - momentum) * mean

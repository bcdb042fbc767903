"""The context encoder's losses: fill in the middle of the image, and fool a critic that knows the DICOM tags."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor
from torch.nn import functional as F

from sonosift.losses.full_precision import at_least_float32, full_precision, without_autocast


class GeneratorLoss(NamedTuple):
    """The generator's loss and its two parts.

    Attributes:
        total: ``(1 - w) * reconstruction + w * fooling``.
        reconstruction: mean squared difference of the pixels.
        fooling: the non-saturating adversarial part.
    """

    total: Tensor
    reconstruction: Tensor
    fooling: Tensor


def reconstruction(filled: Tensor, centre: Tensor) -> Tensor:
    """Mean over all pixels of the squared difference (``L_rec``).

    Args:
        filled: ``[B, 1, h, w]``, what the generator drew.
        centre: ``[B, 1, h, w]``, what was there.
    """
    if filled.shape != centre.shape:
        raise ValueError(f"filled {tuple(filled.shape)} and centre {tuple(centre.shape)} differ in shape")
    with without_autocast(filled.device):
        return F.mse_loss(at_least_float32(filled), at_least_float32(centre))


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """``L_D = mean softplus(-D(real, y)) + mean softplus(D(fake, y))``, from logits; the real ones first.

    Args:
        real: logits of true centres, any shape.
        fake: logits of drawn centres.
    """
    with without_autocast(real.device):
        return F.softplus(-full_precision(real)).mean() + F.softplus(full_precision(fake)).mean()


def fooling_loss(fake: Tensor) -> Tensor:
    """``L_G,adv = mean softplus(-D(fake, y))``, the non-saturating form: the generator wants the answer "real"."""
    with without_autocast(fake.device):
        return F.softplus(-full_precision(fake)).mean()


def generator_loss(filled: Tensor, centre: Tensor, fake: Tensor, adversarial_weight: float = 0.01) -> GeneratorLoss:
    """``L_G = (1 - w) L_rec + w L_G,adv`` with the paper's weights 0.99 and 0.01.

    Args:
        filled: ``[B, 1, h, w]``, what the generator drew.
        centre: ``[B, 1, h, w]``, what was there.
        fake: the critic's logits of ``filled``, any shape.
        adversarial_weight: w.

    Returns:
        The total, to be minimised, and its parts.
    """
    rebuilt, fooling = reconstruction(filled, centre), fooling_loss(fake)
    return GeneratorLoss((1.0 - adversarial_weight) * rebuilt + adversarial_weight * fooling, rebuilt, fooling)

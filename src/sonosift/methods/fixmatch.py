"""FixMatch: sure answers on weak views are labels for the strong ones (Dadoun et al. 2023, section 2.2.3)."""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor, nn

from sonosift.batches.fixmatch_views import moved_view, randaugmented
from sonosift.batches.view_draws import ViewDraws
from sonosift.errors import SonosiftError
from sonosift.labels.combinations import NOT_KEPT
from sonosift.losses.fixmatch import fixmatch, multi_label_fixmatch
from sonosift.losses.one_label_cross_entropy import one_label_cross_entropy
from sonosift.methods.classifier import SemiSupervised, Told
from sonosift.methods.fixmatch_config import FixmatchConfig
from sonosift.methods.method import ALL, Batch, Place, learning_weights
from sonosift.methods.schedules import set_rate
from sonosift.nets.heads import linear_head


class Fixmatch(SemiSupervised):
    """One head: the organs' sigmoids learn from both halves of a batch.

    Two heads: a softmax over label combinations learns from the unlabelled half; what predicts is the organ head.
    """

    def __init__(self, config: FixmatchConfig, **facts: Any) -> None:
        super().__init__(config, **facts)
        self.config = config
        if self.one_hot != (config.form == "single-label"):
            raise SonosiftError(
                f"FixMatch in its form {config.form} does not fit this label space",
                "Use fixmatch where every image has one label, fixmatch-one-head or fixmatch-two-head where it may "
                "have several.",
            )
        kept = self.facts.combinations or []
        self.combination_head: nn.Linear | None = None
        if config.form == "two-head":
            if len(kept) < 2:
                raise SonosiftError(
                    f"{len(kept)} label combination occurs {config.min_count} times or more; two heads need two",
                    "Lower min_count, give k, label more images, or use fixmatch-one-head.",
                )
            self.combination_head = linear_head(self.backbone.features, len(kept))
        self.register_buffer("combinations", torch.tensor(kept, dtype=torch.float32), persistent=False)

    def heads(self) -> dict[str, nn.Module]:
        """The layer to the labels and, with two heads, the one to their combinations."""
        combinations = {} if self.combination_head is None else {"combination_head": self.combination_head}
        return super().heads() | combinations

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """A weak view, and the same view after RandAugment and a grey square."""
        weak = moved_view(frames, self.image_size, draws)
        return {"weak": weak, "strong": randaugmented(weak, draws)}

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """``L_labelled + lambda_u L_u``, each a mean over its own half."""
        told = self.told(batch)
        assert batch.targets is not None
        free = batch.targets[:, self.facts.labels] == 0
        # One pass over all views: batch normalisation sees them together.
        weak = batch.views["weak"]
        features = self.backbone(torch.cat([weak, batch.views["strong"][free]]))
        whole, strong = self.gather(features[: len(weak)]), self.gather(features[len(weak) :])
        loose = self.gather(features[: len(weak)][free])
        found = {"labelled": self.label_loss(self.logits(whole), told)}
        if self.combination_head is not None:
            found["combinations"] = self._combination_loss(self.combination_head(whole), told)
            unlabelled = fixmatch(self.combination_head(loose), self.combination_head(strong), self.config.threshold)
        else:
            learn = fixmatch if self.one_hot else multi_label_fixmatch
            unlabelled = learn(self.logits(loose), self.logits(strong), self.config.threshold)
        total = sum(found.values(), self.config.unlabelled_weight * unlabelled.loss)
        parts = {name: value.detach() for name, value in found.items()}
        return {"loss": total, **parts, "unlabelled": unlabelled.loss.detach(), "used": unlabelled.used}

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """Adam, or gradient descent with Nesterov's momentum."""
        if self.config.optimizer == "adam":
            return super().turns()
        return {
            ALL: torch.optim.SGD(
                learning_weights([self]),
                lr=self.config.learning_rate,
                momentum=0.9,
                weight_decay=self.config.weight_decay,
                nesterov=True,
            )
        }

    def prepare(self, place: Place, turns: dict[str, torch.optim.Optimizer]) -> None:
        """Set the learning rate of the cosine."""
        if self.config.schedule == "cosine":
            set_rate(
                turns[ALL], self.config.learning_rate * slow_cosine(place.step, place.steps, self.config.warm_steps)
            )

    def _combination_loss(self, logits: Tensor, told: Told) -> Tensor:
        classes = combination_of(told.labels, cast(Tensor, self.combinations))
        # A combination outside the list teaches this head nothing; the organ head learns it nevertheless.
        weights = torch.where(classes == NOT_KEPT, torch.zeros_like(told.weights), told.weights)
        targets = nn.functional.one_hot(classes.clamp(min=0), logits.shape[1])
        return one_label_cross_entropy(logits, targets, weights)


def combination_of(labels: Tensor, kept: Tensor) -> Tensor:
    """Return the class of each row of labels, -1 for a combination that was not kept.

    Args:
        labels: ``[B, C]`` of 0 and 1.
        kept: ``[K, C]``, all different.
    """
    same = (labels[:, None, :] == kept[None]).all(dim=2)
    none = torch.full((len(labels),), NOT_KEPT, device=labels.device)
    return torch.where(same.any(dim=1), same.int().argmax(dim=1), none)


def slow_cosine(step: int, steps: int, warm_steps: int = 0) -> float:
    """Rise in a line, then fall as ``cos(7 pi / 16 * share)``: to a fifth, not to 0.

    >>> slow_cosine(0, 100), round(slow_cosine(100, 100), 4), slow_cosine(5, 100, 10)
    (1.0, 0.1951, 0.5)
    """
    if step < warm_steps:
        return step / warm_steps
    return math.cos(7 * math.pi / 16 * (step - warm_steps) / max(steps - warm_steps, 1))

"""What all methods share that learn from labels: the organ head, what of the backbone learns, averaged weights."""

from __future__ import annotations

from typing import Any, NamedTuple, Self, cast

import torch
from torch import Tensor, nn

from sonosift.batches.draws import draw_key
from sonosift.batches.labelled_and_unlabelled import LabelledAndUnlabelled
from sonosift.batches.sampler import Rows, Sampler
from sonosift.losses.binary_cross_entropy import multi_label_cross_entropy
from sonosift.losses.one_label_cross_entropy import one_label_cross_entropy
from sonosift.losses.row_mean import Normaliser
from sonosift.methods.classifier_config import ClassifierConfig, SemiSupervisedConfig
from sonosift.methods.exam_batches import exam_batches
from sonosift.methods.method import ALL, Batch, Method, Place, adam
from sonosift.methods.moving_average import follow, frozen_copy
from sonosift.nets.backbone import Backbone
from sonosift.nets.heads import linear_head
from sonosift.nets.last_block import last_block

_FOCUS = 2.0
_LARGEST_WEIGHT = 20.0
"""A label seen once among thousands would otherwise drown all others."""


class LabelFacts(NamedTuple):
    """What the labels of a training shape.

    Attributes:
        labels: their number, ``other`` included.
        one_hot: every image has exactly one.
        items: images of the training, labelled ones first.
        labelled: how many of them are labelled.
        positives: labelled images of each label.
        combinations: the label combinations that are classes of their own, each a row of 0 and 1.
    """

    labels: int
    one_hot: bool = False
    items: int = 0
    labelled: int = 0
    positives: list[int] | None = None
    combinations: list[list[int]] | None = None


class Told(NamedTuple):
    """The targets of a batch: labels ``[B, C]``, and ``[B]`` weights that are 0 where there is no label."""

    labels: Tensor
    weights: Tensor


class Classifier(Method):
    """A backbone with a linear layer to the labels.

    Args:
        config: the settings.
        facts: see :class:`LabelFacts`.
    """

    def __init__(self, config: ClassifierConfig, **facts: Any) -> None:
        super().__init__()
        self.settings = config
        self.facts = LabelFacts(**facts)
        self.one_hot = self.facts.one_hot
        self.image_size = config.image_size
        self.backbone = Backbone(config.backbone, config.channels, config.scaling)
        self.organ_head = linear_head(self.backbone.features, self.facts.labels)
        self._learning = self._choose_what_learns(config)
        self.averaged = frozen_copy(nn.ModuleList([self.backbone, self.organ_head])) if config.ema else None
        weights = imbalance_weights(self.facts) if config.imbalance == "weights" else None
        self.register_buffer("label_weights", weights, persistent=False)
        self._focus = _FOCUS if config.imbalance == "focal" else 0.0

    def heads(self) -> dict[str, nn.Module]:
        """The linear layer to the labels."""
        return {"organ_head": self.organ_head}

    def sampler(self, rows: Rows, seed: int) -> Sampler:
        """Whole exams."""
        return exam_batches(rows, self.settings, seed)

    def logits(self, features: Tensor) -> Tensor:
        """Logits over the labels."""
        logits: Tensor = self.organ_head(features)
        return logits

    def probabilities(self, logits: Tensor) -> Tensor:
        """Turn logits into probabilities of the labels."""
        return logits.softmax(dim=1) if self.one_hot else logits.sigmoid()

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """Adam with a fixed rate."""
        return {ALL: adam([self], self.settings.learning_rate, self.settings.weight_decay)}

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return features and logits; when not training, those of the averaged weights if there are any."""
        if self.averaged is None or self.training:
            return super().forward(images)
        features = self.averaged[0](images)
        return features, self.averaged[1](features)

    def weights_filled(self) -> None:
        """The average begins with the first weights."""
        if self.averaged is not None:
            self.averaged.load_state_dict(nn.ModuleList([self.backbone, self.organ_head]).state_dict())

    def after_step(self, place: Place) -> None:  # noqa: ARG002 (the contract's signature)
        """Move the average; running statistics are taken over as they are."""
        if self.averaged is not None:
            student = nn.ModuleList([self.backbone, self.organ_head])
            follow(self.averaged, student, self.settings.ema)
            for slow, fast in zip(self.averaged.buffers(), student.buffers(), strict=True):
                slow.copy_(fast)

    @torch.no_grad()
    def settle(self) -> None:
        """The averaged weights become the weights."""
        if self.averaged is not None:
            nn.ModuleList([self.backbone, self.organ_head]).load_state_dict(self.averaged.state_dict())

    def train(self, mode: bool = True) -> Self:
        """Switch to training; what is frozen keeps its statistics too."""
        super().train(mode)
        if self._learning is not None:
            self.backbone.eval()
            for module in self._learning:
                module.train(mode)
        return self

    def told(self, batch: Batch) -> Told:
        """Return the targets of all processes' rows; without a column of weights every row is labelled."""
        if batch.targets is None:
            raise ValueError("learning from labels needs targets")
        targets = self.gather(batch.targets)
        if targets.shape[1] == self.facts.labels:
            return Told(targets, torch.ones(len(targets), device=targets.device))
        return Told(targets[:, : self.facts.labels], targets[:, self.facts.labels])

    def label_loss(self, logits: Tensor, told: Told, normaliser: Normaliser = "labelled") -> Tensor:
        """Cross-entropy of the labelled rows, as the kind of label space and the settings ask for."""
        weights, focus = cast(Tensor | None, self.label_weights), self._focus
        if self.one_hot:
            return one_label_cross_entropy(
                logits, told.labels, told.weights, class_weights=weights, focus=focus, normaliser=normaliser
            )
        return multi_label_cross_entropy(
            logits, told.labels, told.weights, positive_weights=weights, focus=focus, normaliser=normaliser
        )

    def _choose_what_learns(self, config: ClassifierConfig) -> list[nn.Module] | None:
        if config.finetune == "full":
            return None
        self.backbone.requires_grad_(False)
        learning = last_block(self.backbone.net) if config.finetune == "last-block" else []
        for module in learning:
            module.requires_grad_(True)
        return learning


class SemiSupervised(Classifier):
    """A classifier whose batches have a labelled and an unlabelled half, whole exams both."""

    def __init__(self, config: SemiSupervisedConfig, **facts: Any) -> None:
        super().__init__(config, **facts)
        self._unlabelled = config.model_copy(update={"exams_per_batch": config.unlabelled_exams_per_batch})

    def sampler(self, rows: Rows, seed: int) -> LabelledAndUnlabelled:
        """Whole exams of the labelled items, and whole exams of the others."""
        items = self.facts.labelled
        halves = (rows.part(slice(0, items)), rows.part(slice(items, None)))
        return LabelledAndUnlabelled(
            exam_batches(halves[0], self.settings, draw_key(seed, "labelled")),
            items,
            exam_batches(halves[1], self._unlabelled, draw_key(seed, "unlabelled")),
        )


def imbalance_weights(facts: LabelFacts) -> Tensor | None:
    """Return how much more a label counts: the images without it over those with it, at most 20.

    With one label per image: ``n / (C n_c)``, so that balanced labels weigh 1.
    """
    if not facts.positives:
        return None
    positives = torch.tensor(facts.positives, dtype=torch.float32)
    some = positives.clamp(min=1.0)
    weights = facts.labelled / (len(some) * some) if facts.one_hot else (facts.labelled - positives) / some
    return weights.clamp(min=1.0 / _LARGEST_WEIGHT, max=_LARGEST_WEIGHT)

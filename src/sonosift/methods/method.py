"""What every method is: networks, the batches and views it wants, and named losses of a batch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from lightning import LightningModule
from torch import Tensor, nn

from sonosift.batches.sampler import Rows, Sampler
from sonosift.batches.view_draws import ViewDraws
from sonosift.metrics.embedding_spread import effective_rank, mean_spread
from sonosift.nets.backbone import Backbone

ALL = "all"

Gather = Callable[[Tensor], Tensor]
"""Puts the rows of all processes below each other, in the order of the batch; gradients flow back to their owners."""

Embed = Callable[[], Tensor]
"""Computes the features of every frame of the training, without augmentation: ``[n, features]`` on the CPU."""


class Batch(NamedTuple):
    """One process's part of a batch, on the training device.

    Attributes:
        views: images ``[B, 1, S, S]`` under the names that the method's ``views`` gave them.
        targets: what the method is told of each item: labels ``[B, C]`` of 0 and 1, class numbers, or DICOM tags.
        rows: the rows of the training that the items are made of.
    """

    views: dict[str, Tensor]
    targets: Tensor | None = None
    rows: Tensor | None = None


class Place(NamedTuple):
    """Where training stands: ``step`` of ``steps``, counted from 0."""

    step: int
    steps: int
    steps_per_epoch: int

    @property
    def epoch(self) -> int:
        """The epoch that this step belongs to, counted from 0."""
        return self.step // self.steps_per_epoch

    @property
    def progress(self) -> float:
        """The share of the training that lies behind, 0 at the first step and just below 1 at the last."""
        return self.step / max(self.steps, 1)


class Method(LightningModule):
    """A way of learning. It owns its networks, reads no files, and logs nothing: it returns what is worth logging.

    Attributes:
        backbone: what later stages keep.
        image_size: pixels of a view.
        gather: puts the rows of all processes together; with one process it changes nothing.
        judged_by: the loss that a validation watches, for methods that keep their best step.
        one_hot: its logits are those of one answer per image, not of labels on their own.
    """

    backbone: Backbone
    image_size: int
    gather: Gather
    judged_by: str = "loss"
    one_hot: bool = False

    def __init__(self) -> None:
        super().__init__()
        self.gather = _as_it_is

    @abstractmethod
    def heads(self) -> dict[str, nn.Module]:
        """Return every network besides the backbone that is worth keeping, by name."""

    @abstractmethod
    def sampler(self, rows: Rows, seed: int) -> Sampler:
        """Return the sampler of the batches it wants."""

    @abstractmethod
    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """Turn the sampler's items, ``[B, H, W]`` or ``[B, k, H, W]`` uint8, into the views that ``losses`` wants."""

    def judged_views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """Return the views that a validation judges; those of the training, unless the recipe has others."""
        return self.views(frames, draws)

    @abstractmethod
    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:
        """Return named scalars; ``loss`` is the one that this turn's optimiser minimises."""

    @abstractmethod
    def logits(self, features: Tensor) -> Tensor:
        """Turn features into the logits that the method predicts with (for one without groups, its projection)."""

    @abstractmethod
    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """Return the optimisers by the name of their turn; a step takes the turns in this order."""

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """Lightning's name for ``turns``."""
        return list(self.turns().values())

    def training_step(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:
        """Lightning's name for ``losses``."""
        return self.losses(batch, turn)

    def prepare(self, place: Place, turns: dict[str, torch.optim.Optimizer]) -> None:
        """Set what changes over time (learning rate, momentum of a teacher) from the place alone; before each step."""

    def weights_filled(self) -> None:
        """Bring copies of the backbone in line with it, after it was given its first weights."""

    def settle(self) -> None:
        """End the training, after the weights that are to be kept are in place."""

    def after_backward(self, place: Place) -> None:
        """Do what lies between gradient and step, such as clipping."""

    def after_step(self, place: Place) -> None:
        """Do what follows the optimisers, such as moving a teacher; after each step."""

    def begin_epoch(self, place: Place, embed: Embed) -> None:
        """Do what an epoch begins with, such as new pseudo-labels. What it finds must lie in buffers."""

    @torch.no_grad()
    def health(self, batch: Batch) -> dict[str, float]:
        """Return figures that tell whether learning goes wrong; called now and then, and it changes nothing."""
        was_training = self.training
        self.eval()  # running statistics must not see this extra pass
        features = self.backbone(next(iter(batch.views.values()))).float().cpu().numpy()
        self.train(was_training)
        return {"effective_rank": effective_rank(features), "spread": mean_spread(features)}

    def pictures(self, frames: Tensor) -> dict[str, Tensor]:  # noqa: ARG002 (most have nothing to show)
        """Return pictures ``[n, 1, H, W]`` in 0..1 of uint8 frames that are worth a look in the report, by name."""
        return {}

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return features and logits of ``[B, 1, S, S]`` images."""
        features = self.backbone(images)
        return features, self.logits(features)


def adam(modules: Iterable[nn.Module], learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    """Adam over the weights that learn, in one fused pass."""
    return torch.optim.Adam(learning_weights(modules), lr=learning_rate, weight_decay=weight_decay, fused=True)


def sgd(
    modules: Iterable[nn.Module], learning_rate: float, weight_decay: float, momentum: float = 0.9
) -> torch.optim.Optimizer:
    """Gradient descent with momentum over the weights that learn."""
    return torch.optim.SGD(
        learning_weights(modules), lr=learning_rate, momentum=momentum, weight_decay=weight_decay, fused=True
    )


def learning_weights(modules: Iterable[nn.Module]) -> list[Any]:
    """Return the weights that learn, each once."""
    weights = {id(weight): weight for module in modules for weight in module.parameters() if weight.requires_grad}
    return list(weights.values())


def _as_it_is(rows: Tensor) -> Tensor:
    return rows

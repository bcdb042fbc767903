"""FUSC's last step: what the network is sure of on the plain image, it must also tell from the augmented one."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sonosift.batches.frame_sampler import FrameSampler
from sonosift.batches.fusc_view import fusc_view
from sonosift.batches.random_views import centre_view
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.losses.self_labelling import self_labelling
from sonosift.methods.fusc import group_health
from sonosift.methods.method import ALL, Batch, Method, Place, adam
from sonosift.methods.self_labelling_config import SelfLabellingConfig
from sonosift.nets.backbone import Backbone
from sonosift.nets.heads import linear_head


class SelfLabelling(Method):
    """Cross-entropy alone: nothing keeps the groups filled.

    Attributes:
        skipped: steps in which no answer was sure enough; they change no weight.
    """

    skipped: Tensor

    def __init__(self, config: SelfLabellingConfig) -> None:
        super().__init__()
        self.config = config
        self.image_size = config.image_size
        self.backbone = Backbone(config.backbone, config.channels, config.scaling)
        self.cluster_head = linear_head(self.backbone.features, config.clusters)
        self.register_buffer("skipped", torch.zeros((), dtype=torch.long))
        self._nothing_learnt = False

    def heads(self) -> dict[str, nn.Module]:
        """The linear layer to the K groups."""
        return {"cluster_head": self.cluster_head}

    def sampler(self, rows: Rows, seed: int) -> FrameSampler:
        """Frames in random order."""
        return FrameSampler(len(rows), batch_size=self.config.batch_size, seed=seed)

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """The plain image and the strong view."""
        return {
            "plain": centre_view(frames, self.image_size),
            "strong": fusc_view(frames, self.image_size, draws),
        }

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """Cross-entropy of the strong view against the sure answers on the plain image."""
        strong = self.gather(self.logits(self.backbone(batch.views["strong"])))
        plain = self.gather(self._plain_logits(batch.views["plain"]))
        found = self_labelling(plain, strong, self.config.threshold, class_balancing=self.config.class_balancing)
        self._nothing_learnt = not bool(found.confident)
        return {"loss": found.loss, "confident_share": found.confident / len(plain)}

    def logits(self, features: Tensor) -> Tensor:
        """Logits over the K groups."""
        logits: Tensor = self.cluster_head(features)
        return logits

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """Adam with a fixed rate."""
        return {ALL: adam([self], self.config.learning_rate, self.config.weight_decay)}

    def after_backward(self, place: Place) -> None:  # noqa: ARG002
        """Where nothing was learnt, Adam must not move the weights either, by decay or momentum."""
        if self._nothing_learnt:
            self.zero_grad(set_to_none=True)
            self.skipped += 1

    @torch.no_grad()
    def health(self, batch: Batch) -> dict[str, float]:
        """How many groups the batch fills, how evenly, and how many directions its features span."""
        return group_health(self, batch.views["plain"])

    @torch.no_grad()
    def _plain_logits(self, images: Tensor) -> Tensor:
        # The answer that a user of the network gets: with its running statistics.
        was_training = self.training
        self.eval()
        logits = self.logits(self.backbone(images))
        self.train(was_training)
        return logits

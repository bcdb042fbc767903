"""MoCo v2 (Chen et al. 2020): the negatives wait in a queue, encoded by a network that changes slowly."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sonosift.batches.frame_sampler import FrameSampler
from sonosift.batches.random_views import strong_view
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.batches.view_presets import preset
from sonosift.losses.queue_contrast import queue_contrast
from sonosift.methods.method import ALL, Batch, Method, Place, sgd
from sonosift.methods.moco_config import MocoConfig
from sonosift.methods.moving_average import follow, frozen_copy
from sonosift.methods.schedules import cosine, set_rate
from sonosift.nets.backbone import Backbone
from sonosift.nets.heads import projection_head


class Moco(Method):
    """A query must match the key of its own image better than the keys of earlier images.

    Args:
        config: the settings.
        frames: images of the training set; the queue holds at most half as many.
    """

    queue: Tensor
    next_place: Tensor

    def __init__(self, config: MocoConfig, frames: int) -> None:
        super().__init__()
        self.config = config
        self.image_size = config.image_size
        self.backbone = Backbone(config.backbone, config.channels)
        self.projection = projection_head(self.backbone.features, config.projection)
        self.key_backbone, self.key_projection = frozen_copy(self.backbone), frozen_copy(self.projection)
        length = max(1, min(config.queue, frames // 2))
        self.register_buffer("queue", F.normalize(torch.randn(config.projection, length), dim=0))
        self.register_buffer("next_place", torch.zeros((), dtype=torch.long))
        self._view = preset(config.view)

    def heads(self) -> dict[str, nn.Module]:
        """The projection."""
        return {"projection": self.projection}

    def sampler(self, rows: Rows, seed: int) -> FrameSampler:
        """Frames in random order."""
        return FrameSampler(len(rows), batch_size=self.config.batch_size, seed=seed)

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """Two independent strong views: the first asks, the second answers."""
        return {name: strong_view(frames, self.image_size, self._view, draws) for name in ("query", "key")}

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """Query, then the key network moves, then key, then the loss against the old queue, then the key joins it."""
        query = self.projection(self.backbone(batch.views["query"]))
        with torch.no_grad():
            if self.training:
                follow(self.key_backbone, self.backbone, self.config.momentum)
                follow(self.key_projection, self.projection, self.config.momentum)
            key = F.normalize(self.key_projection(self.key_backbone(batch.views["key"])).float(), dim=1)
        gathered = self.gather(query), self.gather(key)
        # A copy: the gradient is computed after the queue has moved on.
        loss = queue_contrast(*gathered, self.queue.clone(), self.config.temperature)
        if self.training:
            self._enqueue(gathered[1])
        return {"loss": loss}

    def logits(self, features: Tensor) -> Tensor:
        """The projection."""
        projected: Tensor = self.projection(features)
        return projected

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """Gradient descent over the query network."""
        return {ALL: sgd([self], self.config.learning_rate, self.config.weight_decay)}

    def prepare(self, place: Place, turns: dict[str, torch.optim.Optimizer]) -> None:
        """Cosine from epoch to epoch, down to 0."""
        epochs = max(1, -(-place.steps // place.steps_per_epoch))
        set_rate(turns[ALL], cosine(place.epoch / epochs, self.config.learning_rate, 0.0))

    def weights_filled(self) -> None:
        """The key network starts as the query network."""
        self.key_backbone.load_state_dict(self.backbone.state_dict())

    @torch.no_grad()
    def _enqueue(self, keys: Tensor) -> None:
        length = self.queue.shape[1]
        newest = keys[-length:]
        places = (self.next_place + torch.arange(len(newest), device=keys.device)) % length
        self.queue[:, places] = newest.T.to(self.queue.dtype)
        self.next_place.copy_((self.next_place + len(newest)) % length)

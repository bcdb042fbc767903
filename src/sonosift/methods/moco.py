"""MoCo v2 (Chen et al. 2020): the negatives wait in a queue, encoded by a network that changes slowly."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from sonosift.losses.queue_contrast import queue_contrast
from sonosift.methods.method import ALL, Batch, Place, sgd
from sonosift.methods.moco_config import MocoConfig
from sonosift.methods.moving_average import follow, frozen_copy
from sonosift.methods.schedules import cosine, set_rate
from sonosift.methods.two_views import TwoViews


class Moco(TwoViews):
    """A query must match the key of its own image better than the keys of earlier images.

    Args:
        config: the settings.
        frames: images of the training set; the queue holds at most half as many.
    """

    view_names = ("query", "key")
    queue: Tensor
    next_place: Tensor

    def __init__(self, config: MocoConfig, frames: int) -> None:
        super().__init__(config)
        self.config = config
        self.key_backbone, self.key_projection = frozen_copy(self.backbone), frozen_copy(self.projection)
        length = queue_length(config.queue, min(config.batch_size, frames), frames)
        self.register_buffer("queue", F.normalize(torch.randn(config.projection, length), dim=0))
        self.register_buffer("next_place", torch.zeros((), dtype=torch.long))

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

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """Gradient descent over the query network."""
        config = self.config
        return {ALL: sgd([self], config.learning_rate, config.weight_decay, config.sgd_momentum)}

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


def queue_length(wanted: int, batch: int, frames: int) -> int:
    """Return how many keys wait: whole batches, at most half the training set.

    A longer queue would hold an image's own old key as a wrong answer. Where one batch is more than half the set, the
    newest half stays.

    >>> queue_length(4096, 256, 100_000), queue_length(4096, 256, 3000), queue_length(4096, 256, 300)
    (4096, 1280, 150)
    """
    most = max(1, min(wanted, frames // 2))
    return most // batch * batch or most

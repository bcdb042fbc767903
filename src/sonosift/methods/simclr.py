"""SimCLR (Chen et al. 2020), as FUSC and USCL use it: find the other view of the image in the batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sonosift.batches.frame_sampler import FrameSampler
from sonosift.batches.random_views import strong_view
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.batches.view_presets import preset
from sonosift.losses.nt_xent import nt_xent
from sonosift.methods.method import ALL, Batch, Method, Place, adam, sgd
from sonosift.methods.schedules import cosine, set_rate
from sonosift.methods.simclr_config import SimclrConfig
from sonosift.nets.backbone import Backbone
from sonosift.nets.heads import projection_head


class Simclr(Method):
    """Two strong views of every image; each must find the other among all views of the batch."""

    def __init__(self, config: SimclrConfig) -> None:
        super().__init__()
        self.config = config
        self.image_size = config.image_size
        self.backbone = Backbone(config.backbone, config.channels)
        self.projection = projection_head(self.backbone.features, config.projection)
        self._view = preset(config.view)

    def heads(self) -> dict[str, nn.Module]:
        """The projection: FUSC looks for neighbours in it."""
        return {"projection": self.projection}

    def sampler(self, rows: Rows, seed: int) -> FrameSampler:
        """Frames in random order."""
        return FrameSampler(len(rows), batch_size=self.config.batch_size, seed=seed)

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """Two independent strong views."""
        return {name: strong_view(frames, self.image_size, self._view, draws) for name in ("first", "second")}

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """NT-Xent over the whole batch, of all processes."""
        # One pass over both views: batch normalisation sees them together, and the processor larger batches.
        both = self.projection(self.backbone(torch.cat([batch.views["first"], batch.views["second"]])))
        first, second = (self.gather(view) for view in both.chunk(2))
        return {"loss": nt_xent(first, second, self.config.temperature, symmetric=self.config.symmetric)}

    def logits(self, features: Tensor) -> Tensor:
        """The projection."""
        projected: Tensor = self.projection(features)
        return projected

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """One optimiser over all."""
        make = sgd if self.config.optimizer == "sgd" else adam
        return {ALL: make([self], self.config.learning_rate, self.config.weight_decay)}

    def prepare(self, place: Place, turns: dict[str, torch.optim.Optimizer]) -> None:
        """Cosine from epoch to epoch, down to a thousandth, or the same rate throughout."""
        if self.config.schedule == "cosine":
            epochs = max(1, -(-place.steps // place.steps_per_epoch))
            peak = self.config.learning_rate
            set_rate(turns[ALL], cosine(place.epoch / epochs, peak, peak * 1e-3))

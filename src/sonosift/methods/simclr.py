"""SimCLR (Chen et al. 2020), as FUSC and USCL use it: find the other view of the image in the batch."""

from __future__ import annotations

import torch
from torch import Tensor

from sonosift.losses.nt_xent import nt_xent
from sonosift.methods.method import ALL, Batch, Place, adam, sgd
from sonosift.methods.schedules import cosine, set_rate
from sonosift.methods.simclr_config import SimclrConfig
from sonosift.methods.two_views import TwoViews


class Simclr(TwoViews):
    """Two strong views of every image; each must find the other among all views of the batch."""

    def __init__(self, config: SimclrConfig) -> None:
        super().__init__(config)
        self.config = config

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """NT-Xent over the whole batch, of all processes."""
        # One pass over both views: batch normalisation sees them together, and the processor larger batches.
        both = self.projection(self.backbone(torch.cat([batch.views["first"], batch.views["second"]])))
        first, second = (self.gather(view) for view in both.chunk(2))
        return {"loss": nt_xent(first, second, self.config.temperature, symmetric=self.config.symmetric)}

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """One optimiser over all."""
        config = self.config
        if config.optimizer == "adam":
            return {ALL: adam([self], config.learning_rate, config.weight_decay)}
        return {ALL: sgd([self], config.learning_rate, config.weight_decay, config.sgd_momentum)}

    def prepare(self, place: Place, turns: dict[str, torch.optim.Optimizer]) -> None:
        """Cosine from epoch to epoch, down to a thousandth, or the same rate throughout."""
        if self.config.schedule == "cosine":
            epochs = max(1, -(-place.steps // place.steps_per_epoch))
            peak = self.config.learning_rate
            set_rate(turns[ALL], cosine(place.epoch / epochs, peak, peak * 1e-3))

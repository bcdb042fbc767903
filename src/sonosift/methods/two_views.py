"""What SimCLR and MoCo have in common: two strong views of every frame, and a projection on the backbone."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from sonosift.batches.frame_sampler import FrameSampler
from sonosift.batches.random_views import strong_view
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.batches.view_presets import preset
from sonosift.methods.method import Method
from sonosift.methods.moco_config import MocoConfig
from sonosift.methods.simclr_config import SimclrConfig
from sonosift.nets.backbone import Backbone
from sonosift.nets.heads import projection_head


class TwoViews(Method):
    """A method that compares projections of two independent views of a frame."""

    view_names: ClassVar[tuple[str, str]] = ("first", "second")

    def __init__(self, config: SimclrConfig | MocoConfig) -> None:
        super().__init__()
        self.image_size, self._batch_size = config.image_size, config.batch_size
        self.backbone = Backbone(config.backbone, config.channels, config.scaling)
        self.projection = projection_head(self.backbone.features, config.projection)
        self._view = preset(config.view)

    def heads(self) -> dict[str, nn.Module]:
        """The projection: FUSC looks for neighbours in it."""
        return {"projection": self.projection}

    def sampler(self, rows: Rows, seed: int) -> FrameSampler:
        """Frames in random order."""
        return FrameSampler(len(rows), batch_size=self._batch_size, seed=seed)

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """Two independent strong views."""
        return {name: strong_view(frames, self.image_size, self._view, draws) for name in self.view_names}

    def logits(self, features: Tensor) -> Tensor:
        """The projection."""
        projected: Tensor = self.projection(features)
        return projected

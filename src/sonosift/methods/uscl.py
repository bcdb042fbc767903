"""USCL (Chen et al. 2021): one pair per clip, its views mixed from frames of the clip; labels join in."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from sonosift.batches.clip_sampler import ClipSampler
from sonosift.batches.random_views import strong_view
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.batches.view_presets import preset
from sonosift.losses.nt_xent import nt_xent
from sonosift.losses.uscl import uscl_loss
from sonosift.methods.method import ALL, Batch, Method, Place, adam
from sonosift.methods.schedules import cosine, set_rate
from sonosift.methods.uscl_config import UsclConfig
from sonosift.nets.backbone import Backbone
from sonosift.nets.heads import linear_head, projection_head

_LAST_CONSTANT_EPOCH = 10
_COSINE_EPOCHS = 300
"""The published code holds the rate for 11 epochs and then follows a cosine of 300, which it never walks to its end."""


class Uscl(Method):
    """Contrast between clips, and cross-entropy where a clip has a label.

    Args:
        config: the settings.
        classes: classes of the labels; 0 when there are none.
    """

    judged_by = "contrast"

    def __init__(self, config: UsclConfig, classes: int = 0) -> None:
        super().__init__()
        self.config = config
        self.image_size = config.image_size
        self.backbone = Backbone(config.backbone, config.channels, config.scaling)
        self.projection = projection_head(self.backbone.features, config.projection, bias=config.projection_bias)
        seen = config.projection if config.classifier_sees == "projection" else self.backbone.features
        self.classifier = linear_head(seen, classes) if classes and config.label_weight else None
        self._view = preset(config.view)

    def heads(self) -> dict[str, nn.Module]:
        """The projection, and the classifier if there are labels."""
        return {"projection": self.projection} | ({"classifier": self.classifier} if self.classifier else {})

    def sampler(self, rows: Rows, seed: int) -> ClipSampler:
        """Three frames of each clip."""
        config = self.config
        return ClipSampler(
            rows,
            clips_per_batch=config.clips_per_batch,
            chronological=config.chronological,
            frames_per_second=config.frames_per_second,
            seed=seed,
        )

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """Mix the ends of ``[B, 3, H, W]`` with the middle, then augment; or the other way round, as the code does."""
        first, middle, last = frames.unbind(dim=1)
        share = self._shares(frames, draws)
        if not self.config.mix_after_augment:
            mixed = mix(middle, first, share[0]), mix(middle, last, share[1])
            return {
                name: strong_view(view, self.image_size, self._view, draws)
                for name, view in zip(("first", "second"), mixed, strict=True)
            }
        first, middle, last = (strong_view(part, self.image_size, self._view, draws) for part in (first, middle, last))
        return {"first": mix(middle, first, share[0]), "second": mix(middle, last, share[1])}

    def judged_views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """Two frames of the clip as they are, unmixed, each augmented: what the published code judges."""
        first, middle, last = frames.unbind(dim=1)
        other = torch.where(_alone(frames)[:, None, None], last, middle)
        return {
            name: strong_view(view, self.image_size, self._view, draws)
            for name, view in (("first", first), ("second", other))
        }

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """``L_con + lambda L_sup``; without a labelled clip in the batch it is the first alone."""
        config = self.config
        features = self._features(batch)
        projected = self.projection(features)
        if self.classifier is None or batch.targets is None:
            first, second = (self.gather(view) for view in projected.chunk(2))
            contrast = nt_xent(first, second, config.temperature)
            return {"loss": contrast, "contrast": contrast.detach()}
        seen = projected if config.classifier_sees == "projection" else features
        logits = torch.cat([self.gather(view) for view in self.classifier(seen).chunk(2)])
        if config.passes > 1:
            projected = self.projection(self._features(batch))
        first, second = (self.gather(view) for view in projected.chunk(2))
        found = uscl_loss(
            first,
            second,
            logits,
            self.gather(batch.targets).repeat(2),
            temperature=config.temperature,
            label_weight=config.label_weight,
            normaliser=config.label_normaliser,
            label_views=config.label_views,
        )
        return {"loss": found.total, "contrast": found.contrast.detach(), "label_term": found.label_term.detach()}

    def logits(self, features: Tensor) -> Tensor:
        """The projection."""
        projected: Tensor = self.projection(features)
        return projected

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """Adam over all."""
        return {ALL: adam([self], self.config.learning_rate, self.config.weight_decay)}

    def prepare(self, place: Place, turns: dict[str, torch.optim.Optimizer]) -> None:
        """The same rate throughout (the paper), or constant and then along a cosine (the code)."""
        if self.config.schedule == "cosine":
            share = max(0, place.epoch - _LAST_CONSTANT_EPOCH) / _COSINE_EPOCHS
            set_rate(turns[ALL], cosine(share, self.config.learning_rate, 0.0))

    def _features(self, batch: Batch) -> Tensor:
        views = batch.views["first"], batch.views["second"]
        if self.config.passes == 1:
            return cast(Tensor, self.backbone(torch.cat(views)))
        return torch.cat([self.backbone(view) for view in views])

    def _shares(self, frames: Tensor, draws: ViewDraws) -> Tensor:
        """Draw how much of the middle frame goes into each end, ``[2, B]``; nothing where there is no third frame."""
        count = len(frames)
        drawn = draws.beta(count, self.config.mixing, 2)
        share = (drawn[:1] if self.config.shared_mixing else drawn).expand(2, count).to(frames.device)
        return share.masked_fill(_alone(frames), 0.0)


def _alone(frames: Tensor) -> Tensor:
    """Say for each clip whether it lacks a third frame: its middle one repeats the first."""
    return (frames[:, 0] == frames[:, 1]).flatten(1).all(dim=1)


def mix(middle: Tensor, end: Tensor, share: Tensor) -> Tensor:
    """``xi * middle + (1 - xi) * end`` for each item of a batch (USCL eqs. 1 and 2).

    Args:
        middle: ``[B, ...]``, the frame that both views share.
        end: ``[B, ...]``, the earlier or the later frame.
        share: ``[B]``, xi.
    """
    weight = share.view(-1, *[1] * (middle.ndim - 1))
    return weight * middle.float() + (1.0 - weight) * end.float()

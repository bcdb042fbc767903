"""Backbone, scaling and head as one network from stored frames to answers, without Lightning and without a cohort."""

from __future__ import annotations

import copy
from typing import Any, cast

import torch
from torch import Tensor, nn

from sonosift.export.answer_head import Centres, Head
from sonosift.export.description import Description
from sonosift.export.frame_preparation import FramePreparation
from sonosift.nets.backbone import Backbone, is_transformer

FEATURES, LOGITS, PROBABILITIES, COMBINATIONS = "features", "logits", "probabilities", "combination_probabilities"
GROUP, CONFIDENCE = "group", "confidence"


class ExportedNetwork(nn.Module):
    """``[N, height, width]`` uint8 frames become what ``output_names`` lists.

    Args:
        description: What it answers.
        backbone: With its weights; a copy is kept.
        head: Nothing for a network of features.
        combination_head: The second head of a classifier, if it has one.
    """

    def __init__(
        self, description: Description, backbone: Backbone, head: Head | None, combination_head: nn.Module | None
    ) -> None:
        super().__init__()
        self.description = description
        frames = description.frames
        self.prepare = FramePreparation(frames.height, frames.width, frames.image_size)
        self.backbone = of_fixed_size(backbone, frames.image_size)
        self.head = None if head is None else head.module
        self.combination_head = combination_head
        merged = description.groups.merged if description.groups else {}
        if merged:
            self.register_buffer("merged", torch.tensor([merged[group] for group in sorted(merged)]))
        self.eval()

    @property
    def output_names(self) -> list[str]:
        """What ``forward`` returns, in its order."""
        if self.description.kind == "features":
            return [FEATURES]
        if self.description.kind == "groups":
            return [FEATURES, GROUP, CONFIDENCE]
        second = [] if self.combination_head is None else [COMBINATIONS]
        return [FEATURES, LOGITS, PROBABILITIES, *second]

    def forward(self, frames: Tensor) -> tuple[Tensor, ...]:
        """Answer."""
        features = self.backbone(self.prepare(frames))
        if self.head is None:
            return (features,)
        found = self.head(features)
        if self.description.kind == "groups":
            return (features, *self._groups(found))
        labels = self.description.labels
        assert labels is not None
        cooled = found / (labels.temperature or 1.0)
        stated = cooled.softmax(dim=1) if labels.one_answer else cooled.sigmoid()
        if self.combination_head is None:
            return features, found, stated
        return features, found, stated, self.combination_head(features).softmax(dim=1)

    def _groups(self, found: Tensor) -> tuple[Tensor, Tensor]:
        if self.head is not None and isinstance(self.head[-1], Centres):
            nearest, places = found.topk(2, dim=1, largest=False)
            group = places[:, 0]
            confidence = 1.0 - nearest[:, 0] / nearest[:, 1].clamp(min=1e-12)
        else:
            confidence, group = found.softmax(dim=1).max(dim=1)
        if self.description.groups and self.description.groups.merged:
            group = cast(Tensor, self.merged)[group]
        return group, confidence


def of_fixed_size(backbone: Backbone, size: int) -> Backbone:
    """Return a copy for images of one size: a transformer's position table is stretched once, and not each time."""
    fixed = copy.deepcopy(backbone).cpu().eval()
    if not is_transformer(backbone.name):
        return fixed
    import timm
    from timm.layers.pos_embed import resample_abs_pos_embed

    net: Any = timm.create_model(backbone.name, num_classes=0, in_chans=backbone.channels, img_size=size)
    weights = fixed.net.state_dict()
    prefix = 0 if net.no_embed_class else net.num_prefix_tokens
    weights["pos_embed"] = resample_abs_pos_embed(
        weights["pos_embed"], new_size=list(net.patch_embed.grid_size), num_prefix_tokens=prefix
    )
    net.load_state_dict(weights)
    fixed.net = net.eval()
    return fixed

"""DeepCluster (Caron et al. 2018), the recipe behind DeepMCAT: k-means on the features gives the labels to learn."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sonosift.batches.group_sampler import GroupSampler
from sonosift.batches.random_views import strong_view
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.batches.view_presets import preset
from sonosift.methods.deepcluster_config import DeepclusterConfig
from sonosift.methods.method import ALL, Batch, Embed, Method, Place, learning_weights
from sonosift.metrics.clustering import effective_clusters
from sonosift.neighbours.k_means import k_means
from sonosift.neighbours.whitening import whitened
from sonosift.nets.backbone import Backbone
from sonosift.nets.heads import linear_head


class Deepcluster(Method):
    """Every epoch begins with new groups and a fresh top layer.

    Args:
        config: the settings.
        frames: images of the training set.
    """

    groups: Tensor

    def __init__(self, config: DeepclusterConfig, frames: int) -> None:
        super().__init__()
        self.config = config
        self.image_size = config.image_size
        self.backbone = Backbone(config.backbone, config.channels, config.scaling)
        features_before_last_relu(self.backbone)
        self.clusters = min(config.clusters, frames)
        self.top = linear_head(self.backbone.features, self.clusters)
        self.register_buffer("groups", torch.zeros(frames, dtype=torch.long))
        self._view = preset(config.view)

    def heads(self) -> dict[str, nn.Module]:
        """The top layer of the last epoch."""
        return {"top": self.top}

    def sampler(self, rows: Rows, seed: int) -> GroupSampler:
        """Frames drawn evenly over the groups that are not empty."""
        return GroupSampler(len(rows), lambda: self.groups.cpu().numpy(), batch_size=self.config.batch_size, seed=seed)

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """One strong view."""
        return {"image": strong_view(frames, self.image_size, self._view, draws)}

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """Cross-entropy against the groups."""
        if batch.rows is None:
            raise ValueError("DeepCluster has to know which rows are in the batch")
        logits = self.gather(self.logits(self.backbone(batch.views["image"]))).float()
        return {"loss": F.cross_entropy(logits, self.gather(self.groups[batch.rows]))}

    def logits(self, features: Tensor) -> Tensor:
        """The top layer on features that end, here, before their last ReLU."""
        logits: Tensor = self.top(torch.relu(features))
        return logits

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """Gradient descent, without momentum in the top layer: it is new every epoch."""
        groups = [
            {"params": learning_weights([self.backbone]), "momentum": self.config.momentum},
            {"params": learning_weights([self.top]), "momentum": 0.0},
        ]
        optimizer = torch.optim.SGD(
            groups, lr=self.config.learning_rate, weight_decay=self.config.weight_decay, fused=True
        )
        return {ALL: optimizer}

    def begin_epoch(self, place: Place, embed: Embed) -> None:  # noqa: ARG002 (each epoch alike)
        """Whiten all features, group them, and start the top layer anew."""
        features = whitened(embed().numpy(), self.config.components)
        # Drawn here, from what the training seeds anew each epoch: every k-means starts elsewhere.
        seed = int(torch.randint(2**31, ()))
        found = k_means(features, self.clusters, seed=seed, iterations=self.config.iterations, restarts=1)
        self.groups.copy_(torch.from_numpy(found.assignments))
        with torch.no_grad():
            self.top.weight.copy_(torch.randn(self.top.weight.shape) * self.config.top_spread)
            self.top.bias.zero_()

    def health(self, batch: Batch) -> dict[str, float]:
        """How many groups k-means filled, how evenly, and the figures of every method."""
        groups = self.groups.cpu().numpy()
        filled = {
            "filled_clusters": float(len(np.unique(groups))),
            "effective_clusters": effective_clusters(groups),
        }
        return super().health(batch) | filled


def features_before_last_relu(backbone: Backbone) -> None:
    """Let a VGG network end before its last ReLU, as DeepCluster clusters it; other networks stay as they are.

    Activations hold no weights: the saved keys are the same.
    """
    before_head = getattr(backbone.net, "pre_logits", None)
    if before_head is not None and hasattr(before_head, "act2"):
        before_head.act2 = nn.Identity()

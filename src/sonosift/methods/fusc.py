"""FUSC's clustering step (Alasmawi et al.): an image and one of its nearest neighbours belong into the same group."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sonosift.batches.fusc_view import fusc_view
from sonosift.batches.neighbour_sampler import NeighbourSampler
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.losses.neighbour_consistency import neighbour_consistency
from sonosift.methods.fusc_config import FuscConfig
from sonosift.methods.method import ALL, Batch, Method, adam
from sonosift.metrics.clustering import effective_clusters, filled_clusters
from sonosift.metrics.embedding_spread import effective_rank
from sonosift.nets.backbone import Backbone
from sonosift.nets.heads import linear_head


class Fusc(Method):
    """A linear layer to K groups on a network that has learnt to see already.

    Args:
        config: the settings.
        frames: images of the training set. ``table`` holds the neighbours of each; until it is filled, every image is
            its own.
    """

    table: Tensor

    def __init__(self, config: FuscConfig, frames: int) -> None:
        super().__init__()
        self.config = config
        self.image_size = config.image_size
        self.backbone = Backbone(config.backbone, config.channels, config.scaling)
        self.cluster_head = linear_head(self.backbone.features, config.clusters)
        width = min(config.neighbours + 1, frames)
        self.register_buffer("table", torch.arange(frames)[:, None].repeat(1, width))
        self._frozen = config.learns != "network"
        if self._frozen:
            self.backbone.requires_grad_(False)

    def heads(self) -> dict[str, nn.Module]:
        """The linear layer to the K groups."""
        return {"cluster_head": self.cluster_head}

    def sampler(self, rows: Rows, seed: int) -> NeighbourSampler:  # noqa: ARG002 (the table knows the frames)
        """Images in random order, each with one of its row of the table."""
        return NeighbourSampler(self.table.cpu().numpy(), batch_size=self.config.batch_size, seed=seed)

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """The same strong view of image and neighbour, each drawn for itself."""
        return {
            "anchor": fusc_view(frames[:, 0], self.image_size, draws),
            "neighbour": fusc_view(frames[:, 1], self.image_size, draws),
        }

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """``consistency - lambda * entropy``."""
        # One pass over both: batch normalisation sees them together, and the processor larger batches.
        both = self.logits(self.backbone(torch.cat([batch.views["anchor"], batch.views["neighbour"]])))
        anchors, neighbours = (self.gather(part) for part in both.chunk(2))
        found = neighbour_consistency(anchors, neighbours, self.config.entropy_weight)
        return {
            "loss": found.total,
            "consistency": found.consistency.detach(),
            "entropy": found.entropy.detach(),
        }

    def logits(self, features: Tensor) -> Tensor:
        """Logits over the K groups."""
        logits: Tensor = self.cluster_head(features)
        return logits

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """Adam with a fixed rate."""
        return {ALL: adam([self], self.config.learning_rate, self.config.weight_decay)}

    def train(self, mode: bool = True) -> Fusc:
        """Switch to training; a frozen backbone keeps its statistics too."""
        super().train(mode)
        if self._frozen:
            self.backbone.eval()
        return self

    @torch.no_grad()
    def health(self, batch: Batch) -> dict[str, float]:
        """How many groups the batch fills, how evenly, and how many directions its features span."""
        return group_health(self, batch.views["anchor"])


@torch.no_grad()
def group_health(method: Method, images: Tensor) -> dict[str, float]:
    """Return the figures of a method whose logits are groups; it changes nothing."""
    was_training = method.training
    method.eval()  # running statistics must not see this extra pass
    features, logits = method(images)
    method.train(was_training)
    groups = logits.argmax(dim=1).cpu().numpy()
    return {
        "filled_clusters": float(filled_clusters(groups)),
        "effective_clusters": effective_clusters(groups),
        "effective_rank": effective_rank(features.float().cpu().numpy()),
    }

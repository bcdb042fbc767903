"""Deep clustering: PICA, or LSD with the Dirichlet balance (Dadoun et al. 2023, section 2.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sonosift.batches.exam_sampler import ExamSampler
from sonosift.batches.random_views import strong_view, weak_view
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.batches.view_presets import preset
from sonosift.losses.dirichlet_prior import dirichlet_floor, lsd_loss
from sonosift.losses.pica import pica_loss
from sonosift.methods.exam_batches import exam_batches
from sonosift.methods.method import ALL, Batch, Method, Place, adam
from sonosift.methods.pica_config import PicaConfig
from sonosift.metrics.clustering import effective_clusters, filled_clusters
from sonosift.metrics.embedding_spread import effective_rank, mean_spread
from sonosift.nets.backbone import Backbone
from sonosift.nets.heads import linear_head


class Pica(Method):
    """Two views of every image must fall into the same group, and no group may stay empty.

    A second head with more groups may learn in turn with the first, an epoch each; the last epoch is the first's.
    """

    def __init__(self, config: PicaConfig) -> None:
        super().__init__()
        self.config = config
        self.image_size = config.image_size
        self.backbone = Backbone(config.backbone, config.channels, config.scaling)
        self.cluster_head = linear_head(self.backbone.features, config.clusters)
        self.over_head = linear_head(self.backbone.features, config.over_clusters) if config.over_clusters else None
        self._over_learns = False
        self._strong = preset(config.strong_view)

    def heads(self) -> dict[str, nn.Module]:
        """The linear layer to the K groups, and the one to more of them."""
        found: dict[str, nn.Module] = {"cluster_head": self.cluster_head}
        return found | ({"over_head": self.over_head} if self.over_head else {})

    def sampler(self, rows: Rows, seed: int) -> ExamSampler:
        """Whole exams."""
        return exam_batches(rows, self.config, seed)

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """One weak view, and ``repeats`` strong ones after each other."""
        strong = [strong_view(frames, self.image_size, self._strong, draws) for _ in range(self.config.repeats)]
        return {"weak": weak_view(frames, self.image_size, draws), "strong": torch.cat(strong)}

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """``L_CE + lambda * balance``; the balance looks at the weak view alone."""
        config = self.config
        weak, strong = self._logits_of_views(batch)
        # Every copy of a weak view stands beside one of its strong views; copies leave the balance as it is.
        weak = weak.repeat(config.repeats, 1)
        if config.balance == "entropy":
            found, floor = pica_loss(weak, strong, config.balance_weight, swapped=config.swapped_views), 0.0
        else:
            found = lsd_loss(weak, strong, config.balance_weight, config.alpha, swapped=config.swapped_views)
            floor = dirichlet_floor(weak.shape[1], config.alpha)
        return {
            "loss": found.total,
            "consistency": found.consistency.detach(),
            # What the balance costs beyond equal groups: 0 is perfect for both forms.
            "balance_excess": found.balance.detach() - floor,
        }

    def logits(self, features: Tensor) -> Tensor:
        """Logits over the K groups."""
        logits: Tensor = self.cluster_head(features)
        return logits

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """Adam with a fixed rate."""
        return {ALL: adam([self], self.config.learning_rate, self.config.weight_decay)}

    def prepare(self, place: Place, turns: dict[str, torch.optim.Optimizer]) -> None:  # noqa: ARG002 (fixed rates)
        """Say which head learns in this epoch."""
        last_epoch = (place.steps - 1) // place.steps_per_epoch
        self._over_learns = self.over_head is not None and (last_epoch - place.epoch) % 2 == 1

    def after_backward(self, place: Place) -> None:  # noqa: ARG002 (the contract's signature)
        """The head whose turn it is not stays where it is: without a gradient Adam passes it over."""
        if self.over_head is not None:
            (self.cluster_head if self._over_learns else self.over_head).zero_grad()

    @torch.no_grad()
    def health(self, batch: Batch) -> dict[str, float]:
        """How many groups the batch fills, how evenly, and how many directions its features span."""
        was_training = self.training
        self.eval()  # running statistics must not see this extra pass
        features, logits = self(batch.views["weak"])
        self.train(was_training)
        groups, seen = logits.argmax(dim=1).cpu().numpy(), features.float().cpu().numpy()
        return {
            "filled_clusters": float(filled_clusters(groups)),
            "effective_clusters": effective_clusters(groups),
            "effective_rank": effective_rank(seen),
            "spread": mean_spread(seen),
        }

    def _logits_of_views(self, batch: Batch) -> tuple[Tensor, Tensor]:
        # One pass over both views: batch normalisation sees them together, and the processor larger batches.
        weak = len(batch.views["weak"])
        features = self.backbone(torch.cat([batch.views["weak"], batch.views["strong"]]))
        logits = self.logits(features)
        if self.over_head is not None:
            over = self.over_head(features)
            learns, rests = (over, logits) if self._over_learns else (logits, over)
            # Several processes wait for a gradient of every weight: nothing is one.
            logits = learns + 0.0 * rests.sum()
        strong = torch.cat([self.gather(repeat) for repeat in logits[weak:].chunk(self.config.repeats)])
        return self.gather(logits[:weak]), strong

"""Deep clustering: PICA, or LSD with the Dirichlet balance (Dadoun et al. 2023, section 2.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sonosift.batches.exam_sampler import ExamSampler
from sonosift.batches.random_views import strong_view, weak_view
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.batches.view_presets import preset
from sonosift.losses.dirichlet_prior import dirichlet_floor, dirichlet_prior
from sonosift.losses.pica import consistency, negative_entropy
from sonosift.methods.method import ALL, Batch, Method, adam
from sonosift.methods.pica_config import PicaConfig
from sonosift.metrics.clustering import effective_clusters, filled_clusters
from sonosift.metrics.embedding_spread import effective_rank
from sonosift.nets.backbone import Backbone
from sonosift.nets.heads import linear_head


class Pica(Method):
    """Two views of every image must fall into the same group, and no group may stay empty."""

    def __init__(self, config: PicaConfig) -> None:
        super().__init__()
        self.config = config
        self.image_size = config.image_size
        self.backbone = Backbone(config.backbone, config.channels)
        self.cluster_head = linear_head(self.backbone.features, config.clusters)
        self._strong = preset(config.strong_view)

    def heads(self) -> dict[str, nn.Module]:
        """The linear layer to the K groups."""
        return {"cluster_head": self.cluster_head}

    def sampler(self, rows: Rows, seed: int) -> ExamSampler:
        """Whole exams."""
        return ExamSampler(
            rows.exams,
            exams_per_batch=self.config.exams_per_batch,
            max_images_per_exam=self.config.max_images_per_exam,
            seed=seed,
        )

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """One weak view, and ``repeats`` strong ones after each other."""
        strong = [strong_view(frames, self.image_size, self._strong, draws) for _ in range(self.config.repeats)]
        return {"weak": weak_view(frames, self.image_size, draws), "strong": torch.cat(strong)}

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """``L_CE + lambda * balance``; the balance looks at the weak view alone."""
        weak, strong = self._logits_of_views(batch)
        agreement = consistency(weak.repeat(self.config.repeats, 1), strong)
        if self.config.balance == "entropy":
            balance = negative_entropy(weak)
            excess = balance
        else:
            balance = dirichlet_prior(weak, self.config.alpha)
            excess = balance - dirichlet_floor(self.config.clusters, self.config.alpha)
        return {
            "loss": agreement + self.config.balance_weight * balance,
            "consistency": agreement,
            # What the balance costs beyond equal groups: 0 is perfect for both forms.
            "balance_excess": excess,
        }

    def logits(self, features: Tensor) -> Tensor:
        """Logits over the K groups."""
        logits: Tensor = self.cluster_head(features)
        return logits

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """Adam with a fixed rate."""
        return {ALL: adam([self], self.config.learning_rate, self.config.weight_decay)}

    @torch.no_grad()
    def health(self, batch: Batch) -> dict[str, float]:
        """How many groups the batch fills, how evenly, and how many directions its features span."""
        was_training = self.training
        self.eval()  # running statistics must not see this extra pass
        features, logits = self(batch.views["weak"])
        self.train(was_training)
        groups = logits.argmax(dim=1).cpu().numpy()
        return {
            "filled_clusters": float(filled_clusters(groups)),
            "effective_clusters": effective_clusters(groups),
            "effective_rank": effective_rank(features.float().cpu().numpy()),
        }

    def _logits_of_views(self, batch: Batch) -> tuple[Tensor, Tensor]:
        # One pass over both views: batch normalisation sees them together, and the processor larger batches.
        weak = len(batch.views["weak"])
        logits = self.logits(self.backbone(torch.cat([batch.views["weak"], batch.views["strong"]])))
        strong = torch.cat([self.gather(repeat) for repeat in logits[weak:].chunk(self.config.repeats)])
        return self.gather(logits[:weak]), strong

"""MixMatch: guessed labels, sharpened, and every image mixed with another (Berthelot et al. 2019)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Beta

from sonosift.batches.fixmatch_views import moved_view
from sonosift.batches.view_draws import ViewDraws
from sonosift.losses.prediction_consistency import prediction_distance, sharpened
from sonosift.methods.classifier import SemiSupervised, Told
from sonosift.methods.method import ALL, Batch, Place
from sonosift.methods.mixmatch_config import MixmatchConfig


class Mixmatch(SemiSupervised):
    """Each process mixes its own rows."""

    def __init__(self, config: MixmatchConfig, **facts: Any) -> None:
        super().__init__(config, **facts)
        self.config = config
        self._weight = 0.0

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """``guesses`` independent weak views; labelled images use the first."""
        return {f"view{n}": moved_view(frames, self.image_size, draws) for n in range(self.config.guesses)}

    def prepare(self, place: Place, turns: dict[str, torch.optim.Optimizer]) -> None:  # noqa: ARG002 (fixed rate)
        """Raise the weight of the unlabelled half in a line."""
        self._weight = self.config.unlabelled_weight * place.progress

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """Cross-entropy on mixed labelled images, squared error on mixed unlabelled ones."""
        if batch.targets is None:
            raise ValueError("learning from labels needs targets")
        labels, weights = batch.targets[:, : self.facts.labels], batch.targets[:, self.facts.labels]
        free = weights == 0
        views = [batch.views[f"view{n}"] for n in range(self.config.guesses)]
        guesses = self._guessed([view[free] for view in views])
        images = torch.cat([views[0][~free], *(view[free] for view in views)])
        targets = torch.cat([labels[~free], guesses.repeat(self.config.guesses, 1)])
        mixed, targets = self._mixed(images, targets)
        count = int((~free).sum())
        logits = self.logits(self.backbone(mixed))
        labelled, loose = self.gather(logits[:count]), self.gather(logits[count:])
        told = Told(self.gather(targets[:count]), self.gather(weights[~free]))
        supervised = self.label_loss(labelled, told)
        guessed = prediction_distance(self.probabilities(loose), self.gather(targets[count:]))
        return {
            "loss": supervised + self._weight * guessed,
            "labelled": supervised.detach(),
            "unlabelled": guessed.detach(),
        }

    @torch.no_grad()
    def _guessed(self, views: list[Tensor]) -> Tensor:
        answers = self.probabilities(self.logits(self.backbone(torch.cat(views)))).float()
        mean = answers.view(len(views), -1, self.facts.labels).mean(dim=0)
        return sharpened(mean, self.config.temperature, independent=not self.one_hot)

    def _mixed(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        # The training loop seeds torch's own generator from the step.
        share = Beta(self.config.mixing, self.config.mixing).sample((len(images),))
        share = torch.maximum(share, 1 - share).to(images)
        other = torch.randperm(len(images)).to(images.device)
        mixed = share[:, None, None, None] * images + (1 - share)[:, None, None, None] * images[other]
        return mixed, share[:, None] * targets + (1 - share)[:, None] * targets[other]

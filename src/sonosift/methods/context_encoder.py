"""Context encoder (Hu et al.): draw the middle of the image; a critic that may know the DICOM tags judges it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sonosift.batches.frame_sampler import FrameSampler
from sonosift.batches.random_views import whole_view
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.losses.context_encoder import critic_loss, generator_loss
from sonosift.methods.context_encoder_config import ContextEncoderConfig
from sonosift.methods.method import Batch, Method, adam
from sonosift.nets.backbone import Backbone
from sonosift.nets.context_generator import ContextGenerator, centre_of, without_centre
from sonosift.nets.projection_critic import ProjectionCritic

CRITIC, GENERATOR = "critic", "generator"


class ContextEncoder(Method):
    """A step takes two turns: the critic learns, then the generator learns from the critic.

    Args:
        config: the settings.
        tags: length of the vector of DICOM tags; 0 makes the critic look at the picture alone.
    """

    def __init__(self, config: ContextEncoderConfig, tags: int = 0) -> None:
        super().__init__()
        self.config = config
        self.image_size = config.image_size
        self.backbone = Backbone(config.backbone, config.channels, config.scaling)
        self.generator = ContextGenerator(self.backbone, config.decoder_widths)
        self.critic = ProjectionCritic(tags if config.metadata else 0, pool=config.pool, spectral=config.spectral)
        self._drawn: Tensor | None = None

    def heads(self) -> dict[str, nn.Module]:
        """The decoder and the critic."""
        return {"decoder": self.generator.decoder, "critic": self.critic}

    def sampler(self, rows: Rows, seed: int) -> FrameSampler:
        """Frames in random order."""
        return FrameSampler(len(rows), batch_size=self.config.batch_size, seed=seed)

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:  # noqa: ARG002 (nothing is random)
        """The whole frame, unchanged but for its size."""
        return {"image": whole_view(frames, self.config.image_size, self.config.image_width)}

    def losses(self, batch: Batch, turn: str = GENERATOR) -> dict[str, Tensor]:
        """In the critic's turn ``L_D``; in the generator's ``0.99 L_rec + 0.01 L_adv``."""
        scaled = self.backbone.scaled(batch.views["image"])
        centre = centre_of(scaled[:, :1])
        if turn == CRITIC or self._drawn is None:
            self._drawn = self.gather(self.generator(without_centre(scaled)))
        centre = self.gather(centre)
        tags = None if batch.targets is None else self.gather(batch.targets)
        if turn == CRITIC:
            loss = critic_loss(self.critic(centre, tags), self.critic(self._drawn.detach(), tags))
            return {"loss": loss, "critic_loss": loss.detach()}
        # Drawn in the critic's turn and kept with its graph: the generator runs once per step.
        drawn, self._drawn = self._drawn, None
        found = generator_loss(drawn, centre, self.critic(drawn, tags), self.config.adversarial_weight)
        return {
            "loss": found.total,
            "reconstruction": found.reconstruction.detach(),
            "fooling": found.fooling.detach(),
        }

    @torch.no_grad()
    def pictures(self, frames: Tensor) -> dict[str, Tensor]:
        """The image as the network sees it, as it completes it, and as it is."""
        was_training = self.training
        self.eval()
        images = whole_view(frames, self.config.image_size, self.config.image_width)
        scaled = self.backbone.scaled(images)
        masked = without_centre(scaled)
        filled = masked[:, :1].clone()
        centre_of(filled).copy_(self.generator(masked))
        self.train(was_training)
        # Back from each image's own scale.
        spread, mean = images.std(dim=(2, 3), keepdim=True, unbiased=False), images.mean(dim=(2, 3), keepdim=True)
        seen, completed = ((part * spread + mean).clamp(0.0, 1.0) for part in (masked[:, :1], filled))
        return {"without its middle": seen, "filled in": completed, "as it is": images}

    def logits(self, features: Tensor) -> Tensor:
        """The features themselves: this method predicts patches, not classes."""
        return features

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """One Adam for the critic, one for the generator, ten to one in their rates."""
        config = self.config
        return {
            CRITIC: adam([self.critic], config.critic_learning_rate, config.weight_decay),
            GENERATOR: adam([self.generator], config.learning_rate, config.weight_decay),
        }

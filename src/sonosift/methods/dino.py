"""DINO (Caron et al. 2021): a student tells from any crop what its own slow average sees in the large ones."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from sonosift.batches.frame_sampler import FrameSampler
from sonosift.batches.random_views import strong_view
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.batches.view_presets import preset
from sonosift.losses.dino import dino_loss, updated_centre
from sonosift.methods.dino_config import DinoConfig
from sonosift.methods.method import ALL, Batch, Method, Place
from sonosift.methods.moving_average import follow, frozen_copy
from sonosift.methods.schedules import cosine, warm_cosine
from sonosift.nets.backbone import Backbone
from sonosift.nets.heads import PrototypeHead

_END_RATE = 1e-6
_RATE_IS_FOR = 256
"""The learning rate is given for this many images per batch and grows with the batch."""


class Dino(Method):
    """The backbone that later stages keep is the teacher's."""

    centre: Tensor

    def __init__(self, config: DinoConfig) -> None:
        super().__init__()
        self.config = config
        self.image_size = config.image_size
        self.student = Backbone(config.backbone, config.channels, config.scaling, config.drop_path)
        self.student_head = PrototypeHead(
            self.student.features,
            config.prototypes,
            config.hidden,
            config.bottleneck,
            fixed_norm=config.fixed_last_norm,
        )
        # Built again rather than copied: the teacher leaves no block out.
        self.backbone = Backbone(config.backbone, config.channels, config.scaling).requires_grad_(False)
        self.backbone.load_state_dict(self.student.state_dict())
        self.prototype_head = frozen_copy(self.student_head)
        self.register_buffer("centre", torch.zeros(config.prototypes))
        alone = "" if config.local_crops else "-alone"
        self._large = preset(f"dino-first{alone}"), preset(f"dino-second{alone}")
        self._small = preset("dino-local")
        self._teacher_temperature = config.teacher_temperature
        self._last_layer_learns = True

    def heads(self) -> dict[str, nn.Module]:
        """The teacher's head."""
        return {"prototype_head": self.prototype_head}

    def sampler(self, rows: Rows, seed: int) -> FrameSampler:
        """Frames in random order."""
        return FrameSampler(len(rows), batch_size=self.config.batch_size, seed=seed)

    def views(self, frames: Tensor, draws: ViewDraws) -> dict[str, Tensor]:
        """Two large crops, then the small ones."""
        first, second = (strong_view(frames, self.image_size, rules, draws) for rules in self._large)
        small = {
            f"small{number}": strong_view(frames, self.config.local_size, self._small, draws)
            for number in range(self.config.local_crops)
        }
        return {"first": first, "second": second, **small}

    def losses(self, batch: Batch, turn: str = ALL) -> dict[str, Tensor]:  # noqa: ARG002 (one turn)
        """Cross-entropy over all pairs of different crops; the centre moves after it."""
        views = list(batch.views.values())
        large = torch.cat(views[:2])
        with torch.no_grad():
            teacher = self._gathered_crops(self.prototype_head(self.backbone(large)), 2)
        features = self.student(large)
        if len(views) > 2:
            features = torch.cat([features, self.student(torch.cat(views[2:]))])
        student = self._gathered_crops(self.student_head(features), len(views))
        loss = dino_loss(
            student,
            teacher,
            self.centre,
            student_temperature=self.config.student_temperature,
            teacher_temperature=self._teacher_temperature,
        )
        if self.training:
            self.centre.copy_(updated_centre(self.centre, teacher, self.config.centre_momentum))
        return {"loss": loss}

    def logits(self, features: Tensor) -> Tensor:
        """The teacher's prototypes."""
        logits: Tensor = self.prototype_head(features)
        return logits

    def turns(self) -> dict[str, torch.optim.Optimizer]:
        """AdamW; biases and the weights of normalisations do not decay."""
        named = [(name, weight) for name, weight in self.named_parameters() if weight.requires_grad]
        plain = [weight for name, weight in named if weight.ndim <= 1 or name.endswith(".bias")]
        decaying = [weight for name, weight in named if not (weight.ndim <= 1 or name.endswith(".bias"))]
        groups: list[dict[str, Any]] = [{"params": decaying}, {"params": plain, "weight_decay": 0.0}]
        return {ALL: torch.optim.AdamW(groups, lr=self.config.learning_rate, fused=True)}

    def prepare(self, place: Place, turns: dict[str, torch.optim.Optimizer]) -> None:
        """Rate, decay and the teacher's temperature of this step."""
        config = self.config
        peak = config.learning_rate * config.batch_size / _RATE_IS_FOR
        warm = min(config.warm_epochs * place.steps_per_epoch, place.steps // 2)
        rate = warm_cosine(place.step, place.steps, warm, peak, min(_END_RATE, peak))
        decay = cosine(place.progress, config.weight_decay, config.last_weight_decay)
        for group, decays in zip(turns[ALL].param_groups, (True, False), strict=True):
            group["lr"], group["weight_decay"] = rate, decay if decays else 0.0
        # The last epoch of the warm-up has its end already, as in the published code.
        warmed = min(1.0, place.epoch / max(config.warm_teacher_epochs - 1, 1)) if config.warm_teacher_epochs else 1.0
        first, last = config.first_teacher_temperature, config.teacher_temperature
        self._teacher_temperature = first + warmed * (last - first)
        self._last_layer_learns = place.epoch >= config.frozen_last_layer_epochs

    def after_backward(self, place: Place) -> None:  # noqa: ARG002 (the contract's signature)
        """Clip each weight's gradient by itself; at the start the prototypes stay where they are."""
        for name, weight in self.named_parameters():
            if weight.grad is None:
                continue
            if "prototypes" in name and not self._last_layer_learns:
                weight.grad = None
            elif self.config.clip > 0:
                torch.nn.utils.clip_grad_norm_([weight], self.config.clip)

    def after_step(self, place: Place) -> None:
        """The teacher follows the student."""
        momentum = cosine(place.progress, self.config.momentum, 1.0)
        follow(self.backbone, self.student, momentum)
        follow(self.prototype_head, self.student_head, momentum)

    def weights_filled(self) -> None:
        """The student starts as the teacher."""
        self.student.load_state_dict(self.backbone.state_dict())

    def _gathered_crops(self, rows: Tensor, crops: int) -> Tensor:
        return torch.cat([self.gather(crop) for crop in rows.chunk(crops)])

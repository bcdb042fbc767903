"""Settings of DINO (Caron et al. 2021), FUSC's second pretext task; defaults of its published code."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.settings import MethodConfig, code, ours, paper
from sonosift.nets.scaling import ABOUT_SCALING, Scaling


class DinoConfig(MethodConfig):
    """Defaults at the original scale; see ``scale`` for a small machine."""

    backbone: str = paper("vit_small_patch16_224", "timm network")
    channels: Literal[1, 2, 3] = ours(1, "1: grey as it is; 3: grey repeated; 2: Sobel gradients")
    scaling: Scaling = code("imagenet", ABOUT_SCALING)
    image_size: int = code(224, "pixels of a large crop", ge=16)
    local_crops: int = code(8, "small crops per image", ge=0)
    local_size: int = code(96, "pixels of a small crop", ge=16)
    prototypes: int = code(65536, "outputs of the head", ge=2)
    hidden: int = code(2048, "width of the head", ge=1)
    bottleneck: int = code(256, "length of the head's unit vector", ge=1)
    fixed_last_norm: bool = code(True, "prototypes stay unit vectors; the authors usually free them for ViT-S")
    student_temperature: float = code(0.1, "of the student", gt=0)
    teacher_temperature: float = code(0.04, "of the teacher after its warm-up", gt=0)
    first_teacher_temperature: float = code(0.04, "of the teacher at the start", gt=0)
    warm_teacher_epochs: int = code(0, "epochs from the first to the last temperature", ge=0)
    centre_momentum: float = code(0.9, "of the centre", ge=0, le=1)
    momentum: float = code(0.996, "of the teacher, rising along a cosine to 1", ge=0, le=1)
    drop_path: float = code(0.1, "chance of leaving out a block of the student (transformers)", ge=0, lt=1)
    batch_size: int = ours(256, "images per batch", ge=2)
    learning_rate: float = code(5e-4, "highest rate for a batch of 256; grows with the batch", gt=0)
    warm_epochs: int = code(10, "epochs in which the rate rises", ge=0)
    weight_decay: float = code(0.04, "at the start", ge=0)
    last_weight_decay: float = code(0.4, "at the end", ge=0)
    clip: float = code(3.0, "largest length of each weight's gradient; 0 clips nothing", ge=0)
    frozen_last_layer_epochs: int = code(1, "epochs in which the prototypes do not learn", ge=0)
    epochs: int = code(100, "passes over the frames; the last one counts", ge=1)
    steps: int | None = ours(None, "optimiser steps, in place of epochs", ge=1)

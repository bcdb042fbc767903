"""Settings of the context encoder with DICOM metadata (Hu et al.)."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.settings import MethodConfig, code, ours, paper


class ContextEncoderConfig(MethodConfig):
    """Defaults at the paper's scale; see ``scale`` for a small machine."""

    backbone: str = paper("vgg16_bn", "timm network; convolutional, shrinking 32 times")
    channels: Literal[1, 3] = ours(1, "1: grey as it is; 3: grey repeated")
    scaling: Literal["image"] = ours("image", "each image has mean 0 and spread 1 (the paper: z-score)")
    image_size: int = paper(256, "height of an image; a multiple of 32", ge=64, multiple_of=32)
    image_width: int | None = paper(384, "width of an image; as high as wide when null", ge=64, multiple_of=32)
    metadata: bool = paper(True, "the critic knows transducer and study description")
    metadata_control: Literal["none", "shuffled"] = ours("none", "shuffled: tags of other images, a control")
    wrong_tags: float = ours(0.0, "share of images whose tags are replaced by those of others, a control", ge=0, le=1)
    adversarial_weight: float = paper(0.01, "weight of fooling the critic; reconstruction has the rest", ge=0, le=1)
    decoder_widths: tuple[int, int, int, int] = ours((256, 128, 64, 32), "channels of the four up-convolutions")
    pool: Literal["sum", "mean"] = code("sum", "how the critic sums up its last map")
    spectral: bool = ours(False, "spectral normalisation of the critic")
    batch_size: int = paper(8, "images per batch", ge=2)
    learning_rate: float = paper(1e-4, "of the generator", gt=0)
    critic_learning_rate: float = paper(1e-5, "of the critic", gt=0)
    weight_decay: float = ours(0.0, "of both", ge=0)
    keep: Literal["last", "best"] = paper("best", "best: the step with the lowest joint loss on validation frames")
    epochs: int = paper(200, "passes over the frames", ge=1)
    steps: int | None = ours(None, "optimiser steps, in place of epochs", ge=1)

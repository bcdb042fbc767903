"""The arms of the comparison, all with one network, and the arms around ImageNet weights, all with another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from benchmarks.representations.cohorts import LUNG, PHANTOM

BOTH = (PHANTOM, LUNG)
RESNET = {"backbone": "resnet18"}
# The variant of timm that pads as TensorFlow does, which is where the packaged weights were made.
LITE = {"backbone": "tf_efficientnet_lite0", "channels": 3}
LITE_SHARE = 1 / 4
IMAGE_SIZE = 64
# Small batches: with a few thousand images there are enough steps to learn anything at all.
BATCH, CLIPS, EXAMS, MOST_PER_EXAM = 32, 32, 8, 6

RANDOM, IMAGENET = "random", "imagenet"


@dataclass(frozen=True)
class Arm:
    """One row of a table.

    Attributes:
        name: of the row.
        method: name of the method; None trains nothing, and the features are those of the first weights.
        images_per_step: images that a step shows; a pair of a clip is one image, since it is two views as well.
        settings: over the method's settings for a small machine.
        init: first weights, ``random`` or ``imagenet``.
        cohorts: where it is run; the lung clips are films without DICOM tags.
        beside: the row that its gain over untrained weights is taken against.
        told: what it is told that others are not.
        share: of the images that the other arms are shown.
        settled: whether an untrained network first takes the statistics of its normalisations from the training frames,
            as every training does in passing; without that its layers are scaled for other data.
        precision: ``auto``, or ``32`` where bf16 is the slower one.
    """

    name: str
    method: str | None
    images_per_step: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    init: str = RANDOM
    cohorts: tuple[str, ...] = BOTH
    beside: str = "random weights, settled"
    told: str = ""
    share: float = 1.0
    precision: str = "auto"
    settled: bool = False

    def steps(self, images: int) -> int:
        """Return the number of steps that shows this many images."""
        return max(1, round(self.share * images / self.images_per_step))


def _context(name: str, told: str, *, cohorts: tuple[str, ...] = (PHANTOM,), **settings: Any) -> Arm:
    return Arm(name, "context-encoder", 32, RESNET | {"keep": "last"} | settings, cohorts=cohorts, told=told)


def _uscl(name: str, rate: float, told: str) -> Arm:
    settings = RESNET | {"clips_per_batch": CLIPS, "label_rate": rate, "keep": "last"}
    return Arm(name, "uscl", CLIPS, settings, told=told)


def _lite(name: str, init: str, beside: str) -> Arm:
    # Its convolutions, one channel at a time, gain little from bf16 on a processor, and its step is a slow one.
    settings = LITE | {"batch_size": BATCH}
    return Arm(name, "simclr", BATCH, settings, init=init, beside=beside, share=LITE_SHARE, precision="32")


# For a hundred steps or so, chosen by the phantom's validation patients; with the settings for a small machine (300
# steps and more) these methods were at their beginnings. See docs/representations.md.
_FEW_STEPS: dict[str, dict[str, Any]] = {
    "moco": {"learning_rate": 0.1, "queue": 256},
    "dino": {"learning_rate": 4e-3, "prototypes": 1024, "frozen_last_layer_epochs": 0, "warm_epochs": 1},
    "deepcluster": {"learning_rate": 0.2, "clusters": 20},
}

_EXAM_IMAGES = EXAMS * MOST_PER_EXAM
_LITE_RANDOM = "lite0, random weights, settled"
_WHOLE_EXAMS = {"exams_per_batch": EXAMS, "max_images_per_exam": MOST_PER_EXAM}
_PLAIN_CONTEXT = "context encoder"

ARMS = {
    arm.name: arm
    for arm in (
        Arm("random weights", None, settings=RESNET),
        Arm("random weights, settled", None, settings=RESNET, settled=True),
        Arm("pica", "pica", _EXAM_IMAGES, RESNET | _WHOLE_EXAMS),
        Arm("lsd", "lsd", _EXAM_IMAGES, RESNET | _WHOLE_EXAMS),
        Arm("simclr", "simclr", BATCH, RESNET | {"batch_size": BATCH}),
        Arm("moco", "moco", BATCH, RESNET | {"batch_size": BATCH} | _FEW_STEPS["moco"]),
        Arm("dino", "dino", BATCH, RESNET | {"batch_size": BATCH} | _FEW_STEPS["dino"]),
        _uscl("uscl, 10 % labels", 0.1, "labels of 10 % of the clips"),
        _uscl("uscl, 100 % labels", 1.0, "labels of all clips"),
        Arm("deepcluster", "deepcluster", BATCH, RESNET | {"batch_size": BATCH} | _FEW_STEPS["deepcluster"]),
        _context(_PLAIN_CONTEXT, "", cohorts=BOTH, metadata=False),
        _context("context encoder + DICOM", "DICOM tags"),
        _context("context encoder + shuffled tags", "tags of other images", metadata_control="shuffled"),
        _context("context encoder + 10 % wrong tags", "DICOM tags, 10 % wrong", wrong_tags=0.1),
        _context("context encoder + 30 % wrong tags", "DICOM tags, 30 % wrong", wrong_tags=0.3),
        Arm(_LITE_RANDOM, None, settings=LITE, beside=_LITE_RANDOM, settled=True),
        Arm("lite0, ImageNet weights", None, settings=LITE, init=IMAGENET, beside=_LITE_RANDOM),
        _lite("lite0, simclr from random", RANDOM, _LITE_RANDOM),
        _lite("lite0, simclr from ImageNet", IMAGENET, "lite0, ImageNet weights"),
    )
}

# The claim of the context encoder's paper, and what must become of it when the tags say nothing.
METADATA_CLAIM = tuple(
    (f"{_PLAIN_CONTEXT} + {tags}", _PLAIN_CONTEXT)
    for tags in ("DICOM", "10 % wrong tags", "30 % wrong tags", "shuffled tags")
)

"""The arms of the comparison, all with one network, and the arms around ImageNet weights, all with another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from benchmarks.representations.cohorts import LUNG, PHANTOM

BOTH = (PHANTOM, LUNG)
RESNET = {"backbone": "resnet18"}
# The variant of timm that pads as TensorFlow does, which is where the packaged weights were made.
LITE = {"backbone": "tf_efficientnet_lite0", "channels": 3}
IMAGE_SIZE = 64
CLIPS, EXAMS, MOST_PER_EXAM = 64, 16, 6

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
    """

    name: str
    method: str | None
    images_per_step: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    init: str = RANDOM
    cohorts: tuple[str, ...] = BOTH
    beside: str = "random weights"
    told: str = ""

    def steps(self, images: int) -> int:
        """Return the number of steps that shows this many images."""
        return max(1, round(images / self.images_per_step))


def _context(name: str, told: str, *, cohorts: tuple[str, ...] = (PHANTOM,), **settings: Any) -> Arm:
    return Arm(name, "context-encoder", 32, RESNET | {"keep": "last"} | settings, cohorts=cohorts, told=told)


def _uscl(name: str, rate: float, told: str) -> Arm:
    settings = RESNET | {"clips_per_batch": CLIPS, "label_rate": rate, "keep": "last"}
    return Arm(name, "uscl", CLIPS, settings, told=told)


_EXAM_IMAGES = EXAMS * MOST_PER_EXAM
_PLAIN_CONTEXT = "context encoder"

ARMS = {
    arm.name: arm
    for arm in (
        Arm("random weights", None, settings=RESNET),
        Arm("pica", "pica", _EXAM_IMAGES, RESNET),
        Arm("lsd", "lsd", _EXAM_IMAGES, RESNET),
        Arm("simclr", "simclr", 128, RESNET),
        Arm("moco", "moco", 128, RESNET),
        Arm("dino", "dino", 64, RESNET),
        _uscl("uscl, 10 % labels", 0.1, "labels of 10 % of the clips"),
        _uscl("uscl, 100 % labels", 1.0, "labels of all clips"),
        Arm("deepcluster", "deepcluster", 128, RESNET),
        _context(_PLAIN_CONTEXT, "", cohorts=BOTH, metadata=False),
        _context("context encoder + DICOM", "DICOM tags"),
        _context("context encoder + shuffled tags", "tags of other images", metadata_control="shuffled"),
        _context("context encoder + 10 % wrong tags", "DICOM tags, 10 % wrong", wrong_tags=0.1),
        _context("context encoder + 30 % wrong tags", "DICOM tags, 30 % wrong", wrong_tags=0.3),
        Arm("lite0, random weights", None, settings=LITE, beside="lite0, random weights"),
        Arm("lite0, ImageNet weights", None, settings=LITE, init=IMAGENET, beside="lite0, random weights"),
        Arm("lite0, simclr from random", "simclr", 128, LITE, beside="lite0, random weights"),
        Arm("lite0, simclr from ImageNet", "simclr", 128, LITE, init=IMAGENET, beside="lite0, ImageNet weights"),
    )
}

# The claim of the context encoder's paper, and what must become of it when the tags say nothing.
METADATA_CLAIM = tuple(
    (f"{_PLAIN_CONTEXT} + {tags}", _PLAIN_CONTEXT)
    for tags in ("DICOM", "shuffled tags", "10 % wrong tags", "30 % wrong tags")
)

"""``sonosift.json``: what an exported network wants, what it answers, and how its answers are read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from sonosift.errors import SonosiftError
from sonosift.labels.space import LabelSpace
from sonosift.nets.scaling import Scaling

FILE_NAME = "sonosift.json"

Kind = Literal["classifier", "groups", "features"]
Part = Literal["linear", "projection", "feature-heads", "centres"]
"""What a head is made of, in the order in which features pass through it."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Network(_Record):
    """The backbone.

    Attributes:
        architecture: Name of the timm network.
        channels: 1: grey; 3: grey repeated; 2: Sobel gradients of the grey image.
        scaling: How grey values are scaled; ``image`` takes each image's own mean and spread.
        mean: Taken off each channel, of grey values in 0..1 (0 for ``image``).
        spread: What each channel is then divided by (1 for ``image``).
        features: Length of a feature vector.
    """

    architecture: str
    channels: Literal[1, 2, 3]
    scaling: Scaling
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    features: int


class Frames(_Record):
    """The pictures that it answers for.

    Attributes:
        height: Rows of a stored frame: the fan alone, black around it, letterboxed without distortion.
        width: Its columns.
        canvas_size: A larger frame is scaled down to this square first (smoothed), and rounded to whole grey values.
        image_size: The middle seven eighths of the canvas, at this size, are what the backbone sees.
        preprocessing: How the cohort's frames were made.
    """

    height: int
    width: int
    canvas_size: int
    image_size: int
    preprocessing: dict[str, bool | int | float | str | None]


class Labels(_Record):
    """A classifier's answers.

    Attributes:
        space: The label space.
        one_answer: Every frame has one label, the likeliest (softmax); otherwise each label is decided by its own
            threshold (sigmoid).
        temperature: What logits are divided by before a probability is stated.
        thresholds: One per label, on probabilities before the temperature; none with one answer.
        stated_thresholds: The same on the stated probabilities.
        combinations: The label sets that a second head tells apart, each a row of 0 and 1.
    """

    space: LabelSpace
    one_answer: bool
    temperature: float | None
    thresholds: tuple[float, ...]
    stated_thresholds: tuple[float, ...]
    combinations: tuple[tuple[int, ...], ...] = ()


class Groups(_Record):
    """A clustering's answers.

    Attributes:
        count: How many groups there are.
        names: What people named them, by number.
        merged: The merged group of each group that the head tells apart, if some were merged.
    """

    count: int
    names: dict[int, str]
    merged: dict[int, int]


class Strangers(_Record):
    """From which distance on a frame is unlike those that the run has learnt from.

    Attributes:
        distance: 1 - cosine to the fifth nearest of the known features; None: nothing can be flagged.
        false_alarms: Share of ordinary frames that lie beyond it, on average.
        calibrated_on: Frames that it was read from.
        patients: Their patients.
        apart: Whether these took no part in the training.
    """

    distance: float | None
    false_alarms: float
    calibrated_on: int
    patients: int
    apart: bool


class Description(_Record):
    """Everything besides the weights."""

    format: Literal[1] = 1
    sonosift: str
    kind: Kind
    run: str
    method: str
    data_fingerprint: str | None
    network: Network
    frames: Frames
    head: tuple[Part, ...] = ()
    labels: Labels | None = None
    groups: Groups | None = None
    strangers: Strangers | None = None


def parsed_description(text: str, source: Path) -> Description:
    """Read ``sonosift.json``."""
    try:
        return Description.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SonosiftError(
            f"{source} does not describe an export of this version: {place or 'the file'}: {first['msg']}",
            "Export the run again, or use the version of Sonosift that made it.",
        ) from error

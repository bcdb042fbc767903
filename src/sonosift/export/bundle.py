"""A bundle: a folder or a zip from which a trained run answers without Lightning and without its cohort.

>>> from sonosift.export.bundle import load_bundle  # doctest: +SKIP
>>> bundle = load_bundle("liver.zip")  # doctest: +SKIP
>>> bundle.answer(frames).probabilities  # uint8 [n, H, W] as the cohort keeps them  # doctest: +SKIP
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sonosift.clusters.strangers import distance_to_known
from sonosift.errors import SonosiftError
from sonosift.export import description as descriptions
from sonosift.export.answer_head import head_from, head_of
from sonosift.export.description import Description, parsed_description
from sonosift.export.exported_network import (
    COMBINATIONS,
    CONFIDENCE,
    FEATURES,
    GROUP,
    LOGITS,
    ExportedNetwork,
)
from sonosift.nets.backbone import Backbone
from sonosift.nets.weights_file import load_into
from sonosift.prediction.answer_rules import AnswerRules

BACKBONE, HEAD, COMBINATION_HEAD, KNOWN = (
    "backbone.safetensors",
    "head.safetensors",
    "combination_head.safetensors",
    "known.safetensors",
)
KNOWN_FEATURES = "features"
_FRAMES_AT_A_TIME = 64


class BundleAnswers(NamedTuple):
    """One row per frame; what a bundle of this kind does not answer is None.

    Attributes:
        features: ``[n, d]``.
        logits: ``[n, C]`` of a classifier.
        probabilities: ``[n, C]`` with its temperature.
        decided: ``[n, C]`` of 0 and 1.
        combination_probabilities: ``[n, K]`` of its second head.
        group: ``[n]`` of a clustering.
        confidence: ``[n]`` in that group.
        distance: ``[n]`` to the frames that the run has learnt from.
        strange: ``[n]`` which frames are unlike all of those.
    """

    features: NDArray[np.float32]
    logits: NDArray[np.float32] | None = None
    probabilities: NDArray[np.float64] | None = None
    decided: NDArray[np.uint8] | None = None
    combination_probabilities: NDArray[np.float32] | None = None
    group: NDArray[np.int64] | None = None
    confidence: NDArray[np.float32] | None = None
    distance: NDArray[np.float32] | None = None
    strange: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Bundle:
    """A trained run that answers for frames.

    Attributes:
        description: Label space, thresholds, sizes: what ``sonosift.json`` says.
        network: From frames to outputs.
        known: Features of the frames that the run has learnt from, if they were exported.
    """

    description: Description
    network: ExportedNetwork
    known: NDArray[np.float32] | None = None

    def answer(self, frames: NDArray[np.uint8]) -> BundleAnswers:
        """Answer for clean frames ``uint8 [n, H, W]`` as the cohort keeps them."""
        wanted = self.description.frames
        if frames.dtype != np.uint8 or frames.ndim != 3 or frames.shape[1:] != (wanted.height, wanted.width):
            raise SonosiftError(
                f"frames are {frames.dtype} {list(frames.shape)}, not uint8 [n, {wanted.height}, {wanted.width}]",
                f"Make them with `sonosift ingest --size {wanted.height}x{wanted.width}` and Cohort.frames.read.",
            )
        outputs = self._outputs(frames)
        if self.description.labels is None:
            answers = BundleAnswers(outputs[FEATURES], group=outputs.get(GROUP), confidence=outputs.get(CONFIDENCE))
        else:
            rules = rules_of(self.description)
            answers = BundleAnswers(
                outputs[FEATURES],
                logits=outputs[LOGITS],
                probabilities=rules.stated(outputs[LOGITS]),
                decided=rules.decided(outputs[LOGITS]),
                combination_probabilities=outputs.get(COMBINATIONS),
            )
        limit = self.description.strangers
        if self.known is None or limit is None:
            return answers
        distance = distance_to_known(outputs[FEATURES], self.known)
        beyond = np.inf if limit.distance is None else limit.distance
        return answers._replace(distance=distance, strange=distance > beyond)

    @torch.no_grad()
    def _outputs(self, frames: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
        parts = []
        for start in range(0, len(frames), _FRAMES_AT_A_TIME):
            some = torch.from_numpy(np.ascontiguousarray(frames[start : start + _FRAMES_AT_A_TIME]))
            parts.append([output.numpy() for output in self.network(some)])
        names = self.network.output_names
        return {name: np.concatenate(column) for name, column in zip(names, zip(*parts, strict=True), strict=True)}


def rules_of(told: Description) -> AnswerRules:
    """Return how the logits of a described classifier become answers."""
    assert told.labels is not None
    labels = told.labels
    return AnswerRules(labels.space.names, labels.one_answer, labels.thresholds, labels.temperature)


def load_bundle(path: str | Path) -> Bundle:
    """Load a bundle from its folder or zip. Nothing in it is executed: weights are safetensors, the rest is JSON."""
    place = Path(path)
    read = _read_zip(place) if place.is_file() else _read_folder(place)
    if descriptions.FILE_NAME not in read:
        raise SonosiftError(
            f"{place} is no bundle: it holds no {descriptions.FILE_NAME}", "Make one: sonosift export RUN --to bundle"
        )
    told = parsed_description(read[descriptions.FILE_NAME].decode("utf-8"), place)
    backbone = Backbone(told.network.architecture, told.network.channels, told.network.scaling)
    load_into(backbone.net, _tensors(read, BACKBONE, place), str(place))
    head = head_from(told.head, _tensors(read, HEAD, place)) if told.head else None
    second = head_of([("linear", _tensors(read, COMBINATION_HEAD, place))]) if COMBINATION_HEAD in read else None
    known = _tensors(read, KNOWN, place)[KNOWN_FEATURES].numpy() if KNOWN in read else None
    network = ExportedNetwork(told, backbone, head, None if second is None else second.module)
    return Bundle(told, network, known)


def _tensors(read: Mapping[str, bytes], name: str, place: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    if name not in read:
        raise SonosiftError(f"{place} holds no {name}", "The bundle is not whole: export the run again.")
    try:
        return dict(load(read[name]))
    except SafetensorError as error:
        raise SonosiftError(f"{name} in {place} is not a whole safetensors file", str(error)) from error


def _read_folder(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        raise SonosiftError(f"there is no bundle at {folder}", "Make one: sonosift export RUN --to bundle")
    return {name: (folder / name).read_bytes() for name in _NAMES if (folder / name).is_file()}


def _read_zip(file: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if member.filename in _NAMES]
            # Ours are stored as they are: what claims to unpack to more than the file itself is not one of them.
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise SonosiftError(f"{file} is a compressed zip, and no bundle", "Unpack it and give the folder.")
            return {member.filename: archive.read(member) for member in members}
    except zipfile.BadZipFile as error:
        raise SonosiftError(f"{file} is no bundle: {error}", "Give the folder or the zip of a bundle.") from error


_NAMES = (descriptions.FILE_NAME, BACKBONE, HEAD, COMBINATION_HEAD, KNOWN)

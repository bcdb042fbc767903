"""The files of a bundle, and a zip of them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sonosift.export import bundle
from sonosift.export.answer_head import tensors_of
from sonosift.export.checked import Answers
from sonosift.export.exportable import Exportable
from sonosift.nets.weights_file import save_weights

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The same run gives the same zip."""


def write_bundle(exported: Exportable, folder: Path, *, known: bool) -> None:
    """Write the weights; description and card are written for every target."""
    about = {"run": exported.description.run}
    save_weights(folder / bundle.BACKBONE, exported.backbone.net.state_dict(), about)
    if exported.head is not None:
        save_weights(folder / bundle.HEAD, tensors_of(exported.head), about)
    if exported.combination_head is not None:
        save_weights(folder / bundle.COMBINATION_HEAD, exported.combination_head.state_dict(), about)
    if known and exported.known is not None:
        features = torch.from_numpy(np.array(exported.known))
        save_weights(folder / bundle.KNOWN, {bundle.KNOWN_FEATURES: features}, about)


def ask_bundle(folder: Path, frames: NDArray[np.uint8]) -> Answers:
    """Load the bundle as a user would, and let it answer."""
    answers = bundle.load_bundle(folder).answer(frames)
    compared = ("features", "logits", "probabilities", "combination_probabilities", "group", "confidence")
    return {name: value for name in compared if (value := getattr(answers, name)) is not None}


def zipped(folder: Path, target: Path) -> None:
    """Store the files of a folder in a zip, uncompressed: weights do not get smaller."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(folder.iterdir()):
            member = zipfile.ZipInfo(file.name, _EPOCH)
            member.external_attr = 0o644 << 16
            archive.writestr(member, file.read_bytes())

"""An export is run on real frames and compared with what the run itself answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sonosift.batches.frame_tensor import FrameTensor, shrink
from sonosift.batches.random_views import canvas_size
from sonosift.clusters.group_model import Assigned
from sonosift.cohort.cohort import Cohort
from sonosift.errors import SonosiftError
from sonosift.export.exportable import Exportable
from sonosift.export.exported_network import COMBINATIONS, CONFIDENCE, FEATURES, GROUP, LOGITS, PROBABILITIES
from sonosift.training.predict import predict
from sonosift.training.predict import softmax as softmax_of

FRAMES = 32

Answers = dict[str, NDArray[Any]]
Ask = Callable[[NDArray[np.uint8]], Mapping[str, NDArray[Any]]]
"""Runs an export on frames; what it returns is compared under the names of the outputs."""


def frames_to_check(cohort: Cohort, count: int = FRAMES) -> NDArray[np.uint8]:
    """Return frames spread evenly over the cohort, patients of every part among them."""
    ids = cohort.frames.frame_ids
    return cohort.frames.read([ids[place] for place in np.linspace(0, len(ids) - 1, min(count, len(ids))).astype(int)])


def answers_of_run(exported: Exportable, frames: NDArray[np.uint8]) -> Answers:
    """Answer by the product's own path, in full precision."""
    method = exported.method
    shrunk = shrink(torch.from_numpy(frames), canvas_size(method.image_size))
    found = predict(method, FrameTensor(shrunk), "32-true")
    answers: Answers = {FEATURES: found.features}
    if exported.rules is not None:
        answers |= {LOGITS: found.logits, PROBABILITIES: exported.rules.stated(found.logits)}
        if exported.combination_head is not None:
            with torch.no_grad():
                second = exported.combination_head(torch.from_numpy(found.features)).numpy()
            answers[COMBINATIONS] = softmax_of(second)
    groups = exported.description.groups
    if groups is not None:
        if exported.group_model is None:
            assigned = Assigned.from_logits(found.logits)
            answers[LOGITS] = found.logits
        else:
            projected = "projection" in exported.description.head
            assigned = exported.group_model.assign(found.logits if projected else found.features)
        joined = [groups.merged.get(group, group) for group in assigned.groups.tolist()]
        answers |= {GROUP: np.array(joined), CONFIDENCE: assigned.confidence}
    return answers


def largest_difference(expected: Mapping[str, NDArray[Any]], found: Mapping[str, NDArray[Any]]) -> float:
    """Return the largest difference of any output that ``found`` has.

    Features and logits are compared on the scale of their largest entry where that is above 1; groups count as the
    share of frames that have another one.
    """
    if not found.keys() <= expected.keys() or not found:
        raise ValueError(f"outputs {sorted(found)} are not among {sorted(expected)}")
    return max(_difference(name, expected[name], answer) for name, answer in found.items())


def check(exported: Exportable, frames: NDArray[np.uint8], ask: Ask, tolerance: float, what: str) -> float:
    """Compare an export with its run, all frames at once and one alone; refuse one that answers otherwise."""
    expected = answers_of_run(exported, frames)
    alone = {name: answer[:1] for name, answer in expected.items()}
    worst = max(largest_difference(expected, ask(frames)), largest_difference(alone, ask(frames[:1])))
    if not worst <= tolerance:
        raise SonosiftError(
            f"the {what} answers otherwise than run {exported.run.name!r}: the largest difference on {len(frames)} "
            f"frames is {worst:.3g}, above {tolerance:g}",
            "Nothing was written. Try another target (timm, onnx, bundle); a larger --tolerance only where such a "
            "difference is harmless.",
        )
    return worst


def _difference(name: str, expected: NDArray[Any], found: NDArray[Any]) -> float:
    if expected.shape != found.shape:
        return float("inf")
    if name == GROUP:
        return float((expected != found).mean())
    distance = float(np.abs(np.asarray(expected, dtype=np.float64) - found).max())
    scale = max(1.0, float(np.abs(expected).max())) if name in (FEATURES, LOGITS) else 1.0
    return distance / scale

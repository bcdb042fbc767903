"""Features and logits of frames from a trained method, nothing random."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sonosift.batches.frame_source import FrameSource
from sonosift.batches.random_views import centre_view
from sonosift.machine import progress
from sonosift.methods.method import Method
from sonosift.training.precision import Precision

_FRAMES_AT_A_TIME = 128


class Predictions(NamedTuple):
    """One row per frame."""

    features: NDArray[np.float32]
    logits: NDArray[np.float32]


def predict(method: Method, frames: FrameSource, precision: Precision, *, title: str = "") -> Predictions:
    """Run a method over all frames in their order, in evaluation mode; a title shows a progress bar."""
    was_training = method.training
    method.eval().to(memory_format=torch.channels_last)
    device = next(method.parameters()).device
    features, logits = [], []
    batches = [
        np.arange(start, min(start + _FRAMES_AT_A_TIME, len(frames)))
        for start in range(0, len(frames), _FRAMES_AT_A_TIME)
    ]
    # Not around the lines above: weights that were moved in this mode could not learn any more.
    with torch.inference_mode():
        for place, rows in enumerate(progress.track(batches, title, unit="batch") if title else batches):
            images = centre_view(frames.gather(rows).to(device), method.image_size)
            if place + 1 < len(batches):
                frames.expect(batches[place + 1])
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16-mixed"):
                found, answers = method(images)
            features.append(found.float().cpu())
            logits.append(answers.float().cpu())
    method.train(was_training)
    return Predictions(torch.cat(features).numpy(), torch.cat(logits).numpy())


def embed(method: Method, frames: FrameSource, precision: Precision) -> Tensor:
    """Return the features of all frames, on the CPU, leaving the method as it was."""
    return torch.from_numpy(predict(method, frames, precision).features)


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn logits into independent probabilities."""
    return torch.sigmoid(torch.from_numpy(logits)).numpy()


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn logits into probabilities that sum to 1 over the last axis."""
    return torch.softmax(torch.from_numpy(logits), dim=-1).numpy()


def probabilities(method: Method, logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn a method's logits into probabilities: of one answer, or of each label on its own."""
    return softmax(logits) if method.one_hot else sigmoid(logits)

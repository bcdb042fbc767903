"""Features of a network as its first weights make it, for the probes that stand beside every training."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonosift.cohort.cohort import Cohort


def frozen_features(
    cohort: Cohort, weights: str, network: dict[str, Any], image_size: int | None, scale: str, precision: str, seed: int
) -> NDArray[np.float32]:
    """Embed all frames of a cohort with a network that nothing has trained here.

    Args:
        cohort: the cohort.
        weights: ``random``, ``timm:NAME``, or a file.
        network: backbone, channels, scaling.
        image_size: pixels of a view.
        scale: decides the size where none is given.
        precision: 32, bf16, or auto.
        seed: of random weights.
    """
    from sonosift.methods import registry
    from sonosift.nets.initial_weights import initialise
    from sonosift.training.cohort_frames import load_canvas, weights_of
    from sonosift.training.finished_run import new_method
    from sonosift.training.precision import choose_precision, training_device
    from sonosift.training.predict import predict
    from sonosift.training.scale import is_small

    device = training_device()
    given = registry.with_options(network, epochs=None, steps=None, image_size=image_size)
    values = registry.config_of("probe", given, small=is_small(scale, device)).model_dump(mode="json")
    method = new_method("probe", values, {"labels": len(cohort.settings.label_space)}, seed=seed)
    initialise(method.backbone, weights_of(cohort, weights))
    frames = load_canvas(cohort, list(cohort.frames.frame_ids), values["image_size"])
    return predict(method.to(device), frames, choose_precision(precision, device), title="embed").features

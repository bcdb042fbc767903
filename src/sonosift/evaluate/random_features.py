"""Features of the same network with random weights: what does not beat them has learnt nothing yet."""

from __future__ import annotations

from collections.abc import Sequence

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.evaluate.run_outputs import RunOutputs

RANDOM_WEIGHTS = "random weights"


def random_features(cohort: Cohort, run: RunFolder, frame_ids: Sequence[str], seed: int) -> RunOutputs:
    """Embed frames with the untrained twin of a run's network."""
    from sonosift.training.cohort_frames import load_canvas
    from sonosift.training.finished_run import new_method
    from sonosift.training.predict import predict

    config = run.config
    if "settings" not in config:
        raise SonosiftError(
            f"run {run.name!r} has no network of its own", "Compare with random weights a run of pretrain or train."
        )
    network = new_method(config["method"], config["settings"], config.get("facts", {}), seed=seed)
    frames = load_canvas(cohort, list(frame_ids), network.image_size)
    found = predict(network, frames, "32-true", title="random weights")
    return RunOutputs(RANDOM_WEIGHTS, "no training", embeddings=(list(frame_ids), found.features))

"""``sonosift embed``: write a run's embedding of every frame, for use elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sonosift.commands.summary import Summary


class EmbedSummary(Summary):
    """What was written.

    Attributes:
        run: The run whose network was used.
        frames: Frames embedded.
        features: Numbers per frame.
        seconds: Time it took.
        frames_per_second: Frames over that time.
        file: Where the embedding lies.
    """

    run: str
    frames: int
    features: int
    seconds: float
    frames_per_second: float
    file: str


def embed(
    cohort: str | Path,
    run: str,
    *,
    out: Path | None = None,
    format: Literal["npy", "parquet"] = "npy",  # noqa: A002 (the option's natural name)
    precision: str = "auto",
) -> EmbedSummary:
    """Compute the embedding of every frame with the network of a run.

    Without ``out`` the run's own embeddings.npy is written again, which is what clustering and maps read: do this after
    the cohort has grown.

    Args:
        cohort: Folder of the cohort.
        run: Name of the run.
        out: File to write instead.
        format: npy: a matrix, with the frame ids beside it as JSON; parquet: a table frame_id, embedding.
        precision: 32, bf16, or auto.

    Returns:
        What was written, and where.
    """
    from sonosift.cohort.cohort import Cohort

    opened = Cohort.open(cohort)
    source = opened.runs.get(run)

    import json
    import time

    import numpy as np
    import polars as pl

    from sonosift.machine import atomic
    from sonosift.training.cohort_frames import load_canvas
    from sonosift.training.core_share import take_idle_cores
    from sonosift.training.finished_run import load_method
    from sonosift.training.precision import choose_precision, training_device
    from sonosift.training.predict import predict

    started = time.monotonic()
    device = training_device()
    take_idle_cores()
    network = load_method(source).to(device)
    frame_ids = opened.frames.frame_ids
    chosen = choose_precision(precision, device)
    features = predict(network, load_canvas(opened, frame_ids, network.image_size), chosen, title="embed").features
    if out is None:
        source.save_embeddings(frame_ids, features)
        file = source.embeddings_path
    elif format == "parquet":
        file = Path(out)
        with atomic.replacing(file) as temporary:
            pl.DataFrame({"frame_id": frame_ids, "embedding": list(features)}).write_parquet(temporary)
    else:
        file = Path(out)
        with atomic.replacing(file) as temporary, temporary.open("wb") as handle:
            np.save(handle, features, allow_pickle=False)
        atomic.write_text(file.with_suffix(".json"), json.dumps(frame_ids))
    seconds = time.monotonic() - started
    return EmbedSummary(
        run=run,
        frames=len(frame_ids),
        features=features.shape[1],
        seconds=round(seconds, 2),
        frames_per_second=round(len(frame_ids) / max(seconds, 1e-9), 1),
        file=str(file),
    )

"""The pictures that a run kept for its report."""

from __future__ import annotations

import numpy as np

from sonosift.cohort.run_folder import RunFolder
from sonosift.report.content import Picture, RunPictures
from sonosift.report.thumbnails import whole_picture_uri

_FILE = "pictures.npz"
_HEIGHT = 128


def run_pictures(run: RunFolder) -> RunPictures | None:
    """Return the pictures of a run, or None when it made none."""
    if not (run.path / _FILE).exists():
        return None
    with np.load(run.path / _FILE, allow_pickle=False) as kept:
        names, pictures, part = kept["names"].tolist(), kept["pictures"], str(kept["part"])
    rows = [
        [
            Picture(whole_picture_uri(one, _HEIGHT), f"frame {number + 1}, {name}")
            for name, one in zip(names, each, strict=True)
        ]
        for number, each in enumerate(pictures.swapaxes(0, 1))
    ]
    return RunPictures(run.name, part, names, rows)

"""Pictures that a method makes of some frames, kept with the run for its report."""

from __future__ import annotations

import numpy as np
import torch

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.machine import atomic
from sonosift.methods.method import Method
from sonosift.training.cohort_frames import ALL, VALIDATION, validation_rows

PICTURES_FILE = "pictures.npz"

_FRAMES = 6


def save_pictures(method: Method, run: RunFolder, cohort: Cohort, split: str, learnt_part: str) -> None:
    """Write what the method shows of a few frames: of the validation part where the training left one alone.

    ``part`` in the file says where the frames come from, ``names`` what the pictures are, ``pictures`` is
    ``[names, frames, height, width]`` uint8.
    """
    if type(method).pictures is Method.pictures:
        return
    rows, part = cohort.catalog(), ALL
    if learnt_part == "train":
        apart = validation_rows(cohort, split)
        rows, part = (rows, part) if apart.is_empty() else (apart, VALIDATION)
    # Evenly over the part: neighbours in the catalog are frames of one clip.
    places = np.unique(np.linspace(0, len(rows) - 1, _FRAMES).round().astype(int))
    frames = torch.from_numpy(cohort.frames.read(rows["frame_id"].gather(places).to_list()))
    device = next(method.parameters()).device
    shown = {
        name: (255 * found[:, 0]).round().byte().cpu() for name, found in method.pictures(frames.to(device)).items()
    }
    with atomic.replacing(run.path / PICTURES_FILE) as temporary, temporary.open("wb") as handle:
        np.savez(handle, part=part, names=list(shown), pictures=torch.stack(list(shown.values())).numpy())

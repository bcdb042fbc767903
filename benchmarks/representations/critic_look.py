"""What the context encoder's critic makes of the DICOM tags, on validation patients of the phantom.

    python -m benchmarks.representations.critic_look OUT

prints for every trained arm with tags, first seed: how often the critic tells true patches from drawn ones; how much of
its answer comes from the tags; how often it prefers a true patch with its own tags to the same patch with another
frame's; and how strongly each part of the generator's loss pulls on the drawn patch.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from benchmarks.representations.arms import ARMS, IMAGE_SIZE
from benchmarks.representations.cells import Cell
from benchmarks.representations.cohorts import PHANTOM, SPLIT
from sonosift.batches.random_views import whole_view
from sonosift.cohort.cohort import Cohort
from sonosift.losses.context_encoder import fooling_loss, reconstruction
from sonosift.methods.context_encoder import ContextEncoder
from sonosift.nets.context_generator import centre_of, without_centre
from sonosift.training.cohort_frames import load_canvas
from sonosift.training.finished_run import load_method
from sonosift.training.told_about_frames import dicom_tags

COLUMNS = ("true or drawn", "spread of the answer", "of it by the tags", "own tags preferred", "pull of the critic")


def look(cohort: Cohort, run: str) -> list[float]:
    """Return the figures of one run, in the order of ``COLUMNS``."""
    method = load_method(cohort.runs.get(run))
    assert isinstance(method, ContextEncoder)
    rows = cohort.splits.get(SPLIT).catalog("validation")
    tags = torch.from_numpy(dicom_tags(rows))
    frames = load_canvas(cohort, rows["frame_id"].to_list(), IMAGE_SIZE).gather(np.arange(len(rows)))
    scaled = method.backbone.scaled(whole_view(frames, IMAGE_SIZE))
    true = centre_of(scaled[:, :1])
    with torch.no_grad():
        drawn = method.generator(without_centre(scaled))
        real, fake = method.critic(true, tags), method.critic(drawn, tags)
        # In turn from frames with other tags; a critic that sees no difference is counted as half right.
        others = torch.stack([tags[(tags != own).any(dim=1)][place % 97] for place, own in enumerate(tags)])
        ahead = real - method.critic(true, others)
        by_tags = real - method.critic(true, torch.zeros_like(tags))
    drawn.requires_grad_()
    parts = (0.01 * fooling_loss(method.critic(drawn, tags)), 0.99 * reconstruction(drawn, true))
    pulls = [float(torch.autograd.grad(part, drawn, retain_graph=True)[0].norm()) for part in parts]
    right = ((real > 0).float().mean() + (fake < 0).float().mean()) / 2
    preferred = ((ahead > 0).float() + 0.5 * (ahead == 0).float()).mean()
    return [float(right), float(real.std()), float(by_tags.std()), float(preferred), pulls[0] / pulls[1]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    folder = parser.parse_args().out
    cohort = Cohort.open(folder / PHANTOM)
    print(f"| arm | {' | '.join(COLUMNS)} |\n|---|{'---|' * len(COLUMNS)}")
    for arm in ARMS.values():
        cell = Cell(folder, PHANTOM, arm, 0)
        if arm.method == "context-encoder" and arm.settings.get("metadata", True) and cell.done:
            print(f"| {arm.name} | {' | '.join(f'{figure:.3f}' for figure in look(cohort, cell.name))} |")


if __name__ == "__main__":
    main()

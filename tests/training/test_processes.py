"""Two processes that share a training end where one process does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sonosift.cohort.run_folder import RunFolder

SCRIPT = Path(__file__).with_name("resumable_training.py")
ROOT = SCRIPT.parents[2]


def train(folder, method, processes):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, str(SCRIPT), str(folder), method, "32-true", str(processes)]
    subprocess.run(command, env=environment, check=True, timeout=300)
    return folder


def losses_of(folder):
    return [row["loss"] for row in RunFolder.open(folder).metrics() if "loss" in row]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "steps_alike"),
    [
        ("pica", 5),
        ("lsd", 5),
        ("simclr", 5),
        ("moco", 5),
        ("dino", 5),
        ("uscl", 5),
        ("deepcluster", 5),
        ("context-encoder", 2),
    ],
)
def test_two_processes_compute_the_losses_of_one(tmp_path, method, steps_alike):
    """Contrast and clustering compare all rows, batch normalisation counts them all; queue and centre move alike.

    Rounding differs, and a generator and its critic at this learning rate make much of it after a few steps: the first
    two lines of their metrics are compared, all of the others'.
    """
    alone, shared = (losses_of(train(tmp_path / str(count) / "run", method, count)) for count in (1, 2))
    assert len(alone) == len(shared) == 5
    assert shared[0] == pytest.approx(alone[0], rel=1e-5)
    assert shared[:steps_alike] == pytest.approx(alone[:steps_alike], rel=3e-3)

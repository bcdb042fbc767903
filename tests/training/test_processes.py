"""Two processes that share a training end where one process does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from sonosift.cohort.run_folder import RunFolder

SCRIPT = Path(__file__).with_name("resumable_training.py")
ROOT = SCRIPT.parents[2]


def train(folder, method, processes, rate, precision="32-true"):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, str(SCRIPT), str(folder), method, precision, str(processes), rate]
    subprocess.run(command, env=environment, check=True, timeout=300)
    return folder


def losses_of(folder):
    return [row["loss"] for row in RunFolder.open(folder).metrics() if "loss" in row]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "rate"),
    [
        ("pica", "1e-3"),
        ("lsd", "1e-3"),
        ("simclr", "1e-3"),
        ("moco", "1e-3"),
        ("dino", "1e-3"),
        ("uscl", "1e-3"),
        ("deepcluster", "1e-3"),
        ("context-encoder", "1e-5"),
        ("supervised", "1e-3"),
    ],
)
def test_two_processes_compute_the_losses_of_one(tmp_path, method, rate):
    """Contrast and clustering compare all rows, batch normalisation counts them all; queue and centre move alike.

    The order of sums differs, and with it the last digit of a gradient. Where that digit is all there is of it, Adam
    makes a whole step of it, one way or the other: the rates are low, so that this stays a small part of the loss.
    """
    alone, shared = (losses_of(train(tmp_path / str(count) / "run", method, count, rate)) for count in (1, 2))
    assert len(alone) == len(shared) == 5
    assert shared[0] == pytest.approx(alone[0], rel=1e-6)
    assert shared == pytest.approx(alone, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["simclr", "deepcluster"])
def test_in_bf16_two_processes_differ_by_rounding_alone(tmp_path, method):
    """Of eight bits: a sum in another order may round to the number beside it, and learning goes on from there."""
    alone, shared = (losses_of(train(tmp_path / str(n) / "run", method, n, "1e-3", "bf16-mixed")) for n in (1, 2))
    assert len(alone) == len(shared) == 5
    assert shared[0] == pytest.approx(alone[0], rel=torch.finfo(torch.bfloat16).eps)
    assert shared == pytest.approx(alone, rel=2e-2)

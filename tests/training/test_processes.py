"""Two processes that share a training end where one process does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

SCRIPT = Path(__file__).with_name("resumable_training.py")
ROOT = SCRIPT.parents[2]


def train(folder, method, processes):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, str(SCRIPT), str(folder), method, "32-true", str(processes)]
    subprocess.run(command, env=environment, check=True, timeout=300)
    return load_file(folder / "model.safetensors"), load_file(folder / "heads.safetensors")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["lsd", "simclr", "context-encoder"])
def test_two_processes_learn_what_one_learns(tmp_path, method):
    """Contrast and clustering compare all rows, batch normalisation counts them all, a critic plays along."""
    alone, shared = (train(tmp_path / str(count) / "run", method, count) for count in (1, 2))
    for one, two in zip(alone, shared, strict=True):
        assert one.keys() == two.keys()
        for name in one:
            torch.testing.assert_close(one[name], two[name], rtol=2e-3, atol=2e-4, msg=f"{name} differs")

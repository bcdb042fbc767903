import json
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.methods import registry
from sonosift.training.resume_state import FILE_NAME, load_state, save_state
from tests.methods.test_method_contract import build

SCRIPT = Path(__file__).with_name("resumable_training.py")
train_whole = runpy.run_path(str(SCRIPT))["main"]


def start(folder, *how):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(SCRIPT.parents[2])}
    return subprocess.Popen([sys.executable, str(SCRIPT), str(folder), *how], env=environment)


def train_with_kills(folder, how, kills):
    """Start again after every SIGKILL, each sent once the state has moved on from the last one."""
    state = folder / "state" / FILE_NAME
    for _ in range(kills):
        before = state.stat().st_mtime_ns if state.exists() else 0
        process = start(folder, *how)
        while process.poll() is None and (not state.exists() or state.stat().st_mtime_ns == before):
            time.sleep(0.002)
        assert process.poll() is None, "the training ended before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (folder / "model.safetensors").exists()
    assert start(folder, *how).wait() == 0


def rows_without_clock(folder):
    rows = RunFolder.open(folder).metrics()
    return [{key: value for key, value in row.items() if "second" not in key} for row in rows]


# In bf16 with layers wide enough for what the CPU computes in its own way there (nets/learnt_as_product.py).
@pytest.mark.parametrize(
    ("how", "kills"),
    [(("pica", "bf16-mixed", "1", "1e-2", "resnet18"), 2), (("supervised", "32-true"), 1)],
    ids=["pica in bf16", "supervised"],
)
def test_killed_and_continued_ends_bitwise_as_if_uninterrupted(tmp_path, how, kills):
    whole, broken = tmp_path / "whole" / "run", tmp_path / "broken" / "run"
    threads = torch.get_num_threads()
    train_whole(str(whole), *how)
    torch.set_num_threads(threads)
    train_with_kills(broken, how, kills)
    for name in ("model.safetensors", "heads.safetensors"):
        assert (whole / name).read_bytes() == (broken / name).read_bytes()
    assert rows_without_clock(whole) == rows_without_clock(broken)
    steps = [row["step"] for row in rows_without_clock(whole) if "loss" in row]
    assert steps == [1, 3, 6, 9, 12]


class InterruptionError(Exception):
    pass


@pytest.mark.parametrize(
    ("method", "precision"),
    [(name, "32-true") for name in registry.names()] + [(name, "bf16-mixed") for name in registry.names("pretrain")],
)
def test_every_method_interrupted_inside_an_epoch_ends_bitwise_the_same(tmp_path, monkeypatch, method, precision):
    whole, broken = tmp_path / "whole" / "run", tmp_path / "broken" / "run"
    train_whole(str(whole), method, precision)
    steps = []

    kind = type(build(method))
    after_step = kind.after_step

    def interrupt(self, place):
        if len(steps) == 5:
            raise InterruptionError
        steps.append(place.step)
        after_step(self, place)

    monkeypatch.setattr(kind, "after_step", interrupt)
    with pytest.raises(InterruptionError):
        train_whole(str(broken), method, precision)
    monkeypatch.undo()
    train_whole(str(broken), method, precision)
    for name in ("model.safetensors", "heads.safetensors"):
        assert (whole / name).read_bytes() == (broken / name).read_bytes()
    assert rows_without_clock(whole) == rows_without_clock(broken)


def test_state_is_loaded_without_pickle(tmp_path):
    save_state(tmp_path, {"weights": {"a": torch.arange(3)}, "step": 4})
    assert load_state(tmp_path)["step"] == 4
    assert torch.load(tmp_path / FILE_NAME, weights_only=True)["weights"]["a"].tolist() == [0, 1, 2]
    assert load_state(tmp_path / "nothing-here") is None


def test_damaged_and_foreign_states(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"PK half")
    with pytest.raises(SonosiftError, match="damaged"):
        load_state(tmp_path)
    torch.save({"format": 99}, tmp_path / FILE_NAME)
    with pytest.raises(SonosiftError, match="format 99"):
        load_state(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_full_disk_keeps_the_state_before(tmp_path, monkeypatch):
    save_state(tmp_path, {"step": 1})

    def to_full_disk(_, data):
        with Path("/dev/full").open("wb", buffering=0) as full:
            return full.write(data)

    monkeypatch.setattr(Path, "write_bytes", to_full_disk)
    with pytest.raises(SonosiftError, match="no room left"):
        save_state(tmp_path, {"step": 2, "weights": torch.zeros(10_000)})
    assert load_state(tmp_path)["step"] == 1
    assert json.dumps(sorted(p.name for p in tmp_path.iterdir())) == json.dumps([FILE_NAME])

"""A tiny training as a process of its own, to be killed or shared.

Called as ``python resumable_training.py RUN METHOD PRECISION N R``: N is the number of processes (with more than one it
starts the others itself), R the learning rate.
"""

import sys
from pathlib import Path

import numpy as np
import torch

from sonosift.batches.frame_tensor import FrameTensor
from sonosift.batches.sampler import Rows
from sonosift.cohort.run_folder import RECORD_FILE, RunFolder
from sonosift.machine import progress
from sonosift.training.finished_run import new_method, save_networks
from sonosift.training.fit import fit
from sonosift.training.fit_plan import FitPlan
from sonosift.training.processes import end_processes, start_processes
from sonosift.training.validation import validate_on
from tests.methods.test_method_contract import FACTS, OWN, label_targets

STEPS = 12
FRAMES = 60


def main(
    folder: str, name: str, precision: str, count: str = "1", rate: str = "1e-2", backbone: str = "test_resnet"
) -> None:
    progress.set_quiet(True)
    torch.set_num_threads(1)
    draw = np.random.default_rng(0)
    frames = FrameTensor(torch.from_numpy(draw.integers(0, 256, (FRAMES, 37, 37), dtype=np.uint8)))
    labels = (draw.random((FRAMES, 3)) < 0.4).astype(np.uint8)
    rows = Rows([f"e{i // 5}" for i in range(FRAMES)], [f"c{i // 3}" for i in range(FRAMES)], list(range(FRAMES)))
    settings = {"backbone": backbone, "image_size": 32, "learning_rate": float(rate)} | OWN.get(name, {})
    facts = FACTS.get(name, {})
    facts = facts | {key: FRAMES for key in ("frames", "items") if key in facts}
    exams = {"exams_per_batch": 4, "max_images_per_exam": 4} if name in ("pica", "lsd") or "labels" in facts else {}
    method = new_method(name, settings | exams, facts, seed=7)
    supervised = "labels" in facts
    plan = FitPlan(
        steps=STEPS,
        seed=7,
        precision=precision,
        log_every=3,
        save_every_s=0,
        validate_every=2 if supervised else 0,
        patience=100,
    )
    processes = start_processes(precision, count, several_turns=len(method.turns()) > 1)
    path = Path(folder)
    if processes.is_global_zero and not (path / RECORD_FILE).exists():
        RunFolder.create(path, {})
    processes.barrier()
    run = RunFolder.open(path)
    fit(
        method,
        frames,
        method.sampler(rows, 7),
        plan,
        run,
        targets=told(name),
        validate=validate_on(FrameTensor(frames.gather(np.arange(20))), labels[:20], precision) if supervised else None,
        processes=processes,
    )
    end_processes(processes)
    if processes.is_global_zero:
        save_networks(method, run)


def told(name: str) -> torch.Tensor | None:
    if "labels" in FACTS.get(name, {}):
        return label_targets(FRAMES, FACTS[name].get("labelled", FRAMES))
    if name == "uscl":
        return torch.tensor([(i // 3) % 4 - 1 for i in range(FRAMES)])
    if name == "context-encoder":
        return torch.from_numpy(np.random.default_rng(1).integers(0, 2, (FRAMES, 10))).float()
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])

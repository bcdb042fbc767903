import torch

from sonosift.batches.frame_sampler import FrameSampler
from sonosift.batches.frame_tensor import FrameTensor
from sonosift.cohort.run_folder import RunFolder
from sonosift.training.finished_run import new_method
from sonosift.training.fit import fit
from sonosift.training.fit_plan import FitPlan, Watch
from sonosift.training.look_budget import PASSES_TO_LEARN, may_look, pixels_of

FRAMES, SIDE = 12, 32
# Two views of every frame: what one step of PICA learns from.
OF_A_STEP = 2 * FRAMES * SIDE**2


def looks_of(folder, *, steps, of_a_look, killed_at=None, look_every=1):
    """Train (again) and return the steps that the features were looked at."""
    seen = []
    method = new_method("pica", {"backbone": "test_resnet", "image_size": SIDE}, {}, seed=0)
    whole = method.after_step

    def after_step(place):
        if place.step == killed_at:
            raise KeyboardInterrupt
        seen.append(place.step)
        whole(place)

    method.after_step = after_step
    watch = Watch(lambda _: {"looked": float(seen[-1] + 1)}, of_a_look)
    plan = FitPlan(steps=steps, seed=0, log_every=1, look_every=look_every, save_every_s=0)
    run = RunFolder.open(folder) if folder.exists() else RunFolder.create(folder, {})
    frames = FrameTensor(torch.zeros(FRAMES, 37, 37, dtype=torch.uint8))
    try:
        fit(method, frames, FrameSampler(FRAMES, batch_size=FRAMES, seed=0), plan, run, watch=watch)
    except KeyboardInterrupt:
        assert killed_at is not None
    return [int(row["looked"]) for row in run.metrics() if "looked" in row]


def test_looking_never_costs_more_than_its_share_and_the_end_is_looked_at(tmp_path):
    of_a_look = int(0.6 * OF_A_STEP)  # with a share of 5 %, every fourth step
    looks = looks_of(tmp_path / "run", steps=30, of_a_look=of_a_look)
    assert looks == [8, 12, 16, 20, 24, 28, 30]
    for count, step in enumerate(looks, start=1):
        assert count * of_a_look <= 0.05 * PASSES_TO_LEARN * step * OF_A_STEP


def test_a_look_that_costs_more_than_the_whole_training_allows_is_left_out(tmp_path):
    assert looks_of(tmp_path / "run", steps=6, of_a_look=OF_A_STEP) == []


def test_cheap_looks_keep_their_distance(tmp_path):
    assert looks_of(tmp_path / "run", steps=10, of_a_look=1, look_every=4) == [4, 8, 10]


def test_a_resumed_training_looks_at_the_same_steps(tmp_path):
    of_a_look = int(0.6 * OF_A_STEP)
    whole = looks_of(tmp_path / "whole", steps=20, of_a_look=of_a_look)
    for killed_at in (9, 13):
        looks_of(tmp_path / "broken", steps=20, of_a_look=of_a_look, killed_at=killed_at)
    assert looks_of(tmp_path / "broken", steps=20, of_a_look=of_a_look) == whole


def test_without_a_distance_there_is_no_look_and_pixels_are_those_of_all_views():
    plan = FitPlan(steps=10, seed=0)
    assert not may_look(plan, step=10, looked_at=0, learnt_pixels=10**9, looked_pixels=0, of_a_look=1)
    assert pixels_of([torch.zeros(2, 1, 4, 4), torch.zeros(3, 1, 2, 2)]) == 44

import math

import numpy as np
import pytest
import torch

from sonosift.batches.exam_sampler import ExamSampler
from sonosift.batches.frame_sampler import FrameSampler
from sonosift.batches.frame_tensor import FrameTensor
from sonosift.batches.streamed_frames import StreamedFrames
from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.metrics.clustering import purity
from sonosift.training.finished_run import load_method, new_method, save_networks
from sonosift.training.fit import fit
from sonosift.training.fit_plan import FitPlan, Score, Watch
from sonosift.training.predict import predict, sigmoid, softmax

SETTINGS = {"backbone": "test_resnet", "image_size": 32, "learning_rate": 3e-3}


def bars(count, seed):
    """Noisy frames with bars at one of three angles: what they are is easy to see, but not by brightness."""
    draw = np.random.default_rng(seed)
    kinds = draw.integers(0, 3, count)
    y, x = np.mgrid[:37, :37]
    frames = np.empty((count, 37, 37), np.uint8)
    for row, kind in enumerate(kinds):
        # Mirror images keep their kind: both diagonals are one.
        along = {0: x, 1: y, 2: x + y if draw.random() < 0.5 else x - y}[int(kind)]
        wave = np.sin(along / draw.uniform(1.6, 2.4) + draw.uniform(0, 6))
        frames[row] = np.clip(128 + 60 * wave + 25 * draw.standard_normal((37, 37)), 0, 255)
    return frames, kinds


def run_in(tmp_path, **config):
    return RunFolder.create(tmp_path / "run", config)


def test_supervised_training_recognises_new_frames(tmp_path):
    frames, kinds = bars(240, 0)
    unseen, truth = bars(150, 1)
    method = new_method("supervised", SETTINGS, {"labels": 3}, seed=0)
    targets = torch.from_numpy(np.eye(3, dtype=np.uint8)[kinds])
    result = fit(
        method,
        FrameTensor(torch.from_numpy(frames)),
        FrameSampler(240, batch_size=48, seed=0),
        FitPlan(steps=60, seed=0),
        run_in(tmp_path),
        targets=targets,
    )
    scores = sigmoid(predict(method, FrameTensor(torch.from_numpy(unseen)), "32-true").logits)
    accuracy = (scores.argmax(axis=1) == truth).mean()
    majority = np.bincount(truth).max() / len(truth)
    assert majority < 0.45
    assert accuracy > 0.85
    assert (result.steps, result.images) == (60, 60 * 48)


def test_pica_groups_unseen_frames_by_what_they_show(tmp_path):
    frames, _ = bars(240, 2)
    unseen, truth = bars(150, 3)
    method = new_method("pica", SETTINGS | {"clusters": 3, "strong_view": "semantic"}, {}, seed=0)
    fit(
        method,
        FrameTensor(torch.from_numpy(frames)),
        FrameSampler(240, batch_size=60, seed=0),
        FitPlan(steps=120, seed=0),
        run_in(tmp_path),
    )
    groups = softmax(predict(method, FrameTensor(torch.from_numpy(unseen)), "32-true").logits).argmax(axis=1)
    assert purity(groups, truth) > 0.75  # one group per image kind would be 1, chance about 0.4


def small_training(tmp_path, plan, *, validate=None, name="supervised", targets=True, frames=20):
    draw = np.random.default_rng(0)
    images = FrameTensor(torch.from_numpy(draw.integers(0, 256, (frames, 37, 37), dtype=np.uint8)))
    method = new_method(name, SETTINGS, {"labels": 2} if name == "supervised" else {}, seed=0)
    labels = torch.from_numpy((draw.random((frames, 2)) < 0.5).astype(np.uint8)) if targets else None
    run = run_in(tmp_path)
    exams = [f"e{i % 5}" for i in range(frames)]
    result = fit(
        method, images, ExamSampler(exams, seed=0), plan, run, targets=labels,
        validate=validate,
    )  # fmt: skip
    return method, run, result


@pytest.mark.parametrize(("precision", "computed"), [("32-true", torch.float32), ("bf16-mixed", torch.bfloat16)])
def test_steps_are_computed_in_the_precision_asked_for_and_weights_stay_float32(
    tmp_path, monkeypatch, precision, computed
):
    from sonosift.nets.backbone import Backbone

    seen = []
    whole = Backbone.forward

    def forward(self, images):
        found = whole(self, images)
        if torch.is_grad_enabled():  # the look at health is computed so in any case
            seen.append(found.dtype)
        return found

    monkeypatch.setattr(Backbone, "forward", forward)
    method, _, _ = small_training(tmp_path, FitPlan(steps=3, seed=0, precision=precision), name="pica", targets=False)
    assert seen == [computed] * 3
    assert {weight.dtype for weight in method.parameters()} == {torch.float32}


def test_early_stopping_keeps_the_best_weights(tmp_path):
    values = iter([0.3, 0.6, 0.5, 0.6, 0.2])
    seen = []

    def validate(method):
        seen.append({key: tensor.clone() for key, tensor in method.state_dict().items()})
        return Score(next(values), {"weighted_f1": 0.1 * len(seen)})

    plan = FitPlan(steps=100, seed=0, validate_every=2, patience=3)
    method, run, result = small_training(tmp_path, plan, validate=validate)
    assert (result.best_step, result.best_score, result.steps) == (4, 0.6, 10)
    assert all(torch.equal(seen[1][key], tensor) for key, tensor in method.state_dict().items())
    rows = [row for row in run.metrics() if "validation_weighted_f1" in row]
    assert [row["step"] for row in rows] == [2, 4, 6, 8, 10]


def test_patience_waits_for_the_least_number_of_validations(tmp_path):
    plan = FitPlan(steps=100, seed=0, validate_every=1, patience=1, least_validations=6)
    _, _, result = small_training(tmp_path, plan, validate=lambda method: Score(0.0, {}))
    assert result.steps == 6


def test_nan_stops_and_keeps_the_last_good_state(tmp_path, monkeypatch):
    from sonosift.methods.supervised import Supervised
    from sonosift.training.resume_state import load_state

    real = Supervised.losses
    calls = []

    def losses(self, batch, turn):
        calls.append(1)
        found = real(self, batch, turn)
        return found if len(calls) < 4 else {"loss": found["loss"] * math.nan}

    monkeypatch.setattr(Supervised, "losses", losses)
    with pytest.raises(SonosiftError, match="became nan at step 4"):
        small_training(tmp_path, FitPlan(steps=10, seed=0, save_every_s=0))
    state = load_state(tmp_path / "run" / "state")
    assert state["position"]["step"] == 3
    assert all(torch.isfinite(weight).all() for weight in state["weights"].values())


def test_finished_training_does_nothing_when_started_again(tmp_path):
    _, run, _ = small_training(tmp_path, FitPlan(steps=4, seed=0))
    method = new_method("supervised", SETTINGS, {"labels": 2}, seed=99)
    frames = FrameTensor(torch.zeros(20, 37, 37, dtype=torch.uint8))
    result = fit(method, frames, FrameSampler(20, batch_size=4, seed=0), FitPlan(steps=4, seed=0), run)
    assert result.steps == 4
    assert len([row for row in run.metrics() if row["step"] == 1]) == 1


def test_three_images_are_enough(tmp_path):
    _, _, result = small_training(tmp_path, FitPlan(steps=2, seed=0), name="pica", targets=False, frames=3)
    assert result.steps == 2


def test_a_finished_run_loads_and_predicts_the_same(tmp_path):
    config = {"method": "supervised", "settings": SETTINGS, "facts": {"labels": 2}}
    run = RunFolder.create(tmp_path / "r", config)
    method = new_method("supervised", SETTINGS, {"labels": 2}, seed=3)
    frames = FrameTensor(torch.randint(0, 256, (5, 37, 37), dtype=torch.uint8))
    with pytest.raises(SonosiftError, match="no trained network"):
        load_method(run)
    save_networks(method, run)
    again = predict(load_method(RunFolder.open(run.path)), frames, "32-true")
    first = predict(method, frames, "32-true")
    np.testing.assert_array_equal(again.logits, first.logits)
    np.testing.assert_array_equal(again.features, first.features)


def test_a_network_can_still_learn_after_predicting(tmp_path):
    method = new_method("pica", SETTINGS, {}, seed=0)
    frames = FrameTensor(torch.randint(0, 256, (12, 37, 37), dtype=torch.uint8))
    predict(method, frames, "bf16-mixed")
    plan = FitPlan(steps=1, seed=0)
    result = fit(method, frames, FrameSampler(12, batch_size=12, seed=0), plan, run_in(tmp_path))
    assert result.steps == 1


def test_frames_from_the_disk_train_to_the_same_weights(tmp_path):
    stored, _ = bars(24, seed=1)
    frames = FrameTensor(torch.from_numpy(stored))
    streamed = StreamedFrames(lambda ids: stored[[int(number) for number in ids]], [str(n) for n in range(24)], 37)
    weights = []
    for name, source in (("memory", frames), ("disk", streamed)):
        method = new_method("simclr", SETTINGS | {"batch_size": 8}, {}, seed=0)
        run = RunFolder.create(tmp_path / name, {})
        fit(method, source, FrameSampler(24, batch_size=8, seed=0), FitPlan(steps=5, seed=0), run)
        weights.append(torch.cat([weight.flatten() for weight in method.state_dict().values()]))
    assert torch.equal(*weights)


@pytest.mark.parametrize("killed_at", [3, 4], ids=["before the warning", "after the warning"])
def test_warnings_are_those_of_an_uninterrupted_training(tmp_path, killed_at):
    """A sign is said when it was bad three times in a row, wherever between them the training was killed."""
    frames = FrameTensor(torch.from_numpy(bars(12, seed=1)[0]))

    def train(folder, looks_until_killed=math.inf):
        looks = []

        def watch(_):
            looks.append(1)
            if len(looks) > looks_until_killed:
                raise KeyboardInterrupt
            return {"knn_above_chance": -0.1}

        method = new_method("pica", SETTINGS, {}, seed=0)
        plan = FitPlan(steps=5, seed=0, log_every=1, look_every=1, save_every_s=0)
        run = RunFolder.open(folder) if folder.exists() else RunFolder.create(folder, {})
        sampler = FrameSampler(12, batch_size=12, seed=0)
        return fit(method, frames, sampler, plan, run, watch=Watch(watch, pixels=0)).warnings

    expected = train(tmp_path / "whole")
    assert [line for line in expected if "step 3" in line and "no better than chance" in line]
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "broken", killed_at - 1)
    assert train(tmp_path / "broken") == expected

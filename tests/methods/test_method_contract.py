"""Every method of the registry, two steps at 32 pixels (64 for the context encoder), from its name alone."""

import pytest
import torch

from sonosift.batches.draws import torch_draws
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.errors import SonosiftError
from sonosift.methods import registry
from sonosift.methods.method import Batch, Place
from sonosift.training.finished_run import new_method

FRAMES = 24
SMALL = {"backbone": "test_resnet", "image_size": 32}
OWN = {
    "moco": {"queue": 16, "batch_size": 8, "momentum": 0.5},
    "simclr": {"batch_size": 8},
    "dino": {"local_crops": 2, "local_size": 16, "prototypes": 12, "hidden": 16, "bottleneck": 8, "batch_size": 8,
             "frozen_last_layer_epochs": 0, "fixed_last_norm": False, "momentum": 0.5, "warm_epochs": 0,
             "learning_rate": 0.1},
    "uscl": {"clips_per_batch": 4},
    "deepcluster": {"clusters": 3, "components": 4, "batch_size": 8},
    "context-encoder": {"backbone": "resnet18", "image_size": 64, "image_width": None, "batch_size": 4},
    "fusc": {"clusters": 3, "neighbours": 4, "batch_size": 8},
    "self-label": {"clusters": 3, "batch_size": 8, "threshold": 0.2},
    "fixmatch": {"threshold": 0.2, "ema": 0.5, "warm_steps": 0},
    "fixmatch-one-head": {"threshold": 0.2},
    "fixmatch-two-head": {"threshold": 0.2},
}  # fmt: skip
SEMI = {"labels": 3, "items": FRAMES, "labelled": FRAMES // 2}
FACTS = {
    "moco": {"frames": FRAMES},
    "uscl": {"classes": 3},
    "deepcluster": {"frames": FRAMES},
    "context-encoder": {"tags": 10},
    "fusc": {"frames": FRAMES},
    "supervised": {"labels": 3},
    "probe": {"labels": 3, "items": FRAMES},
    "fixmatch": SEMI | {"one_hot": True},
    "fixmatch-one-head": SEMI,
    "fixmatch-two-head": SEMI | {"combinations": [[1, 0, 0], [0, 1, 0], [1, 1, 0]]},
    "mixmatch": SEMI,
    "pi": SEMI,
    "temporal-ensembling": SEMI,
}
ROWS = Rows([f"exam{n // 6}" for n in range(FRAMES)], [f"clip{n // 4}" for n in range(FRAMES)], list(range(FRAMES)))


def settings_of(name):
    return SMALL | OWN.get(name, {})


def build(name, seed=1):
    return new_method(name, settings_of(name), FACTS.get(name, {}), seed=seed)


def frames():
    return torch.randint(0, 256, (FRAMES, 40, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def targets(name):
    generator = torch.Generator().manual_seed(1)
    if "labels" in FACTS.get(name, {}):
        return label_targets(FRAMES, FACTS[name].get("labelled", FRAMES))
    if name == "context-encoder":
        return torch.randint(0, 2, (FRAMES, 10), generator=generator).float()
    if name == "uscl":
        return torch.tensor([(n // 4) % 4 - 1 for n in range(FRAMES)])
    return None


def label_targets(items, labelled):
    """One of three labels each, and a last column that is 0 where there is none."""
    labels = torch.eye(3)[torch.arange(items) % 3]
    known = (torch.arange(items) < labelled).float()[:, None]
    return torch.cat([labels * known, known], dim=1)


def batch_for(method, name, step=0, seed=0):
    rows = method.sampler(ROWS, seed).rows(step)
    views = method.views(frames()[torch.from_numpy(rows)], ViewDraws(torch_draws(seed, "views", step)))
    items = torch.from_numpy(rows if rows.ndim == 1 else rows[:, 0].copy())
    told = targets(name)
    return Batch(views, None if told is None else told[items], items)


def take_steps(method, name, steps):
    turns = method.turns()
    per_epoch = method.sampler(ROWS, 0).steps_per_epoch
    method.train()
    for step in range(steps):
        place = Place(step, 40, per_epoch)
        if step % per_epoch == 0:
            torch.manual_seed(step)
            method.begin_epoch(place, lambda: method.backbone(frames()[:, None] / 255).detach())
        method.prepare(place, turns)
        batch = batch_for(method, name, step)
        for turn, optimizer in turns.items():
            losses = method.training_step(batch, turn)
            assert losses["loss"].ndim == 0
            assert all(torch.isfinite(value) for value in losses.values())
            losses["loss"].backward()
            method.after_backward(place)
            optimizer.step()
            method.zero_grad()
        method.after_step(place)


@pytest.mark.parametrize("name", registry.names())
def test_two_steps_change_every_weight_that_learns(name):
    method = build(name)
    frozen = "backbone." if name == "probe" else "nothing"
    before = {key: value.clone() for key, value in method.named_parameters() if not key.startswith(frozen)}
    take_steps(method, name, 3)
    unchanged = [key for key, value in method.named_parameters() if key in before and torch.equal(before[key], value)]
    assert unchanged == []


@pytest.mark.parametrize("name", registry.names())
def test_the_batch_and_the_loss_do_not_depend_on_how_it_is_shared(name):
    """Half of the rows, drawn as a share of the whole batch, get the very views that they have in the whole batch."""
    method = build(name)
    rows = method.sampler(ROWS, 3).rows(1)
    places = torch.arange(1, len(rows), 2)
    whole = method.views(frames()[torch.from_numpy(rows)], ViewDraws(torch_draws(3, "views", 1)))
    half = method.views(
        frames()[torch.from_numpy(rows)[places]], ViewDraws(torch_draws(3, "views", 1), places, len(rows))
    )
    for view, images in whole.items():
        repeats = len(images) // len(rows)
        mine = torch.cat([part[places] for part in images.chunk(repeats)])
        torch.testing.assert_close(half[view], mine)


@pytest.mark.parametrize("name", registry.names())
def test_same_seed_same_network_and_views(name):
    one, other, third = (build(name, seed) for seed in (5, 5, 6))
    weights = [torch.cat([w.flatten() for w in method.parameters()]) for method in (one, other, third)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    for view, images in batch_for(one, name).views.items():
        assert torch.equal(images, batch_for(other, name).views[view])
        assert images.shape[1] == 1
        assert images.dtype == torch.float32


@pytest.mark.parametrize("name", registry.names())
def test_health_leaves_the_network_as_it_was(name):
    method = build(name).train()
    before = {key: value.clone() for key, value in method.state_dict().items()}
    figures = method.health(batch_for(method, name))
    assert method.training
    assert method.backbone.net.training == (name != "probe")  # whose backbone is frozen
    assert all(torch.equal(before[key], value) for key, value in method.state_dict().items())
    assert figures
    assert all(isinstance(value, float) for value in figures.values())


@pytest.mark.parametrize("name", registry.names())
def test_weights_of_a_method_survive_saving_and_loading(name):
    method, other = build(name), build(name, seed=9)
    take_steps(method, name, 1)
    other.load_state_dict(method.state_dict())
    images = torch.rand(4, 1, 64, 64)
    for one, two in zip(method.eval()(images), other.eval()(images), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("name", registry.names())
def test_every_setting_has_a_known_origin_and_a_description(name):
    config = registry.config_of(name, {})
    assert set(type(config).origins().values()) <= {"paper", "code", "ours"}
    assert set(type(config).origins()) == set(type(config).model_fields)
    assert all(field.description for field in type(config).model_fields.values())
    small = registry.config_of(name, {}, small=True)
    assert small.steps is not None


@pytest.mark.parametrize("name", registry.names())
def test_misspelt_settings_are_answered_with_close_ones(name):
    with pytest.raises(SonosiftError, match="learning_rate"):
        registry.config_of(name, {"lerning_rate": 1e-3})


@pytest.mark.parametrize(
    ("name", "setting"), [("pica", "strong_view"), ("supervised", "train_view"), ("simclr", "view")]
)
def test_misspelt_presets_are_answered_with_close_ones(name, setting):
    with pytest.raises(SonosiftError, match="semantic"):
        new_method(name, settings_of(name) | {setting: "semantik"}, FACTS.get(name, {}), seed=0)


def test_unknown_method_and_wrong_kind():
    with pytest.raises(SonosiftError, match="Did you mean 'pica'"):
        registry.find("picca")
    with pytest.raises(SonosiftError, match="method of pretrain"):
        registry.find("supervised", "pretrain")

"""Every method of the registry, two steps at 32 pixels, from its name alone."""

import pytest
import torch

from sonosift.batches.draws import torch_draws
from sonosift.errors import SonosiftError
from sonosift.methods import registry
from sonosift.methods.method import Batch
from sonosift.training.finished_run import new_method

SMALL = {"backbone": "test_resnet", "image_size": 32}
FACTS = {"pica": {}, "lsd": {}, "supervised": {"labels": 3}}


def batch_for(method, name, seed=0):
    frames = torch.randint(0, 256, (8, 37, 37), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))
    targets = torch.arange(24).reshape(8, 3).remainder(2).float() if name == "supervised" else None
    return Batch(method.views(frames, torch_draws(seed, "views", 0, 0)), targets)


@pytest.mark.parametrize("name", registry.names())
def test_two_steps_change_every_weight_that_learns(name):
    method = new_method(name, SMALL, FACTS[name], seed=1)
    optimizer = method.configure_optimizers()
    before = {key: value.clone() for key, value in method.named_parameters()}
    for step in range(2):
        losses = method.training_step(batch_for(method, name, step), step)
        assert losses["loss"].ndim == 0
        assert all(torch.isfinite(value) for value in losses.values())
        losses["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert all(not torch.equal(before[key], value) for key, value in method.named_parameters())


@pytest.mark.parametrize("name", registry.names())
def test_same_seed_same_network_and_views(name):
    one, other, third = (new_method(name, SMALL, FACTS[name], seed=seed) for seed in (5, 5, 6))
    weights = [torch.cat([w.flatten() for w in method.parameters()]) for method in (one, other, third)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    for view, images in batch_for(one, name).views.items():
        assert torch.equal(images, batch_for(other, name).views[view])
        assert images.shape[1:] == (1, 32, 32)


@pytest.mark.parametrize("name", registry.names())
def test_health_leaves_the_network_as_it_was(name):
    method = new_method(name, SMALL, FACTS[name], seed=1).train()
    before = {key: value.clone() for key, value in method.state_dict().items()}
    figures = method.health(batch_for(method, name))
    assert method.training
    assert method.backbone.net.training
    assert all(torch.equal(before[key], value) for key, value in method.state_dict().items())
    assert all(isinstance(value, float) for value in figures.values())


@pytest.mark.parametrize("name", registry.names())
def test_every_setting_has_a_known_origin_and_a_description(name):
    config = registry.config_of(name, {})
    assert set(type(config).origins().values()) <= {"paper", "code", "ours"}
    assert set(type(config).origins()) == set(type(config).model_fields)
    assert all(field.description for field in type(config).model_fields.values())


@pytest.mark.parametrize("name", registry.names())
def test_misspelt_settings_are_answered_with_close_ones(name):
    with pytest.raises(SonosiftError, match="learning_rate"):
        registry.config_of(name, {"lerning_rate": 1e-3})
    with pytest.raises(SonosiftError, match="semantic"):
        new_method(
            name, SMALL | {"strong_view" if name != "supervised" else "train_view": "semantik"}, FACTS[name], seed=0
        )


def test_unknown_method_and_wrong_kind():
    with pytest.raises(SonosiftError, match="Did you mean 'pica'"):
        registry.find("picca")
    with pytest.raises(SonosiftError, match="method of pretrain"):
        registry.find("supervised", "pretrain")

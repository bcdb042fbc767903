"""Weights from elsewhere: prefixes, colours, what does not fit, and pickles that want to do more than hold tensors."""

import os
import pickle

import pytest
import torch
from safetensors.torch import save_file

from sonosift.errors import SonosiftError
from sonosift.machine import progress
from sonosift.nets.backbone import Backbone
from sonosift.nets.initial_weights import initialise


def same(one, other):
    pairs = zip(one.net.state_dict().items(), other.net.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for (_, a), b in pairs)


@pytest.fixture
def said(monkeypatch):
    lines = []
    monkeypatch.setattr(progress, "notice", lines.append)
    return lines


def network(seed, channels=1):
    torch.manual_seed(seed)
    return Backbone("test_resnet", channels)


@pytest.mark.parametrize("prefix", ["", "module.", "backbone.", "module.encoder_q.", "model.net."])
def test_prefixes_are_found_and_what_is_left_out_is_said(tmp_path, said, prefix):
    source, target = network(1), network(2)
    weights = {f"{prefix}{name}": tensor for name, tensor in source.net.state_dict().items()}
    weights["module.queue"] = torch.zeros(3)
    save_file(weights, tmp_path / "w.safetensors")
    initialise(target, tmp_path / "w.safetensors")
    assert same(source, target)
    assert "left out: module.queue" in said[0]
    assert f"{len(source.net.state_dict())} of" in said[0]


def test_the_network_that_learns_is_preferred_to_its_slow_copy(tmp_path):
    query, key, target = network(1), network(2), network(3)
    both = {f"encoder_k.{name}": tensor for name, tensor in key.net.state_dict().items()}
    both |= {f"encoder_q.{name}": tensor for name, tensor in query.net.state_dict().items()}
    save_file(both, tmp_path / "w.safetensors")
    initialise(target, tmp_path / "w.safetensors")
    assert same(query, target)


def test_a_first_layer_for_colours_sees_grey_as_equal_colours(tmp_path):
    colour, grey = network(1, channels=3).eval(), network(2).eval()
    save_file(colour.net.state_dict(), tmp_path / "w.safetensors")
    initialise(grey, tmp_path / "w.safetensors")
    images = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(grey.net(images), colour.net(images.repeat(1, 3, 1, 1)))


def test_what_does_not_fit_is_listed(tmp_path):
    weights = dict(network(1).net.state_dict())
    gone = next(name for name in weights if name.endswith("conv1.weight") and "layer2" in name)
    del weights[gone]
    save_file(weights, tmp_path / "w.safetensors")
    target = network(2)
    before = {name: tensor.clone() for name, tensor in target.net.state_dict().items()}
    with pytest.raises(SonosiftError, match=f"do not fit .*matched; missing: {gone}"):
        initialise(target, tmp_path / "w.safetensors")
    assert all(torch.equal(before[name], tensor) for name, tensor in target.net.state_dict().items())
    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(SonosiftError, match="0 of"):
        initialise(target, tmp_path / "other.safetensors")


@pytest.mark.parametrize("nest", [(), ("state_dict",), ("teacher",), ("checkpoint", "model")])
def test_checkpoints_of_torch(tmp_path, nest):
    source, target = network(1), network(2)
    content = {f"module.{name}": tensor for name, tensor in source.net.state_dict().items()}
    for name in reversed(nest):
        content = {name: content, "epoch": 3}
    torch.save(content, tmp_path / "w.pth")
    if nest[:1] == ("checkpoint",):
        with pytest.raises(SonosiftError, match="holds no named tensors"):
            initialise(target, tmp_path / "w.pth")
        return
    initialise(target, tmp_path / "w.pth")
    assert same(source, target)


class Hostile:
    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return os.system, (f"touch {self.file}",)


@pytest.mark.parametrize("writer", ["torch", "pickle"])
def test_a_pickle_that_runs_a_command_is_refused_and_runs_nothing(tmp_path, writer):
    content = {"state_dict": network(1).net.state_dict(), "args": Hostile(tmp_path / "ran")}
    path = tmp_path / "w.pth"
    if writer == "torch":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps({"args": Hostile(tmp_path / "ran")}))
    target = network(2)
    before = [weight.clone() for weight in target.parameters()]
    with pytest.raises(SonosiftError, match="was refused: ") as told:
        initialise(target, path)
    if writer == "torch":
        assert "it holds more than tensors (" in str(told.value)
    assert not (tmp_path / "ran").exists()
    assert all(torch.equal(old, new) for old, new in zip(before, target.parameters(), strict=True))


def test_broken_and_absent_checkpoints(tmp_path):
    (tmp_path / "w.pt").write_bytes(b"PK half a file")
    with pytest.raises(SonosiftError, match="refused"):
        initialise(network(1), tmp_path / "w.pt")
    with pytest.raises(SonosiftError, match="no weights at"):
        initialise(network(1), tmp_path / "absent.pth")
    torch.save(torch.zeros(3), tmp_path / "one.pt")
    with pytest.raises(SonosiftError, match="no named tensors"):
        initialise(network(1), tmp_path / "one.pt")


def test_a_checkpoint_that_swells_meets_the_limit_of_memory(tmp_path, monkeypatch):
    from sonosift.nets import foreign_weights

    # One number, said to be repeated: a few hundred bytes that become as many gigabytes when they are copied.
    torch.save({"w": torch.zeros(1).expand(3, 2**30)}, tmp_path / "w.pth")
    assert (tmp_path / "w.pth").stat().st_size < 10_000
    monkeypatch.setattr(foreign_weights, "_LEAST_BYTES", 2**28)
    with pytest.raises(SonosiftError, match="refused: it needs too much memory"):
        initialise(network(1), tmp_path / "w.pth")

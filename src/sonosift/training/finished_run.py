"""The networks of a run on disk: ``model.safetensors`` holds the backbone with timm's own keys, ``heads`` the rest."""

from __future__ import annotations

from typing import Any

import torch

from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.methods import registry
from sonosift.methods.method import Method
from sonosift.nets.weights_file import load_into, read_weights, save_weights

HEADS_FILE = "heads.safetensors"


def save_networks(method: Method, run: RunFolder) -> None:
    """Write the weights; timm reads the backbone: ``create_model(NAME, num_classes=0, checkpoint_path=…)``."""
    backbone = method.backbone
    about = {"backbone": backbone.name, "channels": backbone.channels, "image_size": method.image_size}
    heads = {
        f"{name}.{key}": tensor for name, head in method.heads().items() for key, tensor in head.state_dict().items()
    }
    save_weights(run.path / HEADS_FILE, heads, about)
    # Last: a run with a model is a run whose networks are whole.
    save_weights(run.model_path, backbone.net.state_dict(), about)


def load_method(run: RunFolder) -> Method:
    """Build the method of a run again, with its weights, in evaluation mode."""
    config = run.config
    if "method" not in config or "settings" not in config or not run.model_path.exists():
        raise SonosiftError(
            f"run {run.name!r} holds no trained network", "Name a run of pretrain or train that has come to its end."
        )
    method = new_method(config["method"], config["settings"], config.get("facts", {}), seed=0)
    load_into(method.backbone.net, read_weights(run.model_path), run.name)
    heads = read_weights(run.path / HEADS_FILE)
    for name, head in method.heads().items():
        own = {key.removeprefix(f"{name}."): tensor for key, tensor in heads.items() if key.startswith(f"{name}.")}
        load_into(head, own, run.name)
    method.weights_filled()
    return method.eval()


def new_method(name: str, settings: dict[str, Any], facts: dict[str, Any], *, seed: int) -> Method:
    """Build a method with random weights that depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return registry.build(name, registry.config_of(name, settings), **facts)

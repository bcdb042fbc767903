"""Weights on disk: safetensors with plain keys, never a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from sonosift.errors import SonosiftError
from sonosift.machine import atomic


def save_weights(path: Path, state: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write tensors and a small description, whole or not at all."""
    from safetensors.torch import save

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    # Through memory: its own file writer gives a full disk another name than the rest of the house does.
    atomic.write_bytes(path, save(plain, metadata={"sonosift": json.dumps(dict(about))}))


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read all tensors of a file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path))
    except FileNotFoundError:
        raise SonosiftError(f"there are no weights at {path}", "Let the run finish first.") from None
    except SafetensorError as error:
        raise SonosiftError(f"{path} is not a whole safetensors file", str(error)) from error


def load_into(module: nn.Module, weights: Mapping[str, Tensor], source: str) -> None:
    """Put weights into a network; every name and shape must fit."""
    expected = module.state_dict()
    missing = sorted(expected.keys() - weights.keys())
    extra = sorted(weights.keys() - expected.keys())
    shapes = sorted(key for key in expected.keys() & weights.keys() if expected[key].shape != weights[key].shape)
    if missing or extra or shapes:
        faults = {"missing": missing, "not expected": extra, "of another shape": shapes}
        listed = "; ".join(f"{what}: {', '.join(keys[:3])}" for what, keys in faults.items() if keys)
        raise SonosiftError(
            f"the weights of {source} do not fit this network ({listed})",
            "Use the same backbone and channels as the run that the weights come from.",
        )
    module.load_state_dict(dict(weights))

"""Weights from elsewhere: pickles converted in a limited child, names brought in line with timm's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from sonosift.errors import SonosiftError
from sonosift.machine import progress
from sonosift.nets.weights_file import read_weights

PICKLES = (".pth", ".pt", ".ckpt", ".bin", ".tar")

_SECONDS = 120
_LEAST_BYTES = 2**30
_BYTES_PER_BYTE = 4
"""A checkpoint is read, copied and written: so much more memory than its size, and a gigabyte at least."""

_SHOWN = 3
# Of several networks in one file, that which the recipe keeps.
_PREFERRED = ("teacher", "encoder_q", "online", "backbone")


def read_any_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file, or a checkpoint of torch: tensors only, in a child with limits."""
    return _converted(path) if path.suffix.lower() in PICKLES else read_weights(path)


def fill_from_file(net: nn.Module, path: Path) -> None:
    """Fill a network from a file, its own or a foreign one, and say what was matched; every weight must be.

    Prefixes such as ``module.``, ``backbone.`` or ``encoder_q.`` are found by themselves: of all that stand before
    names of the network, the one that explains most. A first layer for colours serves grey images by its sum.
    """
    found = read_any_weights(path)
    expected = net.state_dict()
    prefix = common_prefix(found, expected)
    mine = {name.removeprefix(prefix): tensor for name, tensor in found.items() if name.startswith(prefix)}
    matched = {name: _fitted(mine[name], expected[name]) for name in expected if name in mine}
    fitting = {name: tensor for name, tensor in matched.items() if tensor.shape == expected[name].shape}
    # Older checkpoints do not count their batches.
    missing = [name for name in expected if name not in matched and not name.endswith("num_batches_tracked")]
    shapes = [name for name in matched if name not in fitting]
    left = len(found) - len(matched)
    about = f"{len(fitting)} of {len(expected)} tensors matched" + (f" behind {prefix!r}" if prefix else "")
    if missing or shapes:
        faults = {"missing": missing, "of another shape": shapes}
        listed = "; ".join(f"{what}: {_few(names)}" for what, names in faults.items() if names)
        raise SonosiftError(
            f"the weights of {path} do not fit this network: {about}; {listed}",
            "Use the same backbone and channels as the network that the weights come from. "
            f"The file holds {_few(sorted(found))}.",
        )
    net.load_state_dict(expected | fitting)
    if prefix or left:
        unused = [name for name in found if name.removeprefix(prefix) not in matched]
        progress.notice(f"{path.name}: {about}" + (f"; left out: {_few(unused)}" if unused else ""))


def common_prefix(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str:
    """Return what stands before the names of a network in a file: the prefix that most of its names share."""
    votes: Counter[str] = Counter()
    for name in found:
        parts = name.split(".")
        votes.update(
            ".".join([*parts[:start], ""]) if start else ""
            for start in range(len(parts))
            if ".".join(parts[start:]) in expected
        )
    if not votes:
        return ""
    most = max(votes.values())
    best = [prefix for prefix, count in votes.items() if count == most]
    return next((prefix for word in _PREFERRED for prefix in best if word in prefix), best[0])


def _fitted(tensor: Tensor, expected: Tensor) -> Tensor:
    if tensor.ndim == 4 and expected.ndim == 4 and (tensor.shape[1], expected.shape[1]) == (3, 1):
        return tensor.float().sum(dim=1, keepdim=True)
    return tensor


def _converted(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise SonosiftError(f"there are no weights at {path}", "Check the name of the file.")
    size = max(_LEAST_BYTES, _BYTES_PER_BYTE * path.stat().st_size)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    with tempfile.TemporaryDirectory(prefix="sonosift-weights-") as folder:
        target = Path(folder) / "converted.safetensors"
        command = [sys.executable, "-m", "sonosift.nets.checkpoint_child", str(path), str(target), str(_SECONDS)]
        try:
            child = subprocess.run(  # noqa: S603 (our own program)
                [*command, str(size)],
                env=environment,
                capture_output=True,
                text=True,
                timeout=2 * _SECONDS,
                check=False,
            )
            answer = json.loads(child.stdout) if child.returncode == 0 else {"refused": "it broke off while being read"}
        except subprocess.TimeoutExpired:
            answer = {"refused": "it takes too long to read"}
        except json.JSONDecodeError:
            answer = {"refused": "it broke off while being read"}
        if "refused" in answer:
            raise SonosiftError(
                f"{path} was refused: {answer['refused']}",
                "Only tensors are read from a foreign checkpoint, never other objects. Where you trust the file, "
                "save its state_dict as safetensors yourself.",
            )
        if not answer["tensors"]:
            raise SonosiftError(f"{path} holds no named tensors", "Give a state_dict, or a checkpoint with one in it.")
        return read_weights(target)


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more

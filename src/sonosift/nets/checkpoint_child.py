"""The program of a converting child: ``python -m sonosift.nets.checkpoint_child SOURCE TARGET SECONDS BYTES``.

A foreign checkpoint is a pickle, which may run anything when it is read. This child reads tensors and nothing else
(``weights_only``), under limits of memory, time and output, and never tries another way.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Where checkpoints keep the weights that are worth having, the best first (DINO: the teacher's).
_NESTS = ("teacher", "state_dict", "model_state_dict", "model", "net", "encoder", "backbone", "student")
_DEEPEST_NEST = 3


def main(source: str, target: str, seconds: str, size: str) -> None:
    """Convert, and say on standard output how it went: one JSON object."""
    import torch
    from safetensors.torch import save_file

    torch.set_num_threads(1)
    # After the libraries are loaded: the file meets these limits, not an import.
    _limit(resource.RLIMIT_CPU, _cpu_seconds() + int(seconds))
    _limit(resource.RLIMIT_DATA, _own_bytes() + int(size))
    _limit(resource.RLIMIT_FSIZE, int(size))
    _limit(resource.RLIMIT_CORE, 0)
    try:
        content = torch.load(source, map_location="cpu", weights_only=True)
        tensors = weights_in(content)
        if tensors:
            save_file(tensors, target)
        answer: dict[str, Any] = {"tensors": len(tensors)}
    except MemoryError:
        answer = {"refused": "it needs too much memory"}
    except Exception as error:  # whatever a hostile or a broken file provokes
        answer = {"refused": _reason(error)}
    print(json.dumps(answer))  # noqa: T201 (the answer)


def weights_in(content: Any, depth: int = 0) -> dict[str, Any]:
    """Return the named tensors of a checkpoint, wherever in it they lie."""
    import torch

    if not isinstance(content, Mapping):
        return {}
    tensors = {str(name): value for name, value in content.items() if isinstance(value, torch.Tensor)}
    # Copies: tensors that share memory can't be saved beside each other.
    if tensors:
        return {name: value.detach().clone().contiguous() for name, value in tensors.items()}
    if depth < _DEEPEST_NEST:
        for nest in _NESTS:
            found = weights_in(content.get(nest), depth + 1)
            if found:
                return found
    return {}


def _reason(error: Exception) -> str:
    named = re.search(r"GLOBAL ([\w.]+)", str(error))
    if named:
        return f"it holds more than tensors ({named[1]})"
    if "memory" in str(error).lower():
        return "it needs too much memory"
    return f"it cannot be read as tensors ({type(error).__name__})"


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _cpu_seconds() -> int:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return int(used.ru_utime + used.ru_stime) + 1


def _own_bytes() -> int:
    """Bytes of data that this process holds by now; generous where the system doesn't say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 2**32
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmData:"))) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])

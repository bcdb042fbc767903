"""Which precision the machine computes fastest without losing the training."""

from __future__ import annotations

from typing import Literal

import torch

from sonosift.errors import unknown_name

Precision = Literal["32-true", "bf16-mixed"]
_NAMES: dict[str, Precision] = {"32": "32-true", "bf16": "bf16-mixed"}


def choose_precision(wanted: str, device: torch.device | str = "cpu") -> Precision:
    """Turn ``auto``, ``32`` or ``bf16`` into Lightning's name; ``auto`` takes bf16 where the hardware has it.

    bf16 keeps the range of float32, so no loss scaling is needed; weights and losses stay in float32.
    """
    if wanted != "auto":
        if wanted not in _NAMES:
            raise unknown_name("precision", wanted, ["auto", *_NAMES])
        return _NAMES[wanted]
    return "bf16-mixed" if _computes_bf16(torch.device(device).type) else "32-true"


def _computes_bf16(device_type: str) -> bool:
    if device_type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device_type == "cpu":
        # torch runs bf16 on every CPU, but only faster where the instructions exist.
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False


def training_device() -> str:
    """Return the kind of device that training will use on this machine."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"

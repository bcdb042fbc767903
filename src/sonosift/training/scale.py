"""The papers' scale or a small machine's."""

from __future__ import annotations

from sonosift.errors import unknown_name

SCALES = ("auto", "paper", "small")


def is_small(scale: str, device_type: str) -> bool:
    """Say whether a method's small settings apply: on request, or with ``auto`` on a machine without a GPU.

    >>> is_small("auto", "cpu"), is_small("auto", "cuda"), is_small("paper", "cpu")
    (True, False, False)
    """
    if scale not in SCALES:
        raise unknown_name("scale", scale, SCALES)
    return scale == "small" or (scale == "auto" and device_type == "cpu")

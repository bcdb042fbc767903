"""Deal components of patients out to the parts of a split, so that sizes come close to the wanted fractions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sonosift.errors import SonosiftError


def checked_fractions(fractions: Mapping[str, float]) -> dict[str, float]:
    """Return the fractions if they are positive and add up to 1."""
    if not fractions or any(not 0 < value <= 1 for value in fractions.values()):
        raise SonosiftError(f"fractions of a split lie between 0 and 1, received {dict(fractions)}")
    if abs(sum(fractions.values()) - 1) > 1e-6:
        raise SonosiftError(
            f"fractions of a split add up to 1, received {dict(fractions)} with sum {sum(fractions.values()):.4g}"
        )
    return dict(fractions)


def assign(
    sizes: Mapping[str, int], fractions: Mapping[str, float], seed: int, assigned: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Give every component a part.

    In an order drawn from ``seed`` each component goes to the part that then lacks most, so that no part ends more than
    one component above or below its fraction when nothing is assigned before. The choice does not look at the size of
    the component: parts hold large and small patients alike. The last components are kept for parts still empty.

    Args:
        sizes: Frames of each component.
        fractions: Wanted share of frames per part.
        seed: Draws the order.
        assigned: Components that have a part already: they keep it.

    >>> sorted(assign({"a": 5, "b": 5}, {"train": 0.5, "test": 0.5}, seed=0).values())
    ['test', 'train']
    """
    kept = {component: part for component, part in (assigned or {}).items() if component in sizes}
    total = sum(sizes.values())
    lacking = {part: fraction * total for part, fraction in fractions.items()}
    for component, part in kept.items():
        lacking[part] -= sizes[component]
    empty = [part for part in fractions if part not in kept.values()]
    waiting = sorted(sizes.keys() - kept.keys(), key=lambda name: _draw(seed, name))
    for index, component in enumerate(waiting):
        choice = empty if empty and len(waiting) - index <= len(empty) else list(fractions)
        part = max(choice, key=lambda name: lacking[name])
        kept[component] = part
        lacking[part] -= sizes[component]
        if part in empty:
            empty.remove(part)
    return kept


def _draw(seed: int, name: str) -> bytes:
    # A hash and not a generator: what a component draws does not depend on who else is there.
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()

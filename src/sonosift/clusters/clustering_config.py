"""What a clustering writes into its ``run.yaml``: the final settings of its method, and whose network it has."""

from __future__ import annotations

from typing import Any

from sonosift.clusters.cohort_features import Sides
from sonosift.clusters.temi_config import TemiConfig
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.methods import registry
from sonosift.methods.settings import configure
from sonosift.training.cohort_frames import ALL, settings_of
from sonosift.training.precision import training_device
from sonosift.training.scale import is_small


def final_settings(
    cohort: Cohort, source: RunFolder | None, method: str, clusters: int, scale: str, settings: dict[str, Any] | None
) -> dict[str, Any]:
    """Return the settings of a method with its defaults; none where it has no settings.

    Args:
        cohort: the cohort.
        source: the run whose network is used; None for pixels.
        method: the way of clustering.
        clusters: number of groups.
        scale: paper, small or auto.
        settings: what the user gave.
    """
    given = dict(settings or {})
    if method in ("kmeans", "pica-head"):
        if given:
            raise SonosiftError(f"method {method} has no settings", f"Leave out --set {next(iter(given))}=…")
        return {}
    if method == "temi":
        return configure(TemiConfig, "temi", {"clusters": clusters} | given).model_dump(mode="json")
    assert source is not None
    network = settings_of(cohort, source.name, ("backbone", "channels", "scaling", "image_size"))
    small = is_small(scale, training_device())
    return registry.config_of(method, network | {"clusters": clusters} | given, small=small).model_dump(mode="json")


def run_config(
    source: RunFolder | None,
    method: str,
    clusters: int,
    space: str,
    sides: Sides,
    split: str,
    values: dict[str, Any],
    seed: int,
) -> dict[str, Any]:
    """Return the configuration of the new run.

    Args:
        source: the run whose network is used; None for pixels.
        method: the way of clustering.
        clusters: number of groups.
        space: the space in which they are formed.
        sides: which frames shape them.
        split: the split of pixels, which have no run.
        values: the final settings.
        seed: of every draw.
    """
    own_split = None if sides.part == ALL else split
    config: dict[str, Any] = {
        "command": "cluster",
        "method": method,
        "from_run": source.name if source else None,
        "clusters": clusters,
        "space": space,
        "split": source.config.get("split") if source else own_split,
        "part": sides.part,
        "precision": source.config["precision"] if source else None,
        "seed": seed,
    }
    # ``settings`` are those of a network of the run's own; heads on stored features have none.
    if method == "self-label" or (method == "fusc" and values["learns"] != "features"):
        facts = {"frames": int(sides.learnt.sum())} if method == "fusc" else {}
        return config | {"settings": values, "facts": facts}
    return config | ({"group_settings": values} if values else {})

"""``sonosift cluster``: sort all frames into groups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from sonosift.commands.summary import Summary

if TYPE_CHECKING:
    from sonosift.clusters.trained_groups import TrainedGroups
    from sonosift.cohort.cohort import Cohort
    from sonosift.cohort.run_folder import RunFolder

METHODS = ("pica-head", "kmeans", "fusc", "self-label", "temi")
FORMING = ("kmeans", "fusc", "temi")
"""Those that make as many groups as one likes."""
_USUAL_K = 20


class ClusterSummary(Summary):
    """The groups that were found.

    Attributes:
        run: Name of the run that holds the groups.
        from_run: The run whose network was used.
        method: How the groups were made.
        frames: Frames sorted.
        groups: Groups asked for.
        filled_groups: Groups with at least one frame.
        effective_groups: How many equally large groups would be as even.
        largest_share: Share of the frames in the largest group.
        suggested_groups: What a sweep suggests, if there was one.
        steps: Steps of training, where there was any.
        best_step: The step that was kept, chosen without labels.
        set_apart: Frames of a new archive that are unlike all known ones; they are in group -1.
        names: With apply: what the groups are called where they were formed.
        notes: What to keep in mind.
        table: The file with frame_id, group, confidence.
    """

    run: str
    from_run: str | None
    method: str
    frames: int
    groups: int
    filled_groups: int
    effective_groups: float
    largest_share: float
    suggested_groups: int | None = None
    steps: int = 0
    best_step: int | None = None
    set_apart: int | None = None
    names: dict[int, str] = Field(default_factory=dict)
    notes: list[str]
    table: str


def cluster(
    cohort: str | Path,
    *,
    from_run: str | None = None,
    method: str = "pica-head",
    k: int | None = None,
    over: float = 1.0,
    sweep: str | None = None,
    space: str = "auto",
    split: str = "default",
    apply: str | None = None,
    false_alarms: float = 0.01,
    run: str | None = None,
    scale: str = "auto",
    seed: int = 0,
    settings: dict[str, Any] | None = None,
) -> ClusterSummary:
    """Sort all frames of a cohort into groups with the network of a run.

    Only frames of the part that the run learnt from shape the groups; all frames get one. Give the same command again
    to continue after an interruption.

    Args:
        cohort: Folder of the cohort.
        from_run: Run whose network is used (also --from).
        method: pica-head: the groups that the run has learnt itself; kmeans; fusc: neighbours share a group;
            self-label: refine the groups of a fusc, pica or lsd run; temi: many small heads on stored features.
        k: Number of groups; by default as many as the run's head has, or 20.
        over: Factor on the number of groups: 8 for the papers' over-clustering; merge them with `sonosift merge`.
        sweep: Try several numbers of groups first: auto, or 5,10,20. Without k the suggested one is used.
        space: Where neighbours and centres are looked for: backbone, projection, pixels (kmeans only), or auto.
        split: Split whose training part shapes groups of pixels; a run's network goes by the split of the run.
        apply: A clustering (COHORT/runs/NAME, or a name in this cohort) that gives this cohort its groups, untrained.
        false_alarms: With apply: share of ordinary frames that may be set apart as unlike all known ones.
        run: Name of the new run; by default made of the other run's and the method's.
        scale: paper, small, or auto: small without a GPU.
        seed: Same seed, same groups.
        settings: Settings of fusc, self-label or temi, key=value.

    Returns:
        How many groups hold how much, and where they are.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.errors import SonosiftError, unknown_name

    if method not in METHODS:
        raise unknown_name("way of clustering", method, METHODS)
    if over <= 0:
        raise SonosiftError(f"over is {over}", "Use a factor above 0, such as 8.")
    opened = Cohort.open(cohort)
    if apply is not None:
        return _apply(opened, apply, false_alarms, run)
    source, own = _source(opened, from_run, method, space)
    if method in ("pica-head", "self-label"):
        assert source is not None
        _check_own_groups(source, own, method, k, over, sweep)

    from sonosift.clusters.clustering_config import final_settings, run_config
    from sonosift.clusters.cohort_features import check_number_of_groups, chosen_space, sides_of
    from sonosift.machine import progress
    from sonosift.training.core_share import take_idle_cores

    chosen = chosen_space(space, source, projection=method == "fusc")
    sides = sides_of(opened, source, split)
    frame_ids = opened.frames.frame_ids
    take_idle_cores()
    features = _features(opened, source, chosen) if method in FORMING or sweep else None
    swept = None if sweep is None else _sweep(opened, features, sides.learnt, sweep, seed)
    suggested = swept.suggested if swept else None
    wanted = round((k or suggested or own or _USUAL_K) * over)
    if method in FORMING:
        check_number_of_groups(wanted, int(sides.learnt.sum()))
    values = final_settings(opened, source, method, wanted, scale, settings)
    config = run_config(source, method, wanted, chosen, sides, split, values, seed)
    folder = opened.runs.create(run or f"{source.name if source else 'pixels'}-{method}", config, frame_ids=frame_ids)
    if folder.finished:
        progress.notice(f"{folder.name} is finished already: its result stands as it is")
        return ClusterSummary(**folder.summary())
    if swept is not None:
        swept.save(folder)

    from sonosift.clusters.group_tables import write_groups

    found = _groups(opened, source, method, features, sides, values, wanted, folder, seed)
    write_groups(folder, frame_ids, found)
    return _finish(folder, config, frame_ids, found, suggested_groups=suggested)


def _source(cohort: Cohort, from_run: str | None, method: str, space: str) -> tuple[RunFolder | None, int | None]:
    """Return the run whose network is used, None for pixels, and how many groups it has learnt."""
    from sonosift.errors import SonosiftError

    if method == "kmeans" and space == "pixels":
        return None, None
    if from_run is None:
        raise SonosiftError(
            f"method {method} needs a network", "Name the run that has it with --from; `sonosift runs` lists them."
        )
    source = cohort.runs.get(from_run)
    return source, source.config.get("settings", {}).get("clusters") or source.config.get("clusters")


def _check_own_groups(
    source: RunFolder, own: int | None, method: str, k: int | None, over: float, sweep: str | None
) -> None:
    from sonosift.errors import SonosiftError

    if own is None:
        raise SonosiftError(
            f"run {source.name!r} has no groups of its own", "Use method kmeans, fusc or temi, or a run of pica or lsd."
        )
    if k not in (None, own) or over != 1 or sweep is not None:
        asked = f"{k}" if k not in (None, own) else "another number"
        raise SonosiftError(
            f"run {source.name!r} has learnt {own} groups, not {asked}",
            f"Leave k, over and sweep out with {method}, or use method kmeans.",
        )


def _features(cohort: Cohort, source: RunFolder | None, space: str) -> Any:
    from sonosift.clusters.cohort_features import check_that_frames_differ, network_features

    if source is None:
        import numpy as np

        from sonosift.evaluate.pixels import shrink

        ids = cohort.frames.frame_ids
        parts = [shrink(cohort.frames.read(ids[start : start + 512])) for start in range(0, len(ids), 512)]
        features = np.concatenate(parts) if parts else np.empty((0, 1), dtype=np.float32)
    else:
        features = network_features(cohort, source, space)
    check_that_frames_differ(features, "the eye" if source is None else f"the network of run {source.name!r}")
    return features


def _sweep(cohort: Cohort, features: Any, learnt: Any, wanted: str, seed: int) -> Any:
    from sonosift.clusters.group_number_sweep import sweep, sweep_numbers

    patients = cohort.catalog()["patient"].to_numpy()[learnt].tolist()
    return sweep(features[learnt], patients, sweep_numbers(wanted, int(learnt.sum())), seed=seed)


def _groups(
    cohort: Cohort,
    source: RunFolder | None,
    method: str,
    features: Any,
    sides: Any,
    values: dict[str, Any],
    wanted: int,
    folder: RunFolder,
    seed: int,
) -> TrainedGroups:
    from sonosift.clusters import stored_groups, train_fusc, train_self_labels
    from sonosift.methods import registry

    if method == "kmeans":
        return stored_groups.k_means_groups(features, sides, wanted, folder, seed, network=source is not None)
    assert source is not None
    precision = source.config["precision"]
    if method == "pica-head":
        return stored_groups.own_groups(cohort, source)
    if method == "temi":
        return stored_groups.temi_groups(features, sides, values, folder, seed)
    config: Any = registry.config_of(method, values)
    if method == "self-label":
        return train_self_labels.self_labels(cohort, source, sides, config, folder, precision, seed)
    if config.learns == "features":
        return train_fusc.fusc_on_features(features, sides, config, folder, seed)
    return train_fusc.fusc_on_images(cohort, source, features, sides, config, folder, precision, seed)


def _finish(
    folder: RunFolder, config: dict[str, Any], frame_ids: list[str], found: TrainedGroups, **more: Any
) -> ClusterSummary:
    import numpy as np

    from sonosift.clusters.group_tables import GROUPS_FILE
    from sonosift.machine import progress
    from sonosift.metrics.clustering import effective_clusters, filled_clusters

    groups = found.assigned.groups
    known = groups[groups >= 0]
    summary = ClusterSummary(
        run=folder.name,
        from_run=config["from_run"],
        method=config["method"],
        frames=len(frame_ids),
        groups=config["clusters"],
        filled_groups=filled_clusters(known) if len(known) else 0,
        effective_groups=round(effective_clusters(known), 2) if len(known) else 0.0,
        largest_share=float(np.bincount(known).max() / len(groups)) if len(known) else 0.0,
        steps=found.steps,
        best_step=found.best_step,
        notes=found.notes,
        table=str(folder.path / GROUPS_FILE),
        **more,
    )
    for note in found.notes:
        progress.notice(note)
    folder.finish(**summary.model_dump(mode="json"))
    return summary


def _apply(cohort: Cohort, applied: str, false_alarms: float, run: str | None) -> ClusterSummary:
    from sonosift.clusters.apply_groups import KnownGroups, apply_groups
    from sonosift.clusters.group_tables import write_groups
    from sonosift.machine import progress

    known = KnownGroups.find(applied, cohort)
    frame_ids = cohort.frames.frame_ids
    config = {
        "command": "cluster",
        "method": f"{known.asked.config['method']}, applied",
        "from_run": None,
        "applied": known.asked.name,
        "applied_fingerprint": known.asked.record.data_fingerprint,
        "clusters": known.count,
        "false_alarms": false_alarms,
    }
    folder = cohort.runs.create(run or f"{known.asked.name}-applied", config, frame_ids=frame_ids)
    if folder.finished:
        progress.notice(f"{folder.name} is finished already: its result stands as it is")
        return ClusterSummary(**folder.summary())
    found = apply_groups(known, cohort, false_alarms)
    write_groups(folder, frame_ids, found.groups, distance=found.distances)
    limit = found.threshold
    found.groups.notes.append(
        f"{int(found.strangers.sum())} of {len(frame_ids)} frames are unlike all known ones (group -1): farther than "
        f"{limit.distance:.4f}, which {limit.false_alarms:.1%} of ordinary frames are by chance "
        f"(read from {limit.calibrated_on} frames of {limit.patients} patients kept apart)"
    )
    apart = int(found.strangers.sum())
    return _finish(folder, config, frame_ids, found.groups, set_apart=apart, names=known.names)

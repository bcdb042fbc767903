"""``sonosift cluster``: sort all frames into groups."""

from __future__ import annotations

from pathlib import Path

from sonosift.commands.summary import Summary

METHODS = ("pica-head", "kmeans")


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
        table: The file with frame_id, group, confidence.
    """

    run: str
    from_run: str
    method: str
    frames: int
    groups: int
    filled_groups: int
    effective_groups: float
    largest_share: float
    table: str


def cluster(
    cohort: str | Path,
    *,
    from_run: str,
    method: str = "pica-head",
    k: int | None = None,
    run: str | None = None,
    seed: int = 0,
) -> ClusterSummary:
    """Sort all frames of a cohort into groups with the network of a run.

    Args:
        cohort: Folder of the cohort.
        from_run: Run of pretrain or train whose network is used.
        method: pica-head: the groups that pica or lsd learnt; kmeans: k-means on the features.
        k: Number of groups of kmeans; by default as many as the run's head has, or 20.
        run: Name of the new run; by default made of the other run's and the method's.
        seed: Draws the starts of k-means.

    Returns:
        How many groups hold how much, and where they are.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.errors import SonosiftError, unknown_name

    if method not in METHODS:
        raise unknown_name("way of clustering", method, METHODS)
    opened = Cohort.open(cohort)
    source = opened.runs.get(from_run)
    clusters = source.config.get("settings", {}).get("clusters")
    if method == "pica-head" and clusters is None:
        raise SonosiftError(f"run {from_run!r} has no groups of its own", "Use method kmeans, or a run of pica or lsd.")
    if method == "pica-head" and k not in (None, clusters):
        raise SonosiftError(
            f"run {from_run!r} has learnt {clusters} groups, not {k}", "Leave k out, or use method kmeans."
        )
    wanted = int(k or clusters or 20)

    import numpy as np
    import polars as pl

    from sonosift.machine import atomic, progress
    from sonosift.metrics.clustering import effective_clusters, filled_clusters
    from sonosift.neighbours.k_means import assign_to_centres, k_means
    from sonosift.training.cohort_frames import frames_without_labels, load_canvas
    from sonosift.training.core_share import take_idle_cores
    from sonosift.training.finished_run import load_method
    from sonosift.training.predict import predict, softmax

    frame_ids = opened.frames.frame_ids
    folder = opened.runs.create(
        run or f"{from_run}-{method}",
        {"command": "cluster", "method": method, "from_run": from_run, "clusters": wanted, "seed": seed},
        frame_ids=frame_ids,
    )
    if folder.finished:
        progress.notice(f"{folder.name} is finished already: its result stands as it is")
        return ClusterSummary(**folder.summary())
    take_idle_cores()
    network = load_method(source)
    found = predict(
        network, load_canvas(opened, frame_ids, network.image_size), source.config["precision"], title="embed"
    )
    if method == "pica-head":
        probabilities = softmax(found.logits)
        groups, confidence = probabilities.argmax(axis=1).astype(np.int64), probabilities.max(axis=1)
    else:
        # Centres come from the frames the network learnt from; test patients do not shape their own groups.
        seen, _ = frames_without_labels(opened, source.config.get("split") or "default", source.config.get("part"))
        learnt = found.features[np.isin(np.array(frame_ids), seen["frame_id"].to_numpy())]
        groups, confidence = assign_to_centres(found.features, k_means(learnt, wanted, seed=seed).centres)
    folder.save_embeddings(frame_ids, found.features)
    table = folder.path / "groups.parquet"
    with atomic.replacing(table) as temporary:
        pl.DataFrame({"frame_id": frame_ids, "group": groups, "confidence": confidence}).write_parquet(temporary)
    summary = ClusterSummary(
        run=folder.name,
        from_run=from_run,
        method=method,
        frames=len(frame_ids),
        groups=wanted,
        filled_groups=filled_clusters(groups),
        effective_groups=round(effective_clusters(groups), 2),
        largest_share=float(np.bincount(groups).max() / len(groups)),
        table=str(table),
    )
    folder.finish(**summary.model_dump(mode="json"))
    return summary

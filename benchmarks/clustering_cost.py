"""What grouping costs: neighbours, k-means, FUSC's head and TEMI on made-up embeddings, one process per figure.

    python benchmarks/clustering_cost.py [--rows 10000 30000 100000] [--features 512] [--threads 2] [--out FILE]

Each line is a process of its own, so that its peak memory is its own. Steps of FUSC and TEMI are timed over some and
scaled to the number that the defaults take. ``--out`` keeps finished figures and continues.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

NEIGHBOURS = 20
GROUPS = 20
TIMED_STEPS = 40
JOBS = ("neighbours", "neighbours (scikit-learn)", "k-means", "k-means (20 starts)", "FUSC head", "TEMI")
MOST_ROWS_OF_BRUTE_FORCE = 100_000


def embeddings(rows: int, features: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Forty clouds on the sphere, as a trained network's embeddings are: not one ball."""
    draw = np.random.default_rng(0)
    centres = draw.standard_normal((40, features)).astype(np.float32)
    made = np.empty((rows, features), dtype=np.float32)
    for start in range(0, rows, 50_000):
        block = made[start : start + 50_000]
        block[:] = draw.standard_normal(block.shape, dtype=np.float32)
        block += centres[draw.integers(0, 40, len(block))]
    return made


def measure(job: str, rows: int, features: int, threads: int) -> dict[str, Any]:
    """Run one job; return its seconds, and its peak memory above that of the embeddings."""
    import faiss
    import torch

    from sonosift.machine import progress

    progress.set_quiet(True)
    torch.set_num_threads(threads)
    faiss.omp_set_num_threads(threads)
    made = embeddings(rows, features)
    scale = 1.0
    timed: Callable[[], Any]
    if job == "neighbours":
        from sonosift.neighbours.neighbour_table import neighbour_table

        timed = lambda: neighbour_table(made, NEIGHBOURS)  # noqa: E731
    elif job == "neighbours (scikit-learn)":
        from sklearn.neighbors import NearestNeighbors

        search = NearestNeighbors(n_neighbors=NEIGHBOURS + 1, metric="cosine", algorithm="brute", n_jobs=threads)
        timed = lambda: search.fit(made).kneighbors(made, return_distance=False)  # noqa: E731
    elif job.startswith("k-means"):
        from sonosift.neighbours.k_means import k_means

        starts = 20 if "20" in job else 1
        timed = lambda: k_means(made, GROUPS, seed=0, restarts=starts)  # noqa: E731
    else:
        timed, scale = head_job(job, made)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    timed()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": seconds * scale,
        "scaled": scale != 1.0,
        "above_mb": (peak - before) / 1024,
        "peak_mb": peak / 1024,
    }


def head_job(job: str, made: np.ndarray[Any, np.dtype[np.float32]]) -> tuple[Callable[[], Any], float]:
    from sonosift.clusters.fusc_head import Judged, fusc_head
    from sonosift.clusters.temi_config import TemiConfig
    from sonosift.clusters.temi_heads import temi
    from sonosift.methods.fusc_config import FuscConfig

    # Which rows are neighbours changes no time: a table of chance spares the search.
    table = np.random.default_rng(0).integers(0, len(made), (len(made), 51))
    table[:, 0] = np.arange(len(made))
    if job == "FUSC head":
        fusc = FuscConfig(clusters=GROUPS)
        whole = fusc.epochs * (len(made) // fusc.batch_size)
        few = fusc.model_copy(update={"steps": min(whole, 20 * TIMED_STEPS)})
        apart = Judged(made[:1000], np.random.default_rng(1).integers(0, 1000, (min(1000, len(made)), 6)))
        return lambda: fusc_head(made, table[:, :21], apart, few, seed=0), whole / (few.steps or 1)
    config = TemiConfig(clusters=GROUPS)
    per_epoch = max(1, len(made) // config.batch_size)
    whole = min(max(config.epochs * per_epoch, config.least_steps), config.most_steps)
    few_steps = config.model_copy(update={"steps": TIMED_STEPS})
    return lambda: temi(made, table, few_steps, seed=0), whole / TIMED_STEPS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    parser.add_argument("--features", type=int, default=512)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--jobs", nargs="+", default=list(JOBS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        job, rows = given.one[0], int(given.one[1])
        print(json.dumps(measure(job, rows, given.features, given.threads)))
        return
    done = json.loads(given.out.read_text()) if given.out and given.out.exists() else {}
    print(f"{given.features} features, {given.threads} thread(s), load {os.getloadavg()[0]:.1f}", flush=True)
    print(f"{'job':<28}{'rows':>10}{'seconds':>12}{'MB above the embeddings':>26}", flush=True)
    for job in given.jobs:
        for rows in given.rows:
            if "scikit" in job and rows > MOST_ROWS_OF_BRUTE_FORCE:
                continue
            key = f"{job}/{rows}/{given.features}/{given.threads}"
            if key not in done:
                command = [sys.executable, __file__, "--one", job, str(rows)]
                command += ["--features", str(given.features), "--threads", str(given.threads)]
                result = subprocess.run(command, capture_output=True, text=True, check=False)
                if result.returncode:
                    print(f"{job:<28}{rows:>10}  failed: {result.stderr.strip().splitlines()[-1:]}", flush=True)
                    continue
                done[key] = json.loads(result.stdout)
                if given.out:
                    given.out.write_text(json.dumps(done, indent=1))
            found = done[key]
            about = " (scaled)" if found["scaled"] else ""
            print(f"{job:<28}{rows:>10}{found['seconds']:>12.1f}{found['above_mb']:>26.0f}{about}", flush=True)


if __name__ == "__main__":
    main()

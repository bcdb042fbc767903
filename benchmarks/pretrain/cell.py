"""One cell of a speed table in a process of its own: it waits for orders, so that cells can be timed in turn.

    python -m benchmarks.pretrain.cell WORK   (JSON; for benchmarks.pretrain.speed)

Each line it reads, ``whole 4`` or ``bound 4``, is answered by a line of JSON: the seconds of the steps, and the largest
memory of the process and its workers so far.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import psutil
import torch

from benchmarks.pretrain.gpu import watched
from benchmarks.pretrain.work import Work


def main() -> None:
    """Build the pipeline, then follow orders until there are no more."""
    given = json.loads(sys.argv[1])
    side = given.pop("side")
    work = Work(**given | {"folder": Path(given["folder"])})
    threads = torch.get_num_threads()
    pipeline = _build(side, work)
    print(json.dumps({"ready": True}), flush=True)
    fewest, workers_mb = threads, 0.0
    for line in sys.stdin:
        kind, steps = line.split()
        torch.set_num_threads(threads)
        with watched() as gpu:
            seconds = getattr(pipeline, kind)(int(steps))
        # fit takes what is idle: a table in which it took less than all is none.
        fewest = min(fewest, torch.get_num_threads())
        workers_mb = max(workers_mb, _children_mb())
        own_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        answer = {"seconds": seconds, "peak_mb": own_mb + workers_mb, "threads": fewest, "gpu": gpu.percent()}
        print(json.dumps(answer), flush=True)


def _build(side: str, work: Work) -> object:
    if side == "peer":
        from benchmarks.pretrain.peers import Peer

        return Peer(work)
    from benchmarks.pretrain.ours import Ours

    return Ours(work, streamed=side == "streamed")


def _children_mb() -> float:
    # What the children hold beyond what they share with this process.
    return sum(child.memory_full_info().uss for child in psutil.Process().children(recursive=True)) / 2**20


if __name__ == "__main__":
    main()

"""How fast is a PICA step, in which precision, and what share of it goes into the augmentation?

    python benchmarks/step_speed.py --image-size 128 --images 100

Prints one row per precision: images per second of the whole step (gather, both views, network, losses, optimiser), and
the share of gathering and augmentation in it. Every image is seen twice, as a weak and a strong view. The fastest of
the timed steps counts, so that a neighbour's load does not; a busy machine is refused unless --anyway is given.
"""

import argparse
import os
import time

import numpy as np
import torch

from sonosift.batches.draws import torch_draws
from sonosift.batches.frame_tensor import FrameTensor
from sonosift.batches.random_views import canvas_size
from sonosift.methods.method import Batch
from sonosift.training.finished_run import new_method

BUSY = 0.5


def timed(
    image_size: int, images: int, steps: int, precision: str, channels_last: bool, backbone: str
) -> tuple[float, float]:
    """Return seconds of the fastest step, and of its augmentation."""
    method = new_method("pica", {"image_size": image_size, "backbone": backbone}, {}, seed=0).train()
    if channels_last:
        method.to(memory_format=torch.channels_last)
    optimizer = method.configure_optimizers()
    side = canvas_size(image_size)
    draw = np.random.default_rng(0)
    frames = FrameTensor(torch.from_numpy(draw.integers(0, 256, (4 * images, side, side), dtype=np.uint8)))
    best = (float("inf"), 0.0)
    for step in range(steps + 1):
        started = time.perf_counter()
        views = method.views(frames.gather(draw.permutation(4 * images)[:images]), torch_draws(0, "views", step, 0))
        augmented = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            loss = method.losses(Batch(views))["loss"]
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        ended = time.perf_counter()
        if step > 0:  # the first one warms up
            best = min(best, (ended - started, augmented - started))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--anyway", action="store_true", help="time on a busy machine too")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    if load > BUSY and not given.anyway:
        raise SystemExit(f"the machine is busy (load {load:.2f}): wait, or say --anyway")
    torch.set_num_threads(given.threads)
    print(
        f"PICA step, {given.backbone}, {given.images} images x 2 views at {given.image_size} px, "
        f"{given.threads} threads, load {load:.2f}, torch {torch.__version__}"
    )
    print(f"{'precision':<12}{'memory':<16}{'images/s':>9}{'step ms':>9}{'augmentation':>14}")
    for precision in ("32", "bf16"):
        for channels_last in (False, True):
            step, augmentation = timed(
                given.image_size, given.images, given.steps, precision, channels_last, given.backbone
            )
            layout = "channels last" if channels_last else "contiguous"
            share = f"{100 * augmentation / step:.1f} %"
            print(f"{precision:<12}{layout:<16}{given.images / step:>9.1f}{1000 * step:>9.0f}{share:>14}")


if __name__ == "__main__":
    main()

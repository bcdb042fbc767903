"""The processes that share a training."""

from __future__ import annotations

import atexit
import logging

import torch
from lightning.fabric import Fabric
from lightning.fabric.strategies.ddp import DDPStrategy

from sonosift.training.precision import Precision


def start_processes(
    precision: Precision, devices: int | str = "auto", nodes: int = 1, *, several_turns: bool = False
) -> Fabric:
    """Start the processes that share a training; each continues after this call.

    On one device it starts nothing. On several, a command is started again once per device; under `torchrun` or SLURM
    the processes are there already.

    Args:
        precision: Lightning's name.
        devices: accelerators (or, without any, processes) per computer; ``auto`` takes one.
        nodes: computers.
        several_turns: a step has more than one optimiser, each with weights of its own.
    """
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)  # its notices about precision are ours to give
    wanted = 1 if devices == "auto" else int(devices)
    if wanted * nodes == 1:
        return Fabric(accelerator="auto", devices=1, precision=precision)
    # In its turn an optimiser leaves the weights of the others without a gradient.
    strategy = DDPStrategy(find_unused_parameters=several_turns)
    fabric = Fabric(accelerator="auto", devices=wanted, num_nodes=nodes, strategy=strategy, precision=precision)
    fabric.launch()
    atexit.register(_part)
    return fabric


def end_processes(processes: Fabric) -> None:
    """Part from the others, once all have come so far; what follows, each does alone.

    Threads that still talk to the others while Python shuts down may abort a process that has done its work.
    """
    if processes.world_size > 1:
        processes.barrier()
        _part()


def _part() -> None:
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()

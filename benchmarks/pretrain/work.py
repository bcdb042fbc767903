"""What is timed: which method, on which images, in which precision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Work:
    """One column of a speed table.

    Attributes:
        method: simclr, dino or pica.
        precision: 32 or bf16.
        folder: where ``frames.write`` put the images.
        frames: how many there are.
        batch: images of a batch.
        image_size: pixels of a (large) view.
        local_size: pixels of DINO's small views.
        workers: processes of the peer's DataLoader.
    """

    method: str
    precision: str
    folder: Path
    frames: int
    batch: int
    image_size: int
    local_size: int
    workers: int

"""How large the trainings are; kept in OUT, so that cells of two scales never stand in one table."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sonosift.machine import atomic

FILE_NAME = "scale.json"


@dataclass(frozen=True)
class Scale:
    """The same for every arm.

    Attributes:
        per_exam: frames kept of each exam of the phantom.
        image_size: pixels of a view.
        images: images shown to each pretraining and to the supervised upper bound.
        group_images: images shown to each FUSC that learns on pictures.
        balance_images: images shown to each PICA and LSD.
        refine_images: images shown to each self-labelling.
        groups: K of PICA and LSD.
        precision: of every training.
    """

    per_exam: int = 24
    image_size: int = 64
    images: int = 3_000
    group_images: int = 5_000
    balance_images: int = 3_000
    refine_images: int = 3_000
    groups: int = 20
    precision: str = "auto"

    def words(self) -> str:
        """Say it in one line."""
        return (
            f"Scale: {self.image_size} px, {self.images:,} images shown per pretraining (two views each), "
            f"{self.group_images:,} per FUSC, {self.balance_images:,} per PICA or LSD, {self.refine_images:,} per "
            "self-labelling; "
            "ResNet-18 everywhere"
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Offer every number as an option; what is not given is that of OUT, or the default."""
    for field in fields(Scale):
        kind = str if field.name == "precision" else int
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, help=f"default {field.default}")


def kept_scale(out: Path, given: argparse.Namespace) -> Scale:
    """Return the scale that OUT was begun with; refuse another one."""
    asked = {field.name: getattr(given, field.name) for field in fields(Scale)}
    asked = {name: value for name, value in asked.items() if value is not None}
    path = out / FILE_NAME
    if not path.exists():
        out.mkdir(parents=True, exist_ok=True)
        atomic.write_text(path, json.dumps(asdict(Scale(**asked)), indent=1))
    begun = Scale(**json.loads(path.read_text(encoding="utf-8")))
    other = {name: value for name, value in asked.items() if value != getattr(begun, name)}
    if other:
        raise SystemExit(f"{out} was begun with {begun}: another scale ({other}) needs another folder")
    return begun

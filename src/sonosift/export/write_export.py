"""Write an export beside its place, run it, and move it there only if it answers as the run does."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.export import description, model_card
from sonosift.export.checked import Ask, check, frames_to_check
from sonosift.export.description import Description
from sonosift.export.exportable import exportable
from sonosift.export.onnx_graph import ask_onnx, write_onnx
from sonosift.export.timm_checkpoint import ask_timm, write_timm
from sonosift.export.write_bundle import ask_bundle, write_bundle, zipped

Target = Literal["timm", "onnx", "bundle"]


class Written(NamedTuple):
    """What was written, and how far it is from the run."""

    description: Description
    files: list[str]
    bytes: int
    largest_difference: float
    frames_checked: int


def write_export(
    cohort: Cohort, run: RunFolder, to: Target, out: Path, *, tolerance: float, false_alarms: float, known: bool
) -> Written:
    """Export a run to ``out``: a folder, or for a bundle a file that ends in ``.zip``."""
    exported = exportable(cohort, run, false_alarms=false_alarms)
    frames = frames_to_check(cohort)
    with _beside(out) as folder:
        (folder / description.FILE_NAME).write_text(exported.description.model_dump_json(indent=2) + "\n", "utf-8")
        ask: Ask
        if to == "timm":
            write_timm(exported, folder)
            ask = lambda some: ask_timm(exported, folder, some)  # noqa: E731
        elif to == "onnx":
            write_onnx(exported.network(), folder)
            ask = lambda some: ask_onnx(folder, some)  # noqa: E731
        else:
            write_bundle(exported, folder, known=known)
            ask = lambda some: ask_bundle(folder, some)  # noqa: E731
        worst = check(exported, frames, ask, tolerance, f"{to} export")
        card = model_card.model_card(
            cohort,
            run,
            exported.description,
            to=to,
            difference=worst,
            frames_checked=len(frames),
            known=to == "bundle" and known and exported.known is not None,
        )
        (folder / model_card.FILE_NAME).write_text(card, encoding="utf-8")
        files = sorted(folder.iterdir())
        size = sum(file.stat().st_size for file in files)
        written = Written(exported.description, [file.name for file in files], size, worst, len(frames))
        if out.suffix == ".zip":
            packed = folder.with_suffix(".zip")
            zipped(folder, packed)
            packed.rename(out)
        else:
            folder.rename(out)
    return written


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """Yield a folder that is gone afterwards, unless it was moved to ``out``."""
    if out.exists():
        raise SonosiftError(f"{out} exists already", "Remove it, or name another place with --out.")
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = out.parent / f".{out.name}.{uuid.uuid4().hex[:8]}.part"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".zip").unlink(missing_ok=True)

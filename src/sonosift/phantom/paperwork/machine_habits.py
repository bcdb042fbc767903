"""The habits of each machine when it exports: names of probes, encodings, folders, private tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sonosift.dicom.encodings import Photometric

Coding = tuple[str, Photometric]


@dataclass(frozen=True)
class MachineHabits:
    """How one machine's files look from outside.

    Attributes:
        probes: Probe names by geometry kind.
        grey_codings: Encoding and colour model of pictures without colour, with weights.
        colour_codings: The same for pictures with colour flow.
        clip_codings: The same for clips; small files only.
        regions: Share of exams with calibration regions.
        private_creator: Owner of the private block, or empty for none.
        folders: How the export names folders and files.
        character_set: Of the header.
        still_png: Share of stills that are PNG screenshots.
        clip_mp4: Share of clips that are MP4.
        offset_table: Of compressed frames.
        fragments_per_frame: Of compressed frames.
    """

    probes: dict[str, tuple[str, ...]]
    grey_codings: tuple[tuple[Coding, float], ...]
    colour_codings: tuple[tuple[Coding, float], ...]
    clip_codings: tuple[tuple[Coding, float], ...]
    regions: float
    private_creator: str
    folders: Literal["numbered", "named", "by day", "by number"]
    character_set: str
    still_png: float
    clip_mp4: float
    offset_table: str = "basic"
    fragments_per_frame: int = 1


MACHINE_HABITS: tuple[MachineHabits, ...] = (
    MachineHabits(
        probes={"curvilinear": ("SC6-1",), "linear": ("SL15-4", "SL10-2"), "phased": ("XP5-1",)},
        grey_codings=((("jpeg-baseline", "YBR_FULL_422"), 0.5), (("jpeg-lossless", "RGB"), 0.3), (("rle", "RGB"), 0.2)),
        colour_codings=((("jpeg-baseline", "YBR_FULL_422"), 0.6), (("jpeg-lossless", "RGB"), 0.4)),
        clip_codings=((("jpeg-baseline", "YBR_FULL_422"), 1.0),),
        regions=1.0, private_creator="NORLIND PRIVATE 1", folders="numbered", character_set="ISO_IR 100",
        still_png=0.05, clip_mp4=0.25, fragments_per_frame=2,
    ),
    MachineHabits(
        probes={"curvilinear": ("C1-6-D",), "linear": ("ML6-15-D", "9L-D"), "phased": ("M5Sc-D",)},
        grey_codings=(
            (("jpeg-baseline", "YBR_FULL_422"), 0.8), (("jpeg-2000", "YBR_ICT"), 0.1), (("jpeg-ls", "RGB"), 0.1),
        ),
        colour_codings=((("jpeg-baseline", "YBR_FULL_422"), 0.9), (("jpeg-2000", "YBR_ICT"), 0.1)),
        clip_codings=((("jpeg-baseline", "YBR_FULL_422"), 1.0),),
        regions=0.8, private_creator="MTW_US_MOVIE_001", folders="named", character_set="ISO_IR 192",
        still_png=0.15, clip_mp4=0.6, offset_table="extended",
    ),
    MachineHabits(
        probes={"curvilinear": ("C364", "3.5C"), "linear": ("M12L", "739L"), "phased": ("S222",)},
        grey_codings=(
            (("implicit-little-endian", "RGB"), 0.35), (("explicit-big-endian", "MONOCHROME2"), 0.25),
            (("implicit-little-endian", "MONOCHROME2"), 0.2), (("explicit-big-endian", "RGB"), 0.1),
            (("explicit-little-endian", "YBR_FULL"), 0.1),
        ),
        colour_codings=((("implicit-little-endian", "RGB"), 0.5), (("explicit-little-endian", "YBR_FULL_422"), 0.5)),
        clip_codings=((("rle", "MONOCHROME2"), 0.5), (("jpeg-baseline", "MONOCHROME2"), 0.5)),
        regions=0.0, private_creator="ORIEL_US_01", folders="by number", character_set="",
        still_png=0.02, clip_mp4=0.1,
    ),
    MachineHabits(
        probes={"curvilinear": ("C5-1", "C6-2"), "linear": ("L12-3", "L9-3"), "phased": ("S5-1",)},
        grey_codings=(
            (("explicit-little-endian", "PALETTE COLOR"), 0.4), (("rle", "PALETTE COLOR"), 0.4),
            (("jpeg-ls", "PALETTE COLOR"), 0.1), (("explicit-big-endian", "PALETTE COLOR"), 0.1),
        ),
        colour_codings=((("explicit-little-endian", "RGB"), 0.5), (("rle", "YBR_FULL"), 0.5)),
        clip_codings=((("rle", "PALETTE COLOR"), 0.4), (("jpeg-baseline", "RGB"), 0.6)),
        regions=0.9, private_creator="FERNHALL US DD 033", folders="by day", character_set="ISO_IR 192",
        still_png=0.05, clip_mp4=0.3,
    ),
    MachineHabits(
        probes={"curvilinear": ("UST-9123", "C251"), "linear": ("UST-5412", "L441"), "phased": ("UST-52105",)},
        grey_codings=(
            (("jpeg-2000-lossless", "MONOCHROME2"), 0.25), (("jpeg-ls", "MONOCHROME2"), 0.35),
            (("jpeg-lossless", "MONOCHROME2"), 0.3), (("jpeg-2000", "MONOCHROME2"), 0.1),
        ),
        colour_codings=((("jpeg-2000-lossless", "YBR_RCT"), 0.4), (("jpeg-lossless", "RGB"), 0.6)),
        clip_codings=((("jpeg-lossless", "MONOCHROME2"), 0.3), (("jpeg-baseline", "MONOCHROME2"), 0.7)),
        regions=0.5, private_creator="", folders="numbered", character_set="ISO_IR 100",
        still_png=0.05, clip_mp4=0.15, offset_table="none",
    ),
)  # fmt: skip


def habits_for(scanner_index: int) -> MachineHabits:
    """Return the habits of the machine at ``scanner_index``, in step with the screen styles."""
    return MACHINE_HABITS[scanner_index % len(MACHINE_HABITS)]


def draw_coding(options: tuple[tuple[Coding, float], ...], rng: np.random.Generator) -> Coding:
    """Draw one encoding with its colour model."""
    weights = np.array([weight for _, weight in options])
    return options[int(rng.choice(len(options), p=weights / weights.sum()))][0]


def draw_form(
    habits: MachineHabits, *, clip: bool, colour: bool, rng: np.random.Generator
) -> tuple[str, Coding | None, int]:
    """Draw in which form a shot is exported, with the channels of its picture."""
    if clip and rng.random() < habits.clip_mp4:
        return ".mp4", None, 3
    if not clip and rng.random() < habits.still_png:
        return ".png", None, 3
    if clip:
        coding = draw_coding(habits.clip_codings, rng)
        if colour and coding[1] in ("MONOCHROME2", "PALETTE COLOR"):
            coding = ("jpeg-baseline", "YBR_FULL_422")
    else:
        coding = draw_coding(habits.colour_codings if colour else habits.grey_codings, rng)
    return ".dcm", coding, 1 if coding[1] in ("MONOCHROME2", "PALETTE COLOR") else 3


def draw_transducer_values(probe: str, kind: str, rng: np.random.Generator) -> list[str] | None:
    """Draw the values of the Transducer Data tag: often one, sometimes several or decorated, missing in a fifth."""
    fate = rng.random()
    if fate < 0.2:
        return None
    if fate < 0.6:
        return [probe]
    if fate < 0.75:
        return [probe, kind.upper(), f"{int(rng.integers(100000, 999999))}"]
    if fate < 0.85:
        return [f"{probe} ", "OTHER"]
    if fate < 0.95:
        return [probe.lower()]
    return ["UNKNOWN"]

"""How fast is ingest, and what does it leave, next to a plain loop of pydicom and RapidOCR over the same files?

    sonosift phantom stills --patients 30 --seed 5 --clean-pictures
    sonosift phantom cine --patients 4 --seed 6 --profile cine --clean-pictures
    python -m benchmarks.ingest_speed --stills stills --cine cine

The loop (``ingest_plain_loop.py``) is what one would write: decode a frame, run RapidOCR with its default settings,
paint every box black, keep the frame. Both treat the same files and keep the same frames; stills and clips apart, the
two in turn in one run, start of the processes included. The comparison is core for core: both with the whole machine
(Sonosift with a decoding process for each core, the loop with a thread of its OCR for each core, which is its default),
and both held to one core. Residual text is measured in both by the same rule (``privacy_pictures.py``), on Sonosift's
crop of the picture in source resolution, in an ingest that is not timed.

A busy machine is refused unless --anyway is given.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import psutil

from benchmarks.ingest_decoding import Archive, Image
from benchmarks.privacy import joined
from benchmarks.privacy_pictures import FrameFound, judge_frame
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.geometry import FrameGeometry

BUSY = 0.5
SOURCE_SIZE = 1024


@dataclass(frozen=True)
class Timing:
    """One run of one command.

    Attributes:
        seconds: From start to end, processes included.
        peak_mb: Largest resident memory of the command and all its children together.
        frames: Frames kept.
        answer: Its last line.
    """

    seconds: float
    peak_mb: float
    frames: int
    answer: dict[str, object]


def timed(command: list[str], cores: int) -> Timing:
    """Run a command that ends with a line of JSON on some of the cores, and watch its memory."""
    chosen = sorted(os.sched_getaffinity(0))[:cores]
    started = time.perf_counter()
    process = subprocess.Popen(
        ["taskset", "-c", ",".join(map(str, chosen)), *command], stdout=subprocess.PIPE, text=True
    )
    watched = psutil.Process(process.pid)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _resident(watched))
        time.sleep(0.05)
    seconds = time.perf_counter() - started
    lines = process.stdout.read().splitlines() if process.stdout else []
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed")
    answer = json.loads(lines[-1])
    return Timing(seconds, peak / 2**20, int(answer["frames"]) + int(answer.get("needs_review", 0)), answer)


def _resident(process: psutil.Process) -> int:
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total


def subset(hospital: Path, out: Path, *, clips: bool, files: int) -> None:
    """Copy some readable loose files of the archive, every so many of them."""
    table = pl.read_parquet(hospital / "truth" / "files.parquet").filter(
        (pl.col("state") == "ok") & (pl.col("member") == "") & ((pl.col("frames") > 1) == clips)
    )
    table = table.filter(~pl.col("file").str.contains(r"\\x", literal=True))
    for file in table.gather_every(max(1, len(table) // files))["file"].head(files):
        target = out / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(hospital / "archive" / file, target)


def ingest_command(archive: Path, cohort: Path, workers: int, size: int = 256) -> list[str]:
    """Return the command of an ingest."""
    return [
        sys.executable, "-m", "sonosift", "ingest", str(archive), str(cohort), "--workers", str(workers),
        "--size", str(size), "--quiet", "--json",
    ]  # fmt: skip


def loop_command(archive: Path, out: Path, threads: int, rate: float = 3.0) -> list[str]:
    """Return the command of the plain loop."""
    return [
        sys.executable, "-m", "benchmarks.ingest_plain_loop", str(archive), str(out), "--rate", str(rate),
        "--threads", str(threads),
    ]  # fmt: skip


def residual(hospital: Path, cohort: Cohort, archive: Path, loop: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Return per 1,000 frames what is left on Sonosift's frames and on the loop's, by the same rule."""
    rows = joined(cohort, hospital / "truth").filter(pl.col("fan").is_not_null())
    sources = Archive(archive)
    written = json.loads((loop / "files.json").read_text())
    of_file = {entry["file"]: (number, entry["indices"]) for number, entry in enumerate(written)}
    ours: list[FrameFound] = []
    theirs: list[FrameFound] = []
    for (path,), clip in rows.group_by("path", maintain_order=True):
        greys = sources.greys(str(path))
        with np.load(hospital / "truth" / "clean" / f"{path}.npz") as arrays:
            clean = np.asarray(arrays["frames"])
        number, indices = of_file[str(path)]
        blanked = np.load(loop / f"{number:05d}.npy", mmap_mode="r")
        for row, frame in zip(clip.iter_rows(named=True), cohort.frames.read(clip["frame_id"].to_list()), strict=True):
            index = row["index_in_clip"]
            ours.append(judge_frame(row, frame, greys[index], clean[index]))
            if index in indices:
                their = _in_the_same_crop(row, blanked[indices.index(index)], frame.shape)
                theirs.append(judge_frame(row, their, greys[index], clean[index]))
    return _per_thousand(ours), _per_thousand(theirs)


def _in_the_same_crop(row: dict[str, object], picture: Image, shape: tuple[int, ...]) -> Image:
    place = FrameGeometry.of_row(row)
    crop = picture[place.crop_y : place.crop_y + place.crop_h, place.crop_x : place.crop_x + place.crop_w]
    return place.letterboxed(np.ascontiguousarray(crop), (shape[0], shape[1]))


def _per_thousand(frames: list[FrameFound]) -> dict[str, float]:
    texts = [text for frame in frames for text in frame.texts if text.visible]
    scale = 1000 / max(1, len(frames))
    return {
        "texts": len(texts) * scale,
        "left": sum(text.left for text in texts) * scale,
        "identity left": sum(text.left and text.is_identity for text in texts) * scale,
    }


def compare(hospital: Path, kind: str, arguments: argparse.Namespace) -> None:
    """Print the rows of one kind of file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = folder / "archive"
        subset(hospital, archive, clips=kind == "cine", files=arguments.files)
        all_cores = len(os.sched_getaffinity(0))
        print(f"\n{kind}: {sum(1 for path in archive.rglob('*') if path.is_file())} files, {arguments.rounds} rounds")
        print("| | frames | seconds, fastest (all) | frames/s | peak memory, MB |\n|---|---|---|---|---|")
        ratios = {}
        for cores in dict.fromkeys((all_cores, 1)):
            runs: dict[str, list[Timing]] = {"Sonosift": [], "plain loop": []}
            for turn in range(arguments.rounds):
                ingest = ingest_command(archive, folder / f"cohort{cores}_{turn}", cores)
                runs["Sonosift"].append(timed(ingest, cores))
                runs["plain loop"].append(timed(loop_command(archive, folder / f"loop{cores}_{turn}", cores), cores))
            for label, timings in runs.items():
                _print_row(f"{label}, {cores} cores" if cores > 1 else f"{label}, 1 core", timings)
            pairs = zip(*runs.values(), strict=True)
            ratios[cores] = [their.seconds / their.frames / (our.seconds / our.frames) for our, their in pairs]
        if kind == "cine" and arguments.all_frames:
            whole = loop_command(archive, folder / "all", all_cores, 0.0)
            _print_row(f"plain loop, all frames of the clips, {all_cores} cores", [timed(whole, all_cores)])
        print()
        for cores, values in ratios.items():
            on = f"{cores} cores" if cores > 1 else "1 core"
            print(f"On {on} Sonosift is {np.median(values):.2f} times as fast ({min(values):.2f} to {max(values):.2f})")
        timed(ingest_command(archive, folder / "source", all_cores, SOURCE_SIZE), all_cores)
        ours, theirs = residual(hospital, Cohort.open(folder / "source"), archive, folder / f"loop{all_cores}_0")
        print("| per 1,000 frames | " + " | ".join(ours) + " |\n|---|---|---|---|")
        for label, left in (("Sonosift", ours), ("plain loop", theirs)):
            print(f"| {label} | " + " | ".join(f"{value:.1f}" for value in left.values()) + " |")


def _print_row(label: str, timings: list[Timing]) -> None:
    best = min(timings, key=lambda timing: timing.seconds)
    seconds = ", ".join(f"{timing.seconds:.1f}" for timing in timings)
    memory = max(timing.peak_mb for timing in timings)
    rate = best.frames / best.seconds
    print(f"| {label} | {best.frames} | {best.seconds:.1f} ({seconds}) | {rate:.2f} | {memory:.0f} |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stills", type=Path, help="a simulated hospital with clean pictures")
    parser.add_argument("--cine", type=Path, help="another, of profile cine")
    parser.add_argument("--files", type=int, default=40, help="of each kind")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--all-frames", action="store_true", help="let the loop also treat every frame of the clips")
    parser.add_argument("--anyway", action="store_true", help="time on a busy machine")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    if load > BUSY and not arguments.anyway:
        raise SystemExit(f"the machine is busy (load {load:.2f}): wait, or give --anyway")
    print(f"load at the start {load:.2f}, {os.cpu_count()} cores")
    for kind, hospital in (("stills", arguments.stills), ("cine", arguments.cine)):
        if hospital is not None:
            compare(hospital, kind, arguments)


if __name__ == "__main__":
    main()

"""The simulated hospital: patients are drawn one after the other, and scanned side by side."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

import numpy as np

from sonosift.errors import SonosiftError, unknown_name
from sonosift.machine import progress, threads
from sonosift.machine.lock import exclusive
from sonosift.phantom.files.truth import write_summary, write_tables
from sonosift.phantom.finished_patients import FinishedPatients
from sonosift.phantom.paperwork.identities import Patient, draw_hospital, draw_patients
from sonosift.phantom.patient_simulation import PatientResult, PatientTask, simulate_patient
from sonosift.phantom.rare_mess import MISFILED_STILL, MISFILED_TURN, TURNS, own_chance
from sonosift.phantom.scanning.exam_plan import PROFILES, Profile
from sonosift.phantom.scanning.scanner import SCANNERS

DEFAULT_DETAIL = 448


def simulate(
    out: Path,
    *,
    patients: int,
    seed: int,
    profile: str = "stills",
    detail: int = DEFAULT_DETAIL,
    workers: int | None = None,
    clean_pictures: bool = False,
) -> dict[str, Any]:
    """Write ``out/archive`` (what a PACS export looks like) and ``out/truth`` (what is true of it).

    Everything is written beside ``out`` and renamed into place at the end, so that ``out`` is whole or absent; after
    a kill, the same call goes on with the next patient. The
    bytes depend on the arguments and the installed libraries, never on ``workers`` or the day.

    Args:
        out: A folder that does not exist yet, or is empty.
        patients: How many to invent.
        seed: Of all chance.
        profile: ``stills`` (whole exams of freeze frames) or ``cine`` (clips).
        detail: Longer side of a simulated scan in pixels, before it is enlarged to the machine's screen.
        workers: Processes; one per core by default.
        clean_pictures: Whether ``truth/clean`` also holds every picture as it is under the drawing.

    Returns:
        The counts that also stand in ``truth/hospital.json``.
    """
    _check(out, patients, profile, detail, workers)
    part = out.with_name(f".{out.name}.part")
    chosen = next(name for name in PROFILES if name == profile)
    lock = part / ".lock"
    with exclusive(lock, f"the simulated hospital {out}"):
        finished = FinishedPatients(
            part,
            {"patients": patients, "seed": seed, "profile": profile, "size": detail, "clean_pictures": clean_pictures},
        )
        tasks = _plan(part, patients, seed, chosen, detail, clean_pictures)
        results = _run(tasks, finished, workers or threads.available_cores())
        summary = _write_truth(part, tasks, results, seed, profile, detail)
        finished.forget()
        lock.unlink()
        if out.exists():
            out.rmdir()
        part.rename(out)
    return summary


def _check(out: Path, patients: int, profile: str, detail: int, workers: int | None) -> None:
    if profile not in PROFILES:
        raise unknown_name("profile", profile, PROFILES)
    for name, value, least in (("patients", patients, 1), ("size", detail, 64), ("workers", workers or 1, 1)):
        if value < least:
            raise SonosiftError(f"{name} is {value}, but must be at least {least}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SonosiftError(
            f"{out} exists and is not empty", "Name a new folder, or delete this one if it is no longer wanted."
        )


def _plan(
    root: Path, patients: int, seed: int, profile: Profile, detail: int, clean_pictures: bool
) -> list[PatientTask]:
    rng = np.random.default_rng([seed, 3])
    hospitals = [draw_hospital(rng) for _ in range(2)]
    people = draw_patients(rng, patients)
    # Machines in turn, so that each has its share of patients whatever their number.
    turn = int(rng.integers(len(SCANNERS)))
    tasks = []
    for index, person in enumerate(people):
        scanner = (turn + index) % len(SCANNERS)
        tasks.append(
            PatientTask(
                root, seed, index, person, hospitals[scanner % len(hospitals)], scanner, profile, detail,
                clean_pictures, filed_under=_other_patient(seed, index, people),
            )
        )  # fmt: skip
    return tasks


def _other_patient(seed: int, index: int, people: Sequence[Patient]) -> Patient | None:
    """Return under whom a still of a patient is filed too, for the few to whom this happens."""
    chance = own_chance(seed, index)
    happens = chance.random() < MISFILED_STILL or index % TURNS == MISFILED_TURN
    if not happens or len(people) < 2:
        return None
    return people[(index + 1 + int(chance.integers(len(people) - 1))) % len(people)]


def _run(tasks: list[PatientTask], finished: FinishedPatients, workers: int) -> list[PatientResult]:
    waiting = [task for task in tasks if not finished.is_finished(task.index)]
    done = len(tasks) - len(waiting)
    with progress.bar("simulated hospital", len(tasks), "patients", done=done) as shown:
        frames = 0
        for index, result in _results(waiting, max(1, min(workers, len(waiting)))):
            finished.finish(index, result)
            frames += len(result.frames)
            shown.advance()
            shown.note(f"{frames} frames")
    # All rows are read back, so that a resumed run makes its tables from the same numbers as any other.
    return [finished.result(task.index) for task in tasks]


def _results(tasks: list[PatientTask], workers: int) -> Iterator[tuple[int, PatientResult]]:
    if workers == 1:
        for task in tasks:
            yield task.index, simulate_patient(task)
        return
    with (
        _environment(threads.limit_environment(workers)),
        ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker) as pool,
    ):
        waiting = {pool.submit(simulate_patient, task): task.index for task in tasks}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _start_worker() -> None:
    import cv2

    cv2.setNumThreads(1)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    # A killed parent cannot stop its workers; they would wait for work for ever.
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the children that start inside the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _write_truth(
    root: Path, tasks: list[PatientTask], results: list[PatientResult], seed: int, profile: str, detail: int
) -> dict[str, Any]:
    frames = [row for result in results for row in result.frames]
    files = [row for result in results for row in result.files]
    identities = {row for result in results for row in result.identities}
    truth = root / "truth"
    write_tables(truth, frames, files, identities)
    per_clip = Counter((row["file"], row["member"]) for row in frames)
    states = Counter(row["state"] for row in files)
    summary = {
        "format": 1,
        "seed": seed,
        "profile": profile,
        "size": detail,
        "patients": len(tasks),
        "exams": sum(result.exams for result in results),
        "files": len(files),
        "readable": states["ok"],
        "corrupt": states["corrupt"],
        "not_images": states["not_an_image"],
        "clips": sum(1 for count in per_clip.values() if count > 1),
        "frames": len(frames),
        "scanners": [scanner.name for scanner in SCANNERS],
    }
    write_summary(truth, summary)
    return summary

"""All exams of one patient: bodies are scanned, screens are drawn, files are written. One unit of parallel work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from sonosift.phantom.anatomy.body import Body, draw_body
from sonosift.phantom.files.corruption import DAMAGES
from sonosift.phantom.files.exam_export import ExamExport
from sonosift.phantom.files.misfiled_still import file_again
from sonosift.phantom.files.rare_encodings import rarer
from sonosift.phantom.files.written import Exported, Written
from sonosift.phantom.paperwork.identities import Hospital, Patient
from sonosift.phantom.paperwork.machine_habits import draw_form, habits_for
from sonosift.phantom.paperwork.metadata import ExamHeader
from sonosift.phantom.paperwork.planted import Planted
from sonosift.phantom.paperwork.study_descriptions import draw_description
from sonosift.phantom.rare_mess import (
    DIRECTORY_TURN,
    FOREIGN_FILE_NAMES,
    FOREIGN_NAME_TURN,
    HOSTILE_DIRECTORY,
    MEDIA_DIRECTORY,
    TURNS,
    ZIP_TURN,
    ZIPPED_EXAM,
    own_chance,
)
from sonosift.phantom.scanning.acquisition import acquire
from sonosift.phantom.scanning.exam_plan import ExamPlan, Profile, Shot, plan_exam
from sonosift.phantom.scanning.scanner import SCANNERS
from sonosift.phantom.screen.annotation_text import annotation_for, draw_habit
from sonosift.phantom.screen.report_page import draw_report, draw_test_image
from sonosift.phantom.screen.screen_content import ScreenContent
from sonosift.phantom.screen.screen_styles import ScreenStyle, style_for
from sonosift.phantom.screen.shot_picture import draw_extras, show

_DAMAGE_NAMES = tuple(DAMAGES)


@dataclass(frozen=True)
class PatientTask:
    """What a worker needs to simulate one patient.

    Attributes:
        root: Folder of the hospital, being written.
        seed: Of the hospital.
        index: Of the patient.
        patient: Who.
        hospital: Where.
        scanner: Index of the machine that the patient mainly belongs to.
        profile: ``stills`` or ``cine``.
        detail: Longer side of a simulated scan in pixels, before it is enlarged to the screen.
        clean_pictures: Whether the truth also holds the pictures under the drawing.
        filed_under: Another patient whom a still of this one is filed under too.
    """

    root: Path
    seed: int
    index: int
    patient: Patient
    hospital: Hospital
    scanner: int
    profile: Profile
    detail: int
    clean_pictures: bool = False
    filed_under: Patient | None = None


@dataclass(frozen=True)
class PatientResult:
    """Rows of the truth tables for one patient."""

    frames: list[dict[str, Any]]
    files: list[dict[str, Any]]
    identities: list[tuple[str, str, str]]
    exams: int


def simulate_patient(task: PatientTask) -> PatientResult:
    """Write all files of one patient; equal tasks write equal bytes, whoever runs them."""
    rng = np.random.default_rng([task.seed, 7, task.index])
    body = draw_body(rng)
    planted = Planted(task.patient.key)
    elsewhere = Planted(task.filed_under.key if task.filed_under is not None else task.patient.key)
    frames: list[dict[str, Any]] = []
    files: list[dict[str, Any]] = []
    exams = int(rng.choice([1, 2, 3], p=[0.72, 0.22, 0.06]))
    when = datetime(2016, 1, 4, 7, 30) + timedelta(days=int(rng.integers(6 * 365)), minutes=int(rng.integers(600)))
    for number in range(1, exams + 1):
        machine = task.scanner
        if number > 1 and rng.random() < 0.4:
            machine = (machine + 1) % len(SCANNERS)
        exam = _Exam(task, body, number, machine, when, planted, rng)
        exam.run()
        if number == 1 and task.filed_under is not None:
            exam.misfile(task.filed_under, elsewhere)
        for written in (exam.export.written, exam.misfiled):
            frames += written.frames
            files += written.files
        when += timedelta(days=int(rng.integers(1, 500)))
    return PatientResult(frames, files, [*planted.rows(), *elsewhere.rows()], exams)


class _Exam:
    """One exam while it runs."""

    def __init__(
        self,
        task: PatientTask,
        body: Body,
        number: int,
        machine: int,
        when: datetime,
        planted: Planted,
        rng: np.random.Generator,
    ) -> None:
        self.task, self.body, self.rng, self.planted = task, body, rng, planted
        self.number, self.machine = number, machine
        self.style: ScreenStyle = style_for(machine)
        self.plan: ExamPlan = plan_exam(body, rng, task.profile)
        description, self.description_state = draw_description(self.plan.kind, rng)
        self.header = ExamHeader(
            seed=task.seed,
            exam=f"{task.patient.key}-E{number}",
            patient=task.patient,
            hospital=task.hospital,
            habits=habits_for(machine),
            manufacturer=SCANNERS[machine].manufacturer,
            model=SCANNERS[machine].name,
            when=when,
            description=description,
            accession=f"{chr(65 + task.index % 26)}{rng.integers(10_000_000, 99_999_999)}",
            station=f"US{machine + 1}-{task.hospital.issuer.split('_')[0]}",
            serial=f"{100_000 + 7919 * (machine + 1)}",
            operator=task.hospital.operators[-1],
        )
        self.export = ExamExport(
            task.root, self.header, number, self.style, SCANNERS[machine].name, self.description_state, planted, rng
        )
        self.typing = draw_habit(rng)
        self.marks_body = float(rng.choice([0.0, 0.35, 0.8]))
        self.shows_identity = bool(rng.random() >= self.style.identity_off)
        self.clock = when
        self.exported: list[Exported] = []
        self.misfiled = Written()

    def run(self) -> None:
        """Take every planned shot, then add what else an export holds."""
        self.exported = [self._take(shot) for shot in self.plan.shots]
        self._mishaps(self.exported)
        self._on_the_medium()

    def misfile(self, owner: Patient, planted: Planted) -> None:
        """File a still under another patient as well."""
        stills = [shot for shot in self.exported if shot.rate_hz is None]
        if not stills:
            return
        chance = own_chance(self.task.seed, self.task.index, self.number, 0)
        still = stills[int(chance.integers(len(stills)))]
        number = planted.plant("id", owner.number)
        name = f"SCAN{self.task.index:04d}"
        as_jpeg = bool(chance.random() < 0.5)
        self.misfiled = file_again(self.task.root, still, owner.key, number, name, as_jpeg=as_jpeg)

    def _take(self, shot: Shot) -> Exported:
        rng, view, is_cine = self.rng, shot.view, shot.is_cine
        self.clock += timedelta(seconds=int(rng.integers(8, 70)))
        label = annotation_for(view, self.typing, rng)
        intervention = self.header.description is not None and "BIOPSY" in self.header.description.upper()
        extras = draw_extras(view, label, clip=is_cine, intervention=intervention, marks_body=self.marks_body, rng=rng)
        suffix, coding, channels = draw_form(self.header.habits, clip=is_cine, colour=extras.colour_flow, rng=rng)
        chance = own_chance(self.task.seed, self.task.index, self.number, self.export.next_instance)
        coding = rarer(coding, clip=is_cine, chance=chance)
        # A still shows the rate at which the machine scanned before it was frozen.
        rate = shot.rate_hz if is_cine else float(rng.integers(18, 46))
        acquisitions = [
            acquire(
                self.body, view, SCANNERS[self.machine], rng, size=self._size(2 if extras.dual else 1),
                frames=shot.frames, rate_hz=shot.rate_hz,
            )
            for _ in range(2 if extras.dual else 1)
        ]  # fmt: skip
        scan = acquisitions[0]
        content = self._content(scan.geometry.kind, scan.depth_mm, scan.centre_mhz, rate)
        shown = show(
            self.style, acquisitions, content, extras, channels=channels, planted=self.planted, rng=rng,
            chance=chance, keep_bare=self.task.clean_pictures,
        )  # fmt: skip
        return self.export.scan(acquisitions, shown, content, coding, suffix)

    def _size(self, columns: int) -> tuple[int, int]:
        x0, y0, x1, y1 = self.style.area
        width, height = (x1 - x0) // columns, y1 - y0
        factor = min(1.0, self.task.detail / max(width, height))
        return round(height * factor), round(width * factor)

    def _content(self, kind: str, depth_mm: float, centre_mhz: float, rate_hz: float) -> ScreenContent:
        rng = self.rng
        probes = self.header.habits.probes[kind]
        return ScreenContent(
            patient=self.task.patient,
            hospital=self.task.hospital,
            when=self.clock,
            operator=self.header.operator,
            probe=probes[int(rng.integers(len(probes)))],
            preset={"linear": "SmPart", "phased": "Chest"}.get(kind, "Abd Gen"),
            frequency_mhz=centre_mhz,
            depth_mm=depth_mm,
            gain_db=int(rng.integers(40, 75)),
            dynamic_range_db=int(rng.integers(50, 72)),
            frame_rate_hz=rate_hz,
            mechanical_index=float(rng.uniform(0.6, 1.5)),
            thermal_index=float(rng.uniform(0.1, 1.2)),
            focus=float(rng.uniform(0.35, 0.7)),
            shows_identity=self.shows_identity,
        )

    def _mishaps(self, exported: list[Exported]) -> None:
        """Export twice, grab frames, damage files: by chance, and by turn so that small hospitals have them too."""
        rng, index = self.rng, self.task.index
        first = self.number == 1
        clips = [shot for shot in exported if shot.rate_hz is not None]
        stills = [shot for shot in exported if shot.rate_hz is None]
        for clip in clips:
            if rng.random() < 0.2:
                self.export.again(clip)
            if rng.random() < 0.3:
                self.export.grabbed(clip)
        if stills and ((first and index % 4 == 0) or rng.random() < 0.2):
            self.export.again(stills[int(rng.integers(len(stills)))])
        if (first and index % 5 == 1) or rng.random() < 0.12:
            content = self._content("curvilinear", 150.0, 3.5, 30.0)
            picture, texts = draw_report(self.style, content, self.planted, rng)
            self.export.page(picture, texts, "report", self.clock)
        if (first and index % 9 == 4) or rng.random() < 0.02:
            picture, texts = draw_test_image(self.style, rng)
            self.export.page(picture, texts, "test_image", self.clock)
        if exported and first and index % 3 == 2:
            source = exported[int(rng.integers(len(exported)))]
            self.export.damaged(source, _DAMAGE_NAMES[index // 3 % len(_DAMAGE_NAMES)])
        if first and index % 6 == 3:
            self.export.beside(text_report=index % 12 == 3)

    def _on_the_medium(self) -> None:
        """Add a list of the files, pack them, or name one as old systems do: by chance, and by turn."""
        chance = own_chance(self.task.seed, self.task.index, self.number)
        turn = self.task.index % TURNS if self.number == 1 else -1
        directory, hostile, zipped, foreign = chance.random(4)
        if turn == DIRECTORY_TURN or directory < MEDIA_DIRECTORY:
            self.export.directory(hostile=bool(hostile < HOSTILE_DIRECTORY))
        if turn == ZIP_TURN or zipped < ZIPPED_EXAM:
            self.export.pack()
        elif turn == FOREIGN_NAME_TURN or foreign < FOREIGN_FILE_NAMES:
            self.export.rename_one()

"""Folder and file names of an export, with the patient's name where machines put it."""

from __future__ import annotations

import re

from sonosift.phantom.paperwork.identities import plain_letters
from sonosift.phantom.paperwork.metadata import ExamHeader, make_uid
from sonosift.phantom.paperwork.planted import Planted


def _file_safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", plain_letters(text)).strip("_")


def exam_folder(header: ExamHeader, exam_number: int, planted: Planted) -> str:
    """Return the folder of an exam, relative to the archive."""
    patient, day = header.patient, header.when
    index = int(patient.key[1:])
    form = header.habits.folders
    if form == "numbered":
        return f"DICOM/PA{index:06d}/ST{exam_number:06d}/SE000001"
    number = planted.plant("id", patient.number)
    if form == "named":
        person = f"{planted.plant('name', f'{patient.family}, {patient.given}')} ({number})"
        return f"EXPORT/{person}/{planted.plant('date', day.strftime('%Y%m%d'))} {_kind_word(header)} {exam_number}"
    if form == "by day":
        date = planted.plant("date", day.strftime("%Y/%m/%d"))
        return f"US1/{date}/{number}_{_name_in_path(header, planted)}_{exam_number}"
    return f"images/{number}/{planted.plant('date', day.strftime('%d%m%Y'))}_{exam_number}"


def _name_in_path(header: ExamHeader, planted: Planted) -> str:
    return planted.plant("name", _file_safe(f"{header.patient.family}_{header.patient.given}").upper())


def _kind_word(header: ExamHeader) -> str:
    return _file_safe(header.description or "US").replace("_", " ")[:24].strip()


def file_name(header: ExamHeader, instance: int, suffix: str, planted: Planted) -> str:
    """Return the name of one file; ``suffix`` is ``.dcm``, ``.mp4``, or ``.png``."""
    if suffix != ".dcm":
        born = planted.plant("birth", header.patient.birth.strftime("%Y%m%d"))
        return f"{_name_in_path(header, planted)}_{born}_{instance:04d}{suffix}"
    form = header.habits.folders
    if form == "numbered":
        return f"IM{instance:06d}"
    if form == "by number":
        return planted.plant("uid", make_uid(header.seed, header.exam, "instance", instance))
    if form == "named":
        return f"{_name_in_path(header, planted)}_US{instance:04d}.dcm"
    return f"US{instance:06d}.dcm"

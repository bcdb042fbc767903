"""What one exam and one shot have to say on a screen, before any machine decides how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sonosift.phantom.paperwork.identities import Hospital, Patient


@dataclass(frozen=True)
class ScreenContent:
    """The facts that a machine may burn into the picture.

    Attributes:
        patient: Who is scanned.
        hospital: Where.
        when: Day and time of the shot.
        operator: Initials of who holds the probe.
        probe: Name of the transducer.
        preset: Name of the examination preset.
        frequency_mhz: Centre frequency.
        depth_mm: Depth of the image.
        gain_db: Receiver gain.
        dynamic_range_db: Of the log compression.
        frame_rate_hz: Frames a second.
        mechanical_index: MI.
        thermal_index: TIS.
        focus: Depth of the focus as a share of the image depth.
        shows_identity: Whether name, number, and birth are burnt in.
    """

    patient: Patient
    hospital: Hospital
    when: datetime
    operator: str
    probe: str
    preset: str
    frequency_mhz: float
    depth_mm: float
    gain_db: int
    dynamic_range_db: int
    frame_rate_hz: float
    mechanical_index: float
    thermal_index: float
    focus: float
    shows_identity: bool


def written_name(patient: Patient, form: Literal["comma", "given-first", "dicom"]) -> str:
    """Write a patient's name as a machine does."""
    forms = {
        "comma": patient.screen_name,
        "given-first": f"{patient.given} {patient.family}",
        "dicom": patient.dicom_name.upper(),
    }
    return forms[form]


def written_date(day: date, form: str) -> str:
    """Write a day as a machine does."""
    return day.strftime(form)

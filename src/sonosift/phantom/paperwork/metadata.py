"""The DICOM header of one instance, with identity in all the places where hospitals leave it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from sonosift.phantom.paperwork.identities import Hospital, Patient, plain_letters
from sonosift.phantom.paperwork.machine_habits import MachineHabits
from sonosift.phantom.paperwork.planted import Planted

US_IMAGE = "1.2.840.10008.5.1.4.1.1.6.1"
US_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


@dataclass(frozen=True)
class ExamHeader:
    """What all instances of one exam share.

    Attributes:
        seed: Of the whole hospital, for the unique identifiers.
        exam: True key of the exam.
        patient: Who.
        hospital: Where.
        habits: Of the machine.
        manufacturer: Its maker.
        model: Its model.
        when: Start of the exam.
        description: Study description, or None when nobody wrote one.
        accession: Number of the order.
        station: Name of the machine in the network.
        serial: Serial number of the machine.
        operator: Initials of who holds the probe.
    """

    seed: int
    exam: str
    patient: Patient
    hospital: Hospital
    habits: MachineHabits
    manufacturer: str
    model: str
    when: datetime
    description: str | None
    accession: str
    station: str
    serial: str
    operator: str


def make_uid(*parts: object) -> str:
    """Return a unique identifier under the 2.25 root that depends on ``parts`` alone."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def _day(value: datetime) -> str:
    return value.strftime("%Y%m%d")


def exam_dataset(header: ExamHeader, planted: Planted, rng: np.random.Generator) -> Dataset:
    """Build what the patient, study, and equipment modules of one instance say."""
    dataset = Dataset()
    if header.habits.character_set:
        dataset.SpecificCharacterSet = header.habits.character_set
    _patient_module(dataset, header, planted, rng)
    _study_module(dataset, header, planted, rng)
    _equipment_module(dataset, header, planted)
    if header.habits.private_creator:
        _private_block(dataset, header, planted)
    return dataset


def _spelled(header: ExamHeader, text: str) -> str:
    """Return ``text`` as the header's character set can hold it."""
    if header.habits.character_set == "ISO_IR 192":
        return text
    if header.habits.character_set == "ISO_IR 100":
        try:
            text.encode("latin-1")
        except UnicodeEncodeError:
            return plain_letters(text)
        return text
    return plain_letters(text).upper()


def _patient_module(dataset: Dataset, header: ExamHeader, planted: Planted, rng: np.random.Generator) -> None:
    patient, hospital = header.patient, header.hospital
    name = planted.plant("name", _spelled(header, patient.dicom_name))
    for part in name.split("^"):
        planted.plant("name", part)
    dataset.PatientName = name
    dataset.PatientID = planted.plant("id", patient.number)
    dataset.IssuerOfPatientID = planted.plant("hospital", hospital.issuer)
    dataset.PatientBirthDate = planted.plant("birth", patient.birth.strftime("%Y%m%d"))
    dataset.PatientSex = patient.sex
    dataset.PatientAge = f"{(header.when.date() - patient.birth).days // 365:03d}Y"
    dataset.PatientSize, dataset.PatientWeight = f"{rng.uniform(1.5, 1.95):.2f}", f"{rng.uniform(48, 120):.1f}"
    if rng.random() < 0.6:
        other = Dataset()
        other.PatientID = planted.plant("id", patient.insurance)
        other.IssuerOfPatientID = "INSURANCE"
        dataset.OtherPatientIDsSequence = Sequence([other])
    if rng.random() < 0.4:
        dataset.PatientAddress = planted.plant("address", _spelled(header, patient.address))
        dataset.PatientTelephoneNumbers = planted.plant("phone", patient.phone)
    if rng.random() < 0.2:
        dataset.OtherPatientNames = planted.plant("name", _spelled(header, patient.family) + "^" + patient.given[0])


def _study_module(dataset: Dataset, header: ExamHeader, planted: Planted, rng: np.random.Generator) -> None:
    patient, hospital, when = header.patient, header.hospital, header.when
    dataset.StudyInstanceUID = planted.plant("uid", make_uid(header.seed, header.exam, "study"))
    dataset.SeriesInstanceUID = planted.plant("uid", make_uid(header.seed, header.exam, "series"))
    dataset.FrameOfReferenceUID = make_uid(header.seed, header.exam, "frame of reference")
    dataset.StudyDate = dataset.SeriesDate = planted.plant("date", _day(when))
    dataset.StudyTime = dataset.SeriesTime = when.strftime("%H%M%S")
    dataset.AccessionNumber = planted.plant("accession", header.accession)
    dataset.StudyID = planted.plant("id", header.accession[-5:])
    dataset.Modality = "US"
    if header.description is not None:
        dataset.StudyDescription = header.description
    referring, reading = (_spelled(header, name) for name in hospital.physicians)
    dataset.ReferringPhysicianName = planted.plant("physician", referring)
    dataset.NameOfPhysiciansReadingStudy = planted.plant("physician", reading)
    dataset.OperatorsName = planted.plant("operator", header.operator)
    if rng.random() < 0.5:
        step = Dataset()
        step.RequestedProcedureDescription = header.description or "US"
        step.RequestedProcedureID = planted.plant("accession", f"RP{header.accession}")
        born = planted.plant("birth", patient.birth.strftime("%d.%m.%Y"))
        name = planted.plant("name", patient.screen_name)
        step.ReasonForTheRequestedProcedure = f"{name}, {born}: pain right upper quadrant"
        requester = Dataset()
        requester.InstitutionName = planted.plant("hospital", _spelled(header, hospital.name))
        requester.PersonTelephoneNumbers = planted.plant("phone", hospital.phone)
        code = Dataset()
        code.CodeValue, code.CodingSchemeDesignator = "MD", "99HIS"
        code.CodeMeaning = planted.plant("physician", referring.replace("^", " ").strip())
        requester.PersonIdentificationCodeSequence = Sequence([code])
        step.RequestingPhysicianIdentificationSequence = Sequence([requester])
        dataset.RequestAttributesSequence = Sequence([step])
    if rng.random() < 0.3:
        dataset.ImageComments = _comment(header, planted, rng)


def _comment(header: ExamHeader, planted: Planted, rng: np.random.Generator) -> str:
    patient = header.patient
    form = int(rng.integers(4))
    if form == 0:
        full = planted.plant("name", _spelled(header, f"{patient.given} {patient.family}"))
        return f"Pt {full} difficult to scan, bowel gas"
    if form == 1:
        return f"call {planted.plant('phone', patient.phone)} with result"
    if form == 2:
        return f"compare with prior of {planted.plant('name', plain_letters(patient.family).lower())}"
    return "limited exam, patient not fasting"


def _equipment_module(dataset: Dataset, header: ExamHeader, planted: Planted) -> None:
    hospital = header.hospital
    dataset.Manufacturer = header.manufacturer
    dataset.ManufacturerModelName = header.model
    dataset.InstitutionName = planted.plant("hospital", _spelled(header, hospital.name))
    dataset.InstitutionAddress = planted.plant("address", _spelled(header, hospital.address))
    dataset.InstitutionalDepartmentName = hospital.department
    dataset.StationName = planted.plant("station", header.station)
    dataset.DeviceSerialNumber = planted.plant("serial", header.serial)
    dataset.SoftwareVersions = "4.2.1"


def _private_block(dataset: Dataset, header: ExamHeader, planted: Planted) -> None:
    block = dataset.private_block(0x0019, header.habits.private_creator, create=True)
    block.add_new(0x01, "LO", planted.plant("name", header.patient.screen_name))
    block.add_new(0x02, "SH", planted.plant("id", header.patient.number))
    block.add_new(0x03, "DT", planted.plant("date", header.when.strftime("%Y%m%d%H%M%S")))
    block.add_new(0x04, "DS", "1.54")
    inner = Dataset()
    inner_block = inner.private_block(0x0019, header.habits.private_creator, create=True)
    inner_block.add_new(0x10, "LT", f"Exam of {planted.plant('name', header.patient.screen_name)}")
    block.add_new(0x05, "SQ", Sequence([inner]))
    # Bytes that only the vendor understands, with the name inside all the same.
    raw = planted.plant("name", plain_letters(header.patient.family)).encode("ascii")
    block.add_new(0x06, "UN", b"\x01\x00\x07\x00" + raw + b"\0" * (len(raw) % 2))

"""Exported files, read back by pydicom and by our own reader."""

import tracemalloc
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from pydicom import dcmread

from sonosift.archive.clip import Calibration, ClipHeader, Frame, Identity, Region
from sonosift.archive.open_clip import open_clip
from sonosift.archive.unreadable import Unreadable
from sonosift.ingest.dicom_export import DicomExport
from sonosift.ingest.dicom_export_header import ACTIONS, CODES, ClipNames
from sonosift.privacy.fan import Fan
from sonosift.privacy.pseudonyms import Pseudonyms

KEY = bytes(range(32))
NAMES = ClipNames("aa" * 16, "bb" * 16, "cc" * 16)
CALIBRATION = Calibration(1, 2, 3, 3, 0.0125, 0.013, (10, 0), (0.5, -1.5), 3500)
HEADER = ClipHeader(
    kind="dicom", height=40, width=60, frame_count=5, rate_hz=25.0, modality="US", manufacturer="GE",
    model="LOGIQ E9", transducers=("C5-1",), study_description="US BIOPSY LIVER FOCAL", study_date="20200517",
    body_part="liver", lossy=True,
    identity=Identity(patient_id="12345", issuer="H", exam="1.2.3", instance="1.2.3.4", names=("Miller^Anna",)),
    regions=(Region(5, 4, 55, 38, 1, 0.125, CALIBRATION),), series_description="Anna liver",
)  # fmt: skip
# Type 1 and 2 attributes of the mandatory modules of the US Image IOD (PS3.3 sections A.6.4, C.7 and C.8.5.6).
TYPE_1 = {
    "StudyInstanceUID", "Modality", "SeriesInstanceUID", "SOPClassUID", "SOPInstanceUID", "SamplesPerPixel",
    "PhotometricInterpretation", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
    "PixelData", "DeidentificationMethod", "DeidentificationMethodCodeSequence",
}  # fmt: skip
TYPE_2 = {
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "ReferringPhysicianName",
    "StudyID", "AccessionNumber", "SeriesNumber", "Manufacturer", "InstanceNumber", "ImageType", "PatientOrientation",
    "ContentDate", "ContentTime",
}  # fmt: skip
REGION_TYPE_1 = {
    "RegionSpatialFormat", "RegionDataType", "RegionFlags", "RegionLocationMinX0", "RegionLocationMinY0",
    "RegionLocationMaxX1", "RegionLocationMaxY1", "PhysicalUnitsXDirection", "PhysicalUnitsYDirection",
    "PhysicalDeltaX", "PhysicalDeltaY",
}  # fmt: skip


def fan():
    rows, columns = np.mgrid[:40, :60]
    mask = (rows - 2) ** 2 + (columns - 30) ** 2 < 34**2
    mask &= (rows > 3) & (abs(columns - 30) < rows)
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return Fan(mask, (int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1), 0.9)


def frames(count=5, colour=(), rate=25.0, size=(40, 60)):
    rng = np.random.default_rng(5)
    for index in range(count):
        rgb = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        yield Frame(rgb[..., 1].copy(), index, index / rate, rgb if index in colour else None)


class Marks:
    """Paints frame ``position`` over with its number plus one, in the corner of the box and at its upper edge."""

    def clean(self, position, crop):
        assert crop.flags.c_contiguous
        cleaned = crop.copy()
        cleaned[position, 20:26] = position + 1
        return cleaned


def export(tmp_path, header=HEADER, names=NAMES, clip=None, overlay=None, key=KEY):
    clip = frames() if clip is None else clip
    path = DicomExport(tmp_path, Pseudonyms(key)).write(header, names, clip, fan(), overlay)
    return path, dcmread(path)


def test_grey_pixels_are_bit_identical_inside_the_fan_and_black_outside(tmp_path):
    _, dataset = export(tmp_path)
    expected = np.stack([np.where(fan().mask, frame.grey, 0) for frame in frames()])
    assert dataset.PhotometricInterpretation == "MONOCHROME2"
    assert (dataset.pixel_array == expected).all()


@pytest.mark.parametrize("colour", [(0, 1, 2, 3, 4), (3,)], ids=["all in colour", "colour comes late"])
def test_colour_is_kept_and_grey_frames_among_it_stay_exact(tmp_path, colour):
    _, dataset = export(tmp_path, clip=frames(colour=colour))
    for shown, frame in zip(dataset.pixel_array, frames(colour=colour), strict=True):
        picture = np.repeat(frame.grey[..., None], 3, 2) if frame.rgb is None else frame.rgb
        assert (shown == np.where(fan().mask[..., None], picture, 0)).all()
    assert dataset.PhotometricInterpretation == "RGB"


def test_each_frame_loses_what_lies_over_it_and_nothing_else(tmp_path):
    _, dataset = export(tmp_path, overlay=Marks())
    x0, y0, _, _ = fan().box
    for position, (shown, frame) in enumerate(zip(dataset.pixel_array, frames(), strict=True)):
        expected = frame.grey.copy()
        expected[y0 + position, x0 + 20 : x0 + 26] = position + 1
        assert (shown == np.where(fan().mask, expected, 0)).all()
    assert dataset.BurnedInAnnotation == "NO"


@pytest.mark.parametrize("kind", ["dicom", "video", "still"])
@pytest.mark.parametrize("count", [1, 5])
def test_every_attribute_that_the_iod_asks_for_is_there_and_none_that_is_not_declared(tmp_path, kind, count):
    bare = ClipHeader(kind=kind, height=40, width=60, frame_count=count, rate_hz=None)
    for header in (replace(HEADER, kind=kind), bare):
        path, dataset = export(tmp_path, header=header, clip=frames(count, colour=(0,)), overlay=Marks())
        present = {element.keyword for element in dataset}
        needed = TYPE_1 | TYPE_2 | {"PlanarConfiguration"}
        if count > 1:
            needed |= {"NumberOfFrames", "FrameIncrementPointer", "FrameTime"}
        assert needed <= present <= set(ACTIONS)
        assert all(dataset[keyword].value not in ("", None, []) for keyword in needed - TYPE_2)
        wanted_class = "1.2.840.10008.5.1.4.1.1.3.1" if count > 1 else "1.2.840.10008.5.1.4.1.1.6.1"
        assert dataset.SOPClassUID == wanted_class
        assert ("LossyImageCompression" in present) == (header.lossy or kind == "video")
        for item in dataset.get("SequenceOfUltrasoundRegions", []):
            assert {element.keyword for element in item} >= REGION_TYPE_1
        assert not any(element.tag.is_private for element in dataset.iterall())
        data = path.read_bytes()
        assert data[:132] == bytes(128) + b"DICM"
        assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
        assert dataset.file_meta.MediaStorageSOPClassUID == dataset.SOPClassUID
        assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.80"


def test_who_and_when_become_pseudonyms_and_a_shifted_day(tmp_path):
    _, first = export(tmp_path)
    _, later = export(tmp_path, replace(HEADER, study_date="20200601"), replace(NAMES, exam="dd" * 16, clip="ee" * 16))
    assert first.PatientID == first.PatientName == NAMES.patient == later.PatientID
    days = [date(int(d[:4]), int(d[4:6]), int(d[6:])) for d in (first.StudyDate, later.StudyDate)]
    assert (days[1] - days[0]).days == 15
    assert first.StudyDate == first.SeriesDate == first.ContentDate != "20200517"
    assert first.LongitudinalTemporalInformationModified == "MODIFIED"
    assert first.PatientBirthDate == first.PatientSex == first.AccessionNumber == first.StudyTime == ""
    assert (first.StudyDescription, first.BodyPartExamined, first.TransducerType) == (
        "liver, abdomen",
        "LIVER",
        "CURVED LINEAR",
    )
    assert (first.Manufacturer, first.ManufacturerModelName) == ("GE", "LOGIQ E9")


@pytest.mark.parametrize(("part", "asked"), [("kidney", True), ("liver", False), ("Anna Miller", True), (None, True)])
def test_the_side_of_a_part_that_comes_in_pairs_or_may_do_so_is_asked_for(tmp_path, part, asked):
    _, dataset = export(tmp_path, replace(HEADER, body_part=part))
    assert ("Laterality" in dataset) == asked  # type 2C: empty when unknown
    assert ("BodyPartExamined" in dataset) == (part in ("kidney", "liver"))


def test_identifiers_hold_together_across_files_and_differ_across_keys(tmp_path):
    _, one = export(tmp_path)
    _, same_exam = export(tmp_path, names=replace(NAMES, clip="dd" * 16))
    _, other_exam = export(tmp_path, names=replace(NAMES, exam="dd" * 16, clip="ee" * 16))
    _, other_key = export(tmp_path / "x", key=KEY[::-1])
    assert one.StudyInstanceUID == same_exam.StudyInstanceUID != other_exam.StudyInstanceUID
    assert one.SeriesInstanceUID == same_exam.SeriesInstanceUID != other_exam.SeriesInstanceUID
    uids = {d[k].value for d in (one, same_exam, other_exam, other_key) for k in ("StudyInstanceUID", "SOPInstanceUID")}
    assert len(uids) == 3 + 4
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)


def test_old_identifiers_become_the_keyed_ones_of_the_mapping_tables(tmp_path):
    pseudonyms = Pseudonyms(KEY)
    identity = replace(HEADER.identity, series="1.2.3.5", frame_of_reference="1.2.3.6")
    patient = pseudonyms.patient(identity.issuer, identity.patient_id)
    names = ClipNames(patient, pseudonyms.exam(patient, identity.exam), pseudonyms.clip(identity.instance))
    header = replace(HEADER, identity=identity)
    _, dataset = export(tmp_path, header, names)
    keywords = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
    old = ("1.2.3", "1.2.3.5", "1.2.3.4", "1.2.3.6")
    assert [dataset[keyword].value for keyword in keywords] == [pseudonyms.uid(uid) for uid in old]
    assert dataset.PositionReferenceIndicator == ""
    # Another exam (from a manifest), another clip (a second file under one identifier): nothing collides.
    _, moved = export(tmp_path, header, replace(names, exam="dd" * 16, clip="ee" * 16))
    for keyword in keywords[:3]:
        assert moved[keyword].value != dataset[keyword].value


@pytest.mark.parametrize(
    ("overlay", "day", "codes"),
    [
        (Marks(), "20200517", ["113100", "113101", "113105", "113107"]),
        (None, "20200517", ["113100", "113105", "113107"]),
        (Marks(), None, ["113100", "113101", "113105"]),
    ],
)
def test_only_what_was_done_is_claimed(tmp_path, overlay, day, codes):
    _, dataset = export(tmp_path, replace(HEADER, study_date=day), overlay=overlay)
    sequence = dataset.DeidentificationMethodCodeSequence
    assert [item.CodeValue for item in sequence] == codes
    assert {(item.CodingSchemeDesignator, item.CodeMeaning) for item in sequence} == {("DCM", CODES[c]) for c in codes}
    assert dataset.PatientIdentityRemoved == "YES"
    assert ("BurnedInAnnotation" in dataset) == (overlay is not None)
    assert dataset.LongitudinalTemporalInformationModified == ("MODIFIED" if day else "REMOVED")
    assert all(len(method) <= 64 for method in dataset.DeidentificationMethod)


def test_our_own_reader_finds_the_same_calibration_and_times(tmp_path):
    path, _ = export(tmp_path)
    clip = open_clip(path)
    assert clip.header.regions == HEADER.regions
    assert clip.header.rate_hz == pytest.approx(HEADER.rate_hz)
    read = list(clip.frames(1e6))
    assert [frame.time_s for frame in read] == pytest.approx([frame.time_s for frame in frames()])
    assert all((a.grey == np.where(fan().mask, b.grey, 0)).all() for a, b in zip(read, frames(), strict=True))


def test_uneven_times_are_kept_one_by_one(tmp_path):
    times = [0.0, 0.04, 0.1, 0.11]
    clip = (replace(frame, time_s=time) for frame, time in zip(frames(4), times, strict=True))
    _, dataset = export(tmp_path, clip=clip)
    assert dataset.FrameIncrementPointer == 0x00181065
    assert np.cumsum([float(step) for step in dataset.FrameTimeVector]) == pytest.approx([1000 * t for t in times])
    assert "FrameTime" not in dataset


def test_the_same_clip_becomes_the_same_bytes(tmp_path):
    first, _ = export(tmp_path / "one", clip=frames(colour=(2,)), overlay=Marks())
    second, _ = export(tmp_path / "two", clip=frames(colour=(2,)), overlay=Marks())
    assert first.read_bytes() == second.read_bytes()
    assert first.relative_to(tmp_path / "one").parts == (NAMES.patient, NAMES.exam, f"{NAMES.clip}.dcm")


def _breaking():
    yield from frames(2)
    raise Unreadable("broken_pixels")


@pytest.mark.parametrize(
    "clip", [lambda: iter(()), _breaking, lambda: frames(2, size=(40, 61))], ids=["none", "breaks", "other size"]
)
def test_a_clip_that_cannot_be_read_to_its_end_leaves_no_file(tmp_path, clip):
    with pytest.raises(Unreadable):
        export(tmp_path, clip=clip())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_can_be_taken_back(tmp_path):
    export(tmp_path)
    export(tmp_path, names=replace(NAMES, clip="dd" * 16))
    exporter = DicomExport(tmp_path, Pseudonyms(KEY))
    (exporter.path_of(NAMES).parent / ".x.dcm.12.part").write_bytes(b"half")
    exporter.remove_leftovers()
    exporter.remove(NAMES)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{'dd' * 16}.dcm"]
    exporter.remove(replace(NAMES, clip="dd" * 16))
    assert list(tmp_path.iterdir()) == []


def test_a_long_clip_never_sits_in_memory(tmp_path):
    height, width, count = 240, 320, 200

    def long():
        rng = np.random.default_rng(1)
        for index in range(count):
            rgb = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
            yield Frame(rgb[..., 0].copy(), index, index / 30, rgb)

    whole = Fan(np.ones((height, width), dtype=bool), (0, 0, width, height), 1.0)
    tracemalloc.start()
    path = DicomExport(tmp_path, Pseudonyms(KEY)).write(HEADER, NAMES, long(), whole, None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 0.9 * count * height * width * 3  # noise does not compress
    assert peak < 12 * height * width * 3

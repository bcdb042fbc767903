import numpy as np
import pytest
from pydicom import Dataset, Sequence

from sonosift.archive.clip import Calibration
from sonosift.archive.dicom_reader import open_dicom

FRAME = np.zeros((1, 20, 30), dtype=np.uint8)


def header(path):
    return open_dicom(path).header


def region(**changes):
    values = {
        "RegionSpatialFormat": 1, "RegionDataType": 1, "RegionFlags": 2, "RegionLocationMinX0": 3,
        "RegionLocationMinY0": 4, "RegionLocationMaxX1": 25, "RegionLocationMaxY1": 18, "PhysicalUnitsXDirection": 3,
        "PhysicalUnitsYDirection": 3, "PhysicalDeltaX": 0.02, "PhysicalDeltaY": 0.03, "ReferencePixelX0": 11,
        "ReferencePixelY0": -2, "ReferencePixelPhysicalValueX": 0.5, "ReferencePixelPhysicalValueY": 0.0,
        "TransducerFrequency": 3500,
    }  # fmt: skip
    item = Dataset()
    for keyword, value in (values | changes).items():
        if value is not None:
            setattr(item, keyword, value)
    return item


def test_descriptive_facts(written):
    path = written(
        FRAME, StudyDate="20240229", SeriesDescription="Liver cine", BodyPartExamined="ABDOMEN",
        LossyImageCompression="01", SOPClassUID="1.2.840.10008.5.1.4.1.1.6.1",
    )  # fmt: skip
    found = header(path)
    assert found.study_date == "20240229"
    assert found.series_description == "Liver cine"
    assert found.body_part == "ABDOMEN"
    assert found.sop_class == "1.2.840.10008.5.1.4.1.1.6.1"
    assert found.lossy
    printed = repr(found)
    assert "20240229" not in printed
    assert "Liver cine" not in printed


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"StudyDate": "1997.07.17"}, "19970717"),
        ({"StudyDate": "", "SeriesDate": "20230102"}, "20230102"),
        ({"StudyDate": "20230230", "ContentDate": "20230301"}, "20230301"),
        ({"StudyDate": "unknown"}, None),
        ({}, None),
    ],
)
def test_the_date_is_one_of_the_calendar(written, values, expected):
    assert header(written(FRAME, **values)).study_date == expected


def test_jpeg_is_lossy_also_when_the_header_is_silent(written):
    assert header(written(FRAME, "1.2.840.10008.1.2.4.50")).lossy
    assert not header(written(FRAME, "1.2.840.10008.1.2.4.70")).lossy
    assert not header(written(FRAME)).lossy


def test_a_region_keeps_what_is_needed_to_write_it_again(written):
    (found,) = header(written(FRAME, SequenceOfUltrasoundRegions=Sequence([region()]))).regions
    assert (found.x0, found.y0, found.x1, found.y1) == (3, 4, 26, 19)
    assert found.mm_per_pixel == pytest.approx(0.2)
    assert found.calibration == Calibration(1, 2, 3, 3, 0.02, 0.03, (11, -2), (0.5, 0.0), 3500)


def test_a_region_that_makes_no_sense_costs_only_itself(written):
    items = Sequence(
        [region(RegionLocationMinX0=None), region(RegionSpatialFormat=3), region(PhysicalDeltaX=float("nan")), region()]
    )
    found = header(written(FRAME, SequenceOfUltrasoundRegions=items)).regions
    assert [item.mm_per_pixel for item in found] == [None, pytest.approx(0.2)]


@pytest.mark.parametrize(
    ("character_set", "name", "expected"),
    [
        (b"ISO_IR 192", "Größe^Jörg".encode(), "Größe^Jörg"),
        (b"ISO_IR 100", "Größe^Jörg".encode("latin-1"), "Größe^Jörg"),
        (b"ISO_IR 192", "Größe^Jörg".encode("latin-1"), None),
        (b"ISO_IR 999 ", "Größe^Jörg".encode(), None),
        (b"\\ISO 2022 IR 87 ", b"Yamada^\x1b$B;3ED\x1b(Z^\x1b$\xff\xfe", None),
        (b"\xff\xfe\xfd\xfc", b"\x80\x81Miller", None),
        (b"utf-7 ", b"+AGE^\xff", None),
    ],
)
def test_wrong_character_sets_do_not_cost_the_file(written, character_set, name, expected):
    path = written(FRAME, PatientID="77", SpecificCharacterSet="ISO_IR 100", PatientName="X" * 40, Modality="US")
    content = path.read_bytes()
    content = content.replace(b"CS\x0a\0ISO_IR 100", b"CS\x0a\0" + character_set[:10].ljust(10))
    if len(character_set) > 10:
        content = content.replace(
            b"CS\x0a\0" + character_set[:10], b"CS" + len(character_set).to_bytes(2, "little") + character_set
        )
    content = content.replace(b"X" * 40, name.ljust(40))
    path.write_bytes(content)
    assert name in content
    found = header(path)
    assert found.identity.patient_id == "77"
    assert found.modality == "US"
    assert len(found.identity.names) == 1
    if expected:
        assert found.identity.names == (expected,)


def test_frame_times_of_every_kind(written):
    frames = np.zeros((5, 4, 4), dtype=np.uint8)
    assert header(written(frames, FrameTime="40")).rate_hz == pytest.approx(25)
    assert header(written(frames, FrameTimeVector=["0", "50", "50", "50", "50"])).rate_hz == pytest.approx(20)
    assert header(written(frames, FrameTimeVector="40")).rate_hz is None
    assert header(written(frames, CineRate="15")).rate_hz == pytest.approx(15)
    assert header(written(frames, FrameTime="0", RecommendedDisplayFrameRate="12")).rate_hz == pytest.approx(12)

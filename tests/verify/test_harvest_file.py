from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from sonosift.verify.archive_texts import archive_texts
from sonosift.verify.harvest_file import FILE_NAME, IDENTIFIERS, METADATA, PRIVATE, TABLE, harvest_file


def dicom(path: Path, depth: int = 0, *, implicit: bool = False) -> Path:
    dataset = Dataset()
    dataset.SOPInstanceUID, dataset.StudyInstanceUID = "2.25.111222333", "2.25.444555666"
    dataset.PatientName, dataset.PatientID = "Achterberg^Josefine", "MRN-55012"
    dataset.PatientBirthDate = "19470312"
    block = dataset.private_block(0x0011, "KESTREL", create=True)
    block.add_new(0x01, "LO", "Ward of Dr. Oldcastle")
    block.add_new(0x02, "UN", b"\x01\x02Valmont Clinic\x00")
    inner = Dataset()
    inner.ReferringPhysicianName = f"Depth{depth}^Doctor"
    for _ in range(depth):
        outer = Dataset()
        outer.RequestAttributesSequence = Sequence([inner])
        inner = outer
    dataset.update(inner)
    dataset.Rows = dataset.Columns = 8
    dataset.BitsAllocated = 8
    dataset.add_new(0x7FE00010, "OB", bytes(64))
    dataset.ImageComments = "after"
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta = meta
    dataset.save_as(path, enforce_file_format=False, implicit_vr=implicit, little_endian=True)
    return path


@pytest.mark.parametrize("depth", range(7))
@pytest.mark.parametrize("implicit", [False, True])
def test_every_depth_of_a_header(tmp_path: Path, depth: int, implicit: bool) -> None:
    found = harvest_file(dicom(tmp_path / "a", depth, implicit=implicit))
    assert ("ReferringPhysicianName", f"Depth{depth}^Doctor") in found
    assert ("PatientName", "Achterberg^Josefine") in found
    assert ("PatientBirthDate", "19470312") in found
    private = {text for kind, text in found if kind == PRIVATE}
    assert any("Oldcastle" in text for text in private)
    assert any("Valmont Clinic" in text for text in private)
    identifiers = [json.loads(text) for kind, text in found if kind == IDENTIFIERS]
    assert identifiers == [["MRN-55012", "", "2.25.444555666", "", "2.25.111222333", ""]]


def test_tables_stills_and_zip_files(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("file;patient\na.png;Josefine Achterberg\n")
    (tmp_path / "about.json").write_text('{"doctor": ["Oldcastle", 4]}')
    about = PngImagePlugin.PngInfo()
    about.add_text("Author", "Dr. Oldcastle")
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "still.png", pnginfo=about)
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as packed:
        packed.write(dicom(tmp_path / "b"), "ACHTERBERG/IM1")
    assert (TABLE, "Josefine Achterberg") in harvest_file(tmp_path / "list.csv")
    assert {(TABLE, "doctor"), (TABLE, "Oldcastle")} <= set(harvest_file(tmp_path / "about.json"))
    assert (METADATA, "Dr. Oldcastle") in harvest_file(tmp_path / "still.png")
    found = harvest_file(tmp_path / "export.zip")
    assert {(FILE_NAME, "ACHTERBERG/IM1"), ("PatientID", "MRN-55012")} <= set(found)


def test_a_file_that_kills_its_reader_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["1 Achterberg.dcm", "2 broken.dcm", "3.dcm"]
    dicom(tmp_path / names[0])
    (tmp_path / names[1]).write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 40)
    dicom(tmp_path / names[2])
    files = list(archive_texts(tmp_path, [*names, "4 gone.dcm"], workers=1))
    assert [file.path for file in files] == [*names, "4 gone.dcm"]
    assert files[3].texts is None
    for file in (files[0], files[2]):
        assert file.texts is not None
        assert ("PatientID", "MRN-55012") in file.texts
    assert files[0].texts is not None
    assert (FILE_NAME, names[0]) in files[0].texts

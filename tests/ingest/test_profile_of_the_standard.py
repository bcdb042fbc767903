"""An exported file against Table E.1-1 of PS3.15, as another project keeps it, and against a validator of IODs.

The source holds a secret in every element of the standard's dictionary (``planted_header.py``).
"""

import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as profile
from pydicom import dcmread
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from sonosift.archive.clip import ClipHeader
from sonosift.archive.open_clip import open_clip
from sonosift.ingest.dicom_export import DicomExport
from sonosift.ingest.dicom_export_header import ACTIONS, ClipNames
from sonosift.privacy.fan import Fan
from sonosift.privacy.pseudonyms import Pseudonyms
from tests.ingest.planted_header import planted, planted_file
from tests.ingest.test_dicom_export import HEADER, Marks, export, frames

BARE = ClipHeader(kind="dicom", height=40, width=60, frame_count=5, rate_hz=None)
CLEANED_BY_AN_OPTION = {
    "StudyDescription": "113105", "SeriesDate": "113107",
}  # fmt: skip
"""What the profile removes and an option that we implement keeps: the only ones."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The source, and what is exported of it."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "a.dcm").write_bytes(planted_file(planted()))
    clip = open_clip(folder / "a.dcm")
    whole = Fan(np.ones((40, 60), dtype=bool), (0, 0, 60, 40), 1.0)
    exporter = DicomExport(folder / "out", Pseudonyms(bytes(range(32))))
    names = ClipNames("aa" * 16, "bb" * 16, "cc" * 16)
    return dcmread(folder / "a.dcm"), dcmread(exporter.write(clip.header, names, clip.frames(1e6), whole, None))


def tags_of(*lists):
    return {tag for each in lists for tag in each if len(tag) == 2}


def test_the_table_is_the_whole_one():
    assert len(tags_of(profile.ALL_TAGS)) > 550
    assert {tag_for_keyword("PatientName"), tag_for_keyword("PatientID")} <= {
        group << 16 | element for group, element in tags_of(profile.ALL_TAGS)
    }


def test_what_the_profile_removes_is_gone_at_every_depth(files):
    _, exported = files
    removed = tags_of(profile.X_TAGS, profile.X_Z_TAGS, profile.X_D_TAGS, profile.X_Z_D_TAGS, profile.X_Z_U_STAR_TAGS)
    left = {element.keyword for element in exported.iterall() if (element.tag.group, element.tag.elem) in removed}
    claimed = {item.CodeValue for item in exported.DeidentificationMethodCodeSequence}
    assert {CLEANED_BY_AN_OPTION.get(keyword) for keyword in left} <= claimed
    # The same of what no exported file of any source may hold.
    named = {keyword_for_tag(group << 16 | element) for group, element in removed} & set(ACTIONS)
    assert {keyword for keyword in named if ACTIONS[keyword].code == "C"} == set(CLEANED_BY_AN_OPTION)
    assert {ACTIONS[keyword].code for keyword in named} <= {"C", "S"}


def test_what_it_empties_or_replaces_holds_nothing_of_the_source(files):
    source, exported = files
    others = tags_of(profile.D_TAGS, profile.Z_TAGS, profile.U_TAGS, profile.Z_D_TAGS)
    seen = 0
    for element in exported.iterall():
        if (element.tag.group, element.tag.elem) in others:
            seen += 1
            assert element.is_empty or str(element.value) != str(source[element.tag].value), element.keyword
    assert seen >= 12


def test_every_unique_identifier_is_new(files):
    source, exported = files
    old = {str(element.value) for element in source.iterall() if element.VR == "UI"}
    kept = {str(element.value) for element in exported.iterall() if element.VR == "UI"} & old
    assert kept <= {"1.2.840.10008.5.1.4.1.1.3.1"}  # the class of the object, which names nobody


def errors_in(path):
    said = subprocess.run(["dciodvfy", "-new", str(path)], capture_output=True, text=True, check=False).stderr
    assert "USImage" in said or "USMultiFrameImage" in said
    return [line for line in said.splitlines() if line.startswith("Error")]


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy: apt-get install dicom3tools")
@pytest.mark.parametrize("kind", ["dicom", "video", "still"])
@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("colour", [(), (0,)], ids=["grey", "colour"])
@pytest.mark.parametrize("header", [HEADER, replace(HEADER, body_part="kidney"), BARE], ids=["liver", "kidney", "bare"])
def test_a_validator_of_the_standard_finds_no_error(tmp_path, kind, count, colour, header):
    path, dataset = export(tmp_path, replace(header, kind=kind), clip=frames(count, colour=colour), overlay=Marks())
    assert errors_in(path) == []
    del dataset.StudyInstanceUID
    dataset.save_as(path)
    assert len(errors_in(path)) == 1

"""Default deny: whatever stands in whichever element, it comes out nowhere."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from pydicom import dcmread

from sonosift.archive.open_clip import open_clip
from sonosift.ingest.dicom_export import DicomExport
from sonosift.ingest.dicom_export_header import ACTIONS, ClipNames
from sonosift.privacy.fan import Fan
from sonosift.privacy.header_allow_list import clean_facts
from sonosift.privacy.pseudonyms import Pseudonyms
from tests.ingest.planted_header import SECRET_DAY, SECRET_NAME, planted, planted_file

KEY = bytes(range(32))
NAMES = ClipNames("aa" * 16, "bb" * 16, "cc" * 16)


class Nothing:
    def clean(self, position, crop):
        return crop


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    hidden = planted()
    path = tmp_path_factory.mktemp("planted") / "a.dcm"
    path.write_bytes(planted_file(hidden))
    return hidden, path


@pytest.fixture(scope="module")
def exported(source, tmp_path_factory):
    clip = open_clip(source[1])
    whole = Fan(np.ones((40, 60), dtype=bool), (0, 0, 60, 40), 1.0)
    exporter = DicomExport(tmp_path_factory.mktemp("out"), Pseudonyms(KEY))
    return exporter.write(clip.header, NAMES, clip.frames(1e6), whole, Nothing())


def _secrets_in(text, hidden):
    forms = {SECRET_NAME, SECRET_DAY, "1937-02-14", "1937.02.14"}
    return sorted(secret for secret in hidden.texts | forms if secret.casefold() in text.casefold())


def test_the_source_is_full_of_secrets(source):
    hidden, path = source
    data = path.read_bytes()
    found = sum(text.encode() in data for text in hidden.texts)
    assert found > 4000
    representations = "PN LO SH UC UT LT ST CS AE UI IS DS DA DT TM AS OB OW UN UL FD FL SQ UR SL"
    assert hidden.vrs >= set(representations.split())
    name, deepest = dcmread(path), 0
    item = name.RequestAttributesSequence[0]
    while item is not None:
        deepest += 1
        item = item.ReferencedStudySequence[0] if "ReferencedStudySequence" in item else None
    assert deepest == 6


def test_no_secret_in_the_facts(source):
    hidden, path = source
    facts = clean_facts(open_clip(path).header)
    assert _secrets_in(json.dumps(asdict(facts)), hidden) == []
    assert (facts.manufacturer, facts.model, facts.transducer, facts.study_groups, facts.body_part) == (
        None, None, None, [], None,
    )  # fmt: skip
    assert facts.mm_per_pixel == pytest.approx(0.5)


def test_no_secret_in_what_any_object_prints(source):
    hidden, path = source
    clip = open_clip(path)
    frame = next(iter(clip.frames(1e6)))
    for thing in (clip, clip.header, clip.header.identity, clip.header.regions, frame, clean_facts(clip.header)):
        assert _secrets_in(repr(thing) + str(thing), hidden) == []


def test_no_secret_in_the_exported_file(source, exported):
    hidden, path = source
    data = exported.read_bytes()
    lowered = data.lower()
    assert [text for text in hidden.texts if text.lower().encode() in lowered] == []
    assert [raw for raw in hidden.raw if raw in data] == []
    assert SECRET_NAME.lower().encode() not in lowered
    dataset = dcmread(exported)
    assert (dataset.pixel_array == dcmread(path).pixel_array).all()
    assert _secrets_in(str(dataset) + str(dataset.file_meta), hidden) == []


def test_the_exported_file_holds_the_declared_elements_only(exported):
    dataset = dcmread(exported)
    assert {element.keyword for element in dataset} <= set(ACTIONS)
    nested = {element.keyword for element in dataset.iterall()} - set(ACTIONS)
    assert nested <= {"CodeValue", "CodingSchemeDesignator", "CodeMeaning", "TransducerFrequency"} | {
        keyword for keyword in nested if keyword.startswith(("Region", "Physical", "ReferencePixel"))
    }
    assert "IconImageSequence" not in dataset
    assert not any(element.tag.is_private for element in dataset.iterall())

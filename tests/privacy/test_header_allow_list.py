from dataclasses import replace

import pytest

from sonosift.archive.clip import ClipHeader, Identity
from sonosift.privacy.header_allow_list import clean_facts

HEADER = ClipHeader(
    kind="dicom", height=10, width=10, frame_count=1, rate_hz=None, manufacturer="GE", model="LOGIQ E9",
    identity=Identity(patient_id="AB12345", names=("Miller^Anna", "St. Mary Hospital")),
)  # fmt: skip


def test_a_product_name_passes():
    assert clean_facts(HEADER).machine == "GE LOGIQ E9"


@pytest.mark.parametrize(
    "model",
    ["LOGIQ of Miller", "AB12345", "sn 4711232", "2021-03-04", "mary's machine", "model\nPatient: X", "", "x" * 60],
)
def test_a_model_that_could_identify_is_dropped(model):
    assert clean_facts(replace(HEADER, model=model)).machine == "GE"


def test_free_text_leaves_only_as_groups():
    facts = clean_facts(replace(HEADER, study_description="US BIOPSY LIVER FOCAL", transducers=("C5-1", "Anna Miller")))
    assert facts.study_groups == ["liver", "abdomen"]
    assert facts.transducer == "curvilinear"
    assert "Anna" not in repr(clean_facts(replace(HEADER, study_description="Anna Miller liver")))


def test_identity_is_not_in_the_printed_header():
    assert "Miller" not in repr(HEADER)
    assert "AB12345" not in repr(HEADER)


def test_body_parts_pass_as_terms_and_series_descriptions_in_no_form():
    facts = clean_facts(replace(HEADER, body_part=" kidney ", series_description="LIVER"))
    assert facts.body_part == "KIDNEY"
    assert "LIVER" not in repr(facts)
    assert clean_facts(replace(HEADER, body_part="Anna's kidney")).body_part is None


def test_maker_and_model_are_weighed_one_by_one():
    facts = clean_facts(replace(HEADER, manufacturer="Miller & Sons", model="LOGIQ E9"))
    assert (facts.manufacturer, facts.model, facts.machine) == (None, "LOGIQ E9", "LOGIQ E9")
    assert clean_facts(replace(HEADER, manufacturer=None, model=None)).machine is None

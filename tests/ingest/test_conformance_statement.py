"""The conformance statement in the docs says what the code does."""

import re
from pathlib import Path

import pytest
from pydicom.datadict import dictionary_description, dictionary_VR, tag_for_keyword

from sonosift.archive.dicom_header import KEYWORDS
from sonosift.ingest.dicom_export_header import ACTIONS, CODES

STATEMENT = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text(encoding="utf-8")


def _section(title):
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", STATEMENT, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def _table(title):
    rows = [line for line in _section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def _tag(keyword):
    tag = tag_for_keyword(keyword)
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def test_the_table_of_attributes_is_that_of_the_code_in_the_order_of_tags():
    expected = [
        [dictionary_description(tag), _tag(keyword), dictionary_VR(tag), action.code, action.words]
        for keyword, action in sorted(ACTIONS.items(), key=lambda item: tag_for_keyword(item[0]))
        for tag in [tag_for_keyword(keyword)]
    ]
    assert _table("Attributes of an exported file") == expected


def test_the_options_claimed_are_those_that_the_files_claim():
    claimed = {row[0]: row[1] for row in _table("Profile and options") if row[2] == "yes"}
    assert claimed == CODES
    assert {row[0] for row in _table("Profile and options")} == {str(code) for code in range(113100, 113113)}


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_every_element_that_is_read_is_listed(keyword):
    assert f"`{keyword}`" in _section("Elements that are read")


def test_no_element_is_listed_that_is_not_read():
    listed = set(re.findall(r"`(\w+)`", _section("Elements that are read")))
    assert listed == set(KEYWORDS)

from collections import Counter

import pytest

from sonosift.errors import SonosiftError
from sonosift.labels.study_descriptions import STUDY_GROUPS, group_order, normalised, study_description_table

# Counted by hand in the paper's appendix.
PAPER_COUNTS = {
    "drainage": 25, "abdomen": 23, "soft tissue": 13, "nodule": 10, "chest": 7, "kidney": 6, "liver": 5, "thyroid": 2,
}  # fmt: skip


def _counts(table):
    return Counter(group for groups in table.values() for group in groups)


def test_the_paper_has_44_descriptions_with_these_group_counts():
    table = study_description_table("paper")
    assert len(table) == 44
    assert _counts(table) == PAPER_COUNTS


def test_the_corrected_table_differs_in_two_rows_only():
    paper, corrected = study_description_table("paper"), study_description_table("corrected")
    differing = {name: (paper[name], corrected[name]) for name in paper if paper[name] != corrected[name]}
    assert differing == {
        "US BIOPSY KIDNEY FOCAL (LEFT)": ({"liver", "abdomen"}, {"kidney", "abdomen"}),
        "US DRAINAGE KIDNEY/PARARENAL (LEFT)": ({"kidney", "abdomen"}, {"kidney", "abdomen", "drainage"}),
    }


def test_every_group_is_one_of_the_eight():
    for variant in ("paper", "corrected"):
        assert set(_counts(study_description_table(variant))) == set(STUDY_GROUPS)


@pytest.mark.parametrize("disguise", [str.lower, str.title, lambda text: f"  {text.replace(' ', '   ')}\n"])
def test_case_and_blanks_do_not_matter(disguise):
    for name in study_description_table():
        assert normalised(disguise(name)) == name


def test_a_table_of_ones_own(tmp_path):
    file = tmp_path / "ours.csv"
    file.write_text('\ufeff# ours\nstudy_description,groups\n\nSono  Abdomen,abdomen\n"Leber, Punktion",liver|biopsy\n')
    table = study_description_table(file)
    assert dict(table) == {"SONO ABDOMEN": {"abdomen"}, "LEBER, PUNKTION": {"liver", "biopsy"}}
    assert group_order(table) == ("liver", "abdomen", "biopsy")
    assert study_description_table(str(file)) == table


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "its first line is nothing"),
        ("text,groups\nUS,liver\n", "its first line is text,groups"),
        ("study_description,groups\n", "holds no table"),
        ("study_description,groups\nUS\n", "line 2: 1 columns"),
        ("study_description,groups\n# c\n ,liver\n", "line 3: no study description"),
        ("study_description,groups\nUS,\n", "line 2: '' is no name"),
        ("study_description,groups\nUS,liver|a/b\n", "line 2: 'a/b' is no name"),
        ("study_description,groups\nUS,liver\nus ,kidney\n", "line 3: 'US' stands there twice"),
    ],
)
def test_a_mistake_in_a_table_is_named_with_its_line(tmp_path, content, message):
    file = tmp_path / "ours.csv"
    file.write_text(content)
    with pytest.raises(SonosiftError) as error:
        study_description_table(file)
    assert message in error.value.message


def test_a_table_that_is_not_there():
    with pytest.raises(SonosiftError, match="cannot be read") as error:
        study_description_table("corected")
    assert "'corrected'" in error.value.hint

from collections import Counter

import pytest

from sonosift.labels.study_descriptions import STUDY_GROUPS, normalised, study_description_table

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

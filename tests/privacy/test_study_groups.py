import pytest

from sonosift.labels.study_descriptions import study_description_table
from sonosift.privacy.study_groups import mapped_study_groups, mapped_transducer


def test_every_row_of_the_table_is_found_in_a_fixed_order():
    for description, groups in study_description_table().items():
        mapped = mapped_study_groups(description.lower())
        assert set(mapped) == groups
        assert mapped == mapped_study_groups(f" {description} ")


@pytest.mark.parametrize("text", [None, "", "US ABDOMEN COMPLETE", "Mrs Jones, follow-up"])
def test_unknown_descriptions_have_no_groups(text):
    assert mapped_study_groups(text) == []


def test_the_corrected_variant_mends_the_left_kidney():
    assert mapped_study_groups("US BIOPSY KIDNEY FOCAL (LEFT)") == ["liver", "abdomen"]
    assert mapped_study_groups("US BIOPSY KIDNEY FOCAL (LEFT)", "corrected") == ["kidney", "abdomen"]


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["SL10-2"], "linear"),
        (["SL15-4"], "linear"),
        (["SC6-1"], "curvilinear"),
        (["C5-1", "UNUSED", "UNUSED"], "curvilinear"),
        (["S5_1", "55360"], "phased"),
        (["9L-D"], "linear"),
        (["4C-RS"], "curvilinear"),
        (["9L4"], "linear"),
        (["UNUSED", "L12-5"], "linear"),
        (["SECTOR_PHASED"], "phased"),
        (["50.80.103.002"], None),
        (["Smith^John"], None),
        (["L. Smith"], None),
        (["C4 Smith^John 1970"], None),
        ([], None),
    ],
)
def test_probes_by_their_names(names, kind):
    assert mapped_transducer(names) == kind


def test_ones_own_table_decides_and_orders(tmp_path):
    file = tmp_path / "ours.csv"
    file.write_text("study_description,groups\nSono Leber,biopsy|abdomen|liver\n")
    assert mapped_study_groups("SONO  leber", str(file)) == ["liver", "abdomen", "biopsy"]
    assert mapped_study_groups("US BIOPSY LIVER FOCAL", str(file)) == []

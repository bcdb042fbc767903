import polars as pl
import pytest

from sonosift.commands.label import label
from sonosift.errors import SonosiftError
from tests.commands.bars_cohort import make_bars_cohort


@pytest.fixture
def cohort(tmp_path):
    made, truth = make_bars_cohort(tmp_path / "cohort", patients=3, frames_per_exam=4, labelled=False)
    return made, truth


def write_table(path, truth, names=("upright", "level")):
    rows = [{"frame_id": frame_id} | {name: int(name in found) for name in names} for frame_id, found in truth.items()]
    pl.DataFrame(rows).write_csv(path)
    return path


def test_labels_of_a_table_come_back_and_the_exclusive_name_is_filled_in(cohort, tmp_path):
    made, truth = cohort
    summary = label(made.path, write_table(tmp_path / "labels.csv", truth))
    assert (summary.labelled, summary.unchanged, summary.unknown) == (len(truth), 0, 0)
    matrix, known = made.annotations.label_matrix(list(truth))
    assert known.all()
    assert [set(made.settings.label_space.decode(row)) for row in matrix] == [set(names) for names in truth.values()]


def test_the_same_table_again_adds_nothing_and_a_correction_adds_one_row(cohort, tmp_path):
    made, truth = cohort
    label(made.path, write_table(tmp_path / "labels.csv", truth))
    assert label(made.path, tmp_path / "labels.csv").labelled == 0
    assert len(made.annotations) == len(truth)
    first = next(iter(truth))
    corrected = truth | {first: {"upright", "level"} if truth[first] != {"upright", "level"} else {"level"}}
    assert label(made.path, write_table(tmp_path / "again.csv", corrected)).labelled == 1
    assert len(made.annotations) == len(truth) + 1, "a correction is a new row; the old one stays"


def test_frames_that_the_cohort_does_not_hold_are_counted(cohort, tmp_path):
    made, truth = cohort
    table = write_table(tmp_path / "labels.csv", truth | {"f" * 32: {"level"}})
    assert label(made.path, table).unknown == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "a column file"),
        ("frame_id,upright\nx,1\n", "no column level"),
        ("frame_id,upright,level\nx,1,2\n", "row 1: a label is neither 0 nor 1"),
        ("frame_id,upright,level\nx,1,\n", "neither 0 nor 1"),
        ("frame_id,upright,level\nx,1,yes\n", "neither 0 nor 1"),
        ("", "cannot be read as CSV"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_and_nothing_is_kept(cohort, tmp_path, text, message):
    made, _ = cohort
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(SonosiftError, match=message):
        label(made.path, tmp_path / "labels.csv")
    assert len(made.annotations) == 0


def test_contradictory_other_is_refused(cohort, tmp_path):
    made, truth = cohort
    pl.DataFrame({"frame_id": [next(iter(truth))], "upright": [1], "level": [0], "none": [1]}).write_csv(
        tmp_path / "labels.csv"
    )
    with pytest.raises(SonosiftError, match="none"):
        label(made.path, tmp_path / "labels.csv")
    assert len(made.annotations) == 0


def test_a_missing_table_is_named(cohort, tmp_path):
    with pytest.raises(SonosiftError, match=r"no table of labels at .*nowhere\.csv"):
        label(cohort[0].path, tmp_path / "nowhere.csv")

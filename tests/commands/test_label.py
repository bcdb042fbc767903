import polars as pl
import pytest

from sonosift.commands.label import label
from sonosift.errors import SonosiftError
from sonosift.evaluate.cohort_frames import cohort_frames
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


def test_weak_labels_are_kept_under_their_name_and_judge_nobody(cohort, tmp_path):
    made, truth = cohort
    table = write_table(tmp_path / "labels.csv", truth)
    summary = label(made.path, table, source="weak", author="rules")
    assert summary.labelled == len(truth)
    assert set(made.annotations.history().select("author", "source").rows()) == {("rules", "weak")}
    assert cohort_frames(made).all_labelled().frame_ids == []
    assert label(made.path, table, source="weak", author="rules").labelled == 0
    first = next(iter(truth))
    other = {"level"} if truth[first] != {"level"} else {"upright"}
    label(made.path, write_table(tmp_path / "expert.csv", {first: other}), author="rules")
    row = made.annotations.label_matrix([first]).matrix[0]
    assert set(made.settings.label_space.decode(row)) == other, "what a person says outranks it"
    with pytest.raises(SonosiftError, match="need the name of what gave them"):
        label(made.path, table, source="weak")
    with pytest.raises(SonosiftError, match="Did you mean 'weak'"):
        label(made.path, table, source="week")


def test_a_row_that_contradicts_itself_is_named(cohort, tmp_path):
    made, truth = cohort
    ids = list(truth)
    table = tmp_path / "labels.csv"
    table.write_text(f"frame_id,upright,level,none\nelsewhere,1,0,0\n{ids[1]},0,1,0\n{ids[0]},1,0,1\n")
    with pytest.raises(SonosiftError, match=r"(?s)row 3 cannot be: upright, none .1 rows.*Give 'none' alone"):
        label(made.path, table)
    table.write_text("frame_id,upright,level\n")
    with pytest.raises(SonosiftError, match="it has no row"):
        label(made.path, table)
    table.write_text("file,index_in_clip,upright,level\na.dcm,first,1,0\n")
    with pytest.raises(SonosiftError, match="row 1 of the table has no index_in_clip"):
        label(made.path, table)
    assert len(made.annotations) == 0

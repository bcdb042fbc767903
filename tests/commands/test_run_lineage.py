import polars as pl
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.commands.evaluate import evaluate
from sonosift.errors import SonosiftError
from sonosift.evaluate.run_lineage import already_met, ancestors, split_of


@pytest.fixture
def cohort(judged_cohort) -> Cohort:
    """A second split beside the usual one, with other patients in its test part."""
    judged_cohort.splits.make({"train": 0.5, "validation": 0.25, "test": 0.25}, name="other", seed=7)
    return judged_cohort


def _trained(cohort: Cohort, name: str, split: str, **config):
    run = cohort.runs.create(name, {"method": "supervised", "split": split, "part": "train"} | config)
    table = cohort.path / "runs/train/predictions.parquet"
    (run.path / "predictions.parquet").write_bytes(table.read_bytes())
    return run


def _told(cohort: Cohort, run, split: str) -> None:
    ids = cohort.splits.get(split).frame_ids("train")
    pl.DataFrame({"frame_id": ids}).write_parquet(run.path / "training_frames.parquet")


def test_without_being_asked_a_run_is_judged_by_the_split_that_it_learnt_by(cohort):
    run = _trained(cohort, "by-other", "other")
    child = cohort.runs.create("child", {"method": "kmeans", "from_run": "by-other"})
    assert [one.name for one in ancestors(cohort, child)] == ["by-other"]
    assert split_of(cohort, run, None) == split_of(cohort, child, None) == "other"
    assert split_of(cohort, run, "default") == "default"
    assert split_of(cohort, cohort.runs.get("pretrain"), None) == "default"
    assert evaluate(cohort.path, run="by-other", draws=20).split == "other"


def test_patients_met_are_counted_by_hand(cohort):
    run = _trained(cohort, "by-other", "other")
    _told(cohort, run, "other")
    judges = cohort.splits.get().frame_ids("test")
    learnt = set(cohort.splits.get("other").catalog("train")["patient"])
    both = learnt & set(cohort.splits.get().catalog("test")["patient"])
    assert both
    assert already_met(cohort, [run], judges) == [("by-other", len(both), True), ("by-other", len(both), False)]
    assert already_met(cohort, [run], cohort.splits.get("other").frame_ids("test")) == []


def test_labels_of_the_judges_make_no_result(cohort):
    run = _trained(cohort, "by-other", "other")
    _told(cohort, run, "other")
    with pytest.raises(
        SonosiftError, match=r"learnt with the labels of .* patients of the test part of split 'default'"
    ):
        evaluate(cohort.path, run="by-other", split="default", draws=20)
    # Neither does a run that began with it.
    _told(cohort, _trained(cohort, "later", "default", init="by-other"), "default")
    with pytest.raises(SonosiftError, match="by-other"):
        evaluate(cohort.path, run="later", draws=20)


def test_pictures_of_the_judges_are_told_of(cohort):
    _trained(cohort, "seen", "other")
    notes = evaluate(cohort.path, run="seen", split="default", draws=20).notes
    assert any("seen learnt from frames of these patients, without their labels" in note for note in notes)
    assert not any("without their labels" in note for note in evaluate(cohort.path, run="seen", draws=20).notes)

"""FUSC's check of cleaning as a command, on a cohort of bars whose uncleaned frames carry a mark for one label."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from sonosift.cohort.uncleaned import Uncleaned, UncleanedFrame, uncleaned_path_of
from sonosift.commands.explain import explain
from sonosift.commands.train import train
from sonosift.errors import SonosiftError

_spec = importlib.util.spec_from_file_location("bars_cohort", Path(__file__).with_name("bars_cohort.py"))
bars_cohort = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bars_cohort)


@pytest.fixture
def cohort(tmp_path):
    made, truth = bars_cohort.make_bars_cohort(tmp_path / "cohort", patients=12)
    made.splits.make({"train": 0.5, "validation": 0.25, "test": 0.25}, seed=0)
    store = Uncleaned(uncleaned_path_of(made.private_path))
    for row in made.catalog().iter_rows(named=True):
        picture = made.frames.read([row["frame_id"]])[0].copy()
        painted = np.zeros_like(picture)
        if "level" in truth[row["frame_id"]]:
            picture[8:14, 10:38] = painted[8:14, 10:38] = 255
        store.write(row["clip"], [UncleanedFrame(picture, painted)], 1, picture.shape)
    return made


def test_both_networks_are_measured_and_the_control_stays_private(cohort):
    settings = {"backbone": "test_resnet", "exams_per_batch": 6}
    train(cohort.path, run="net", steps=12, image_size=32, settings=settings)
    found = explain(cohort.path, run="net", per_label=2, text=True)
    asked = [(row.network, row.pictures) for row in found.text]
    assert asked == [(a, b) for a in ("cleaned", "uncleaned") for b in ("cleaned", "uncleaned")]
    for row in found.text:
        # 6 x 28 of 42 x 42 pixels lie under the mark; scaling smears its edges.
        assert row.area == pytest.approx(6 * 28 / 42**2, rel=0.1)
        assert row.attention_low <= row.attention <= row.attention_high
        assert row.excess == pytest.approx(row.attention - row.area)
        assert row.frames + row.without_text + row.without_attention == len(cohort.splits.get().frame_ids("test"))
    assert json.loads((cohort.path / "runs/net/explain/text.json").read_text())[0]["network"] == "cleaned"
    assert Path(found.control_sheet).is_relative_to(cohort.private_path)
    assert Path(found.text_sheet).is_relative_to(cohort.path)
    assert "IDENTIFYING" in found.describe()
    assert cohort.runs.names() == ["net"]
    control = cohort.private_path / "uncleaned-cohort" / "runs" / "net-with-text" / "run.yaml"
    ours, theirs = (
        {line for line in path.read_text().splitlines() if not line.startswith(("name", "created_at", "data_"))}
        for path in (cohort.path / "runs/net/run.yaml", control)
    )
    assert ours == theirs  # identical settings


def test_without_uncleaned_frames_the_next_step_is_told(tmp_path, cohort):
    train(cohort.path, run="net", steps=1, image_size=32, settings={"backbone": "test_resnet"})
    store = Uncleaned(uncleaned_path_of(cohort.private_path))
    store.remove(store.clips())
    with pytest.raises(SonosiftError, match=r"(?s)no uncleaned frames.*--keep-uncleaned"):
        explain(cohort.path, run="net", text=True)

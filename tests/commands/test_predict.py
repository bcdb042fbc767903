import importlib.util
import json
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from sonosift.cohort.cohort import Cohort
from sonosift.commands.explain import explain
from sonosift.commands.ingest import ingest
from sonosift.commands.predict import predict
from sonosift.commands.pretrain import pretrain
from sonosift.commands.train import train
from sonosift.errors import SonosiftError
from sonosift.training.cohort_frames import load_canvas
from sonosift.training.finished_run import load_method
from sonosift.training.predict import predict as through_the_network
from sonosift.training.predict import sigmoid

_spec = importlib.util.spec_from_file_location("bars_cohort", Path(__file__).with_name("bars_cohort.py"))
bars_cohort = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bars_cohort)
LABELS = list(bars_cohort.BARS.names)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    made, _ = bars_cohort.make_bars_cohort(tmp_path_factory.mktemp("bars") / "cohort")
    made.splits.make(seed=0)
    train(made.path, run="net", epochs=2, image_size=32, settings={"backbone": "test_resnet"})
    pretrain(made.path, run="pre", steps=2, image_size=32, settings={"backbone": "test_resnet", "clusters": 4})
    return made


@pytest.fixture
def archive(tmp_path):
    """Two fans, a screen without one, a text file and a broken picture."""
    y, x = np.mgrid[0:150, 0:200]
    inside = (np.hypot(x - 100, y) > 20) & (np.hypot(x - 100, y) < 140) & (abs(np.arctan2(x - 100, y)) < 0.6)
    folder = tmp_path / "archive"
    folder.mkdir()
    for seed, name in enumerate(("DOE_JANE.png", "b.png")):
        speckle = np.clip(np.random.default_rng(seed).rayleigh(60, (150, 200)), 15, 255)
        Image.fromarray(np.where(inside, speckle, 0).astype(np.uint8)).save(folder / name)
    Image.fromarray(np.full((150, 200), 90, np.uint8)).save(folder / "no_fan.png")
    (folder / "notes.txt").write_text("hello")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n1234")
    return folder


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_answers_are_those_of_an_ingest_and_nothing_is_kept(trained, archive, temporary, tmp_path):
    out = tmp_path / "answers.csv"
    summary = predict(trained.path / "runs/net", archive, out=out, workers=1)
    table = pl.read_csv(out)
    assert table["identifying_file"].to_list() == ["DOE_JANE.png", "b.png", "broken.png", "no_fan.png", "notes.txt"]
    assert table["state"].to_list() == ["answered", "answered", "refused", "held_back", "refused"]
    unanswered = table.filter(pl.col("state") != "answered")
    for column in [f"p_{label}" for label in LABELS] + ["decided", "out_of_distribution", "distance"]:
        assert unanswered[column].null_count() == 3
    assert (summary.frames, summary.held_back, summary.files) == (2, 1, 5)
    assert summary.frames_per_second > 0
    assert "IDENTIFYING" in summary.describe()
    assert list(temporary.iterdir()) == []
    assert out.stat().st_mode & 0o777 == 0o600

    ingest(archive, tmp_path / "cohort", size=bars_cohort.SIDE, workers=1)
    cohort = Cohort.open(tmp_path / "cohort")
    ids = [cohort.frame_ids_of(name)[0] for name in ("DOE_JANE.png", "b.png")]
    run = trained.runs.get("net")
    found = through_the_network(load_method(run), load_canvas(cohort, ids, 32), "32-true")
    raw, thresholds = sigmoid(found.logits), run.summary()["thresholds"]
    rows = table.filter(pl.col("state") == "answered")
    stated = sigmoid(found.logits / np.float32(run.summary()["temperature"]))
    assert rows.select(f"p_{label}" for label in LABELS).to_numpy() == pytest.approx(stated, abs=0.01)
    for row, scores in zip(rows["decided"].to_list(), raw, strict=True):
        expected = [label for label, score in zip(LABELS, scores, strict=True) if score >= thresholds[label]]
        assert row == "+".join(expected)


def test_json_and_parquet_say_the_same_and_are_marked(trained, archive, temporary, tmp_path):
    for kind in ("json", "parquet"):
        predict(trained.path / "runs/net", archive / "b.png", out=tmp_path / f"a.{kind}", workers=1)
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["identifying"] is True
    assert content["run"] == "net"
    assert (
        pl.DataFrame(content["rows"])
        .select("p_upright")
        .equals(pl.read_parquet(tmp_path / "a.parquet", columns=["p_upright"]))
    )
    assert pl.read_parquet_metadata(tmp_path / "a.parquet")["identifying"] == "true"


def test_noise_is_flagged_where_bars_were_learnt(trained, archive, temporary, tmp_path):
    summary = predict(trained.path / "runs/net", archive, out=tmp_path / "a.csv", false_alarms=0.1, workers=1)
    assert summary.out_of_distribution == 2
    rare = predict(trained.path / "runs/net", archive, out=tmp_path / "a.csv", false_alarms=0.001, workers=1)
    assert rare.out_of_distribution == 0
    assert "too few" in rare.notes[0]


def test_a_temperature_changes_what_is_shown_and_not_what_is_decided(trained, archive, temporary, tmp_path):
    run = trained.runs.get("net")
    before = run.summary()
    run.finish(**before | {"temperature": 1.0})
    predict(run.path, archive, out=tmp_path / "a.csv", workers=1)
    run.finish(**before | {"temperature": 4.0})
    predict(run.path, archive, out=tmp_path / "b.csv", workers=1)
    run.finish(**before)
    plain, timid = pl.read_csv(tmp_path / "a.csv"), pl.read_csv(tmp_path / "b.csv")
    assert plain["decided"].equals(timid["decided"], null_equal=True)
    logits = np.log(plain["p_upright"][:2] / (1 - plain["p_upright"][:2]))
    assert (1 / (1 + np.exp(-logits / 4))).to_numpy() == pytest.approx(timid["p_upright"][:2].to_numpy(), abs=2e-3)


def test_overlays_are_drawn_for_answered_frames_alone(trained, archive, temporary, tmp_path):
    predict(trained.path / "runs/net", archive, out=tmp_path / "a.csv", overlays=tmp_path / "seen", workers=1)
    table = pl.read_csv(tmp_path / "a.csv").filter(pl.col("state") == "answered")
    assert sorted(path.name for path in (tmp_path / "seen").iterdir()) == sorted(table["overlay"])
    for row in table.to_dicts():
        picture = np.asarray(Image.open(tmp_path / "seen" / row["overlay"]))
        assert picture.shape == (32, 32, 3)
        likeliest = max(LABELS, key=lambda label: row[f"p_{label}"])
        assert row["overlay"].endswith(f"_{likeliest}.png")


def test_sheets_show_the_surest_frames_and_count_the_right_ones(trained):
    summary = explain(trained.path, run="net", per_label=4)
    clips = trained.splits.get().catalog("test")["clip"].n_unique()
    shown = min(4, clips)
    assert summary.frames == dict.fromkeys(LABELS, shown)
    assert summary.judged == summary.frames
    for label, file in summary.sheets.items():
        assert np.asarray(Image.open(file)).shape == (192 if shown <= 3 else 192 + 4 + 192, 3 * 384 + 2 * 4, 3)
        assert 0 <= summary.right[label] <= shown
    for call, match in (
        (lambda: explain(trained.path, run="pre"), "answers no label"),
        (lambda: explain(trained.path, run="net", part="tset"), "holds no frame"),
        (lambda: explain(trained.path, run="net", per_label=0), "per_label"),
    ):
        with pytest.raises(SonosiftError, match=match):
            call()


def test_mistakes_are_told_in_words(trained, archive, temporary, tmp_path):
    out = tmp_path / "a.csv"
    for call, match in (
        (lambda: predict(trained.path / "runs/nett", archive, out=out), "unknown run 'nett'"),
        (lambda: predict(trained.path, archive, out=out), "not the folder of a run"),
        (lambda: predict(trained.path / "runs/pre", archive, out=out), "answers no label"),
        (lambda: predict(trained.path / "runs/net", tmp_path / "nothing", out=out), "does not exist"),
        (lambda: predict(trained.path / "runs/net", archive, out=tmp_path / "a.txt"), "names no format"),
        (lambda: predict(trained.path / "runs/net", archive, out=tmp_path / "no/a.csv"), "no folder"),
        (lambda: predict(trained.path / "runs/net", archive, out=out, false_alarms=1.5), "false_alarms"),
    ):
        with pytest.raises(SonosiftError, match=match):
            call()
    assert list(temporary.iterdir()) == []

import os
import re
import shutil
import subprocess

import pytest

from sonosift.cohort.annotations import Annotation
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.sources import Source
from sonosift.commands.evaluate import evaluate
from sonosift.commands.report import report
from sonosift.errors import SonosiftError


def test_a_cohort_with_runs_becomes_one_page(judged_cohort):
    evaluate(judged_cohort.path, run="train", draws=50)
    summary = report(judged_cohort.path)
    page = (judged_cohort.path / "report.html").read_text(encoding="utf-8")
    assert summary.report == str(judged_cohort.path / "report.html")
    assert summary.runs == ["pretrain", "cluster", "train"]
    assert summary.groups == 4
    assert summary.megabytes == pytest.approx(len(page) / 1e6, abs=0.01)
    assert any("weighted F1" in finding for finding in summary.findings)
    for words in (
        "Group 0 ·",
        "liver + kidney",
        "Kestrel 7",
        "truncated",
        "Groups in use",
        "data fingerprint",
        "map-data",
    ):
        assert words in page, words


def test_a_group_bears_the_name_that_a_person_gave_it(judged_cohort):
    report(judged_cohort.path)
    before = (judged_cohort.path / "report.html").read_text(encoding="utf-8")
    word = Annotation(target_kind="group", target_id="cluster/0", names=("spleen",), author="a", source="expert")
    judged_cohort.annotations.add_many([word])
    report(judged_cohort.path)
    page = (judged_cohort.path / "report.html").read_text(encoding="utf-8")
    assert "Group 0 ·</span> spleen</h3>" in page
    assert "Group 0 ·</span> spleen</h3>" not in before
    assert page.count("named by a person;") == 1
    assert "named by a person;" not in before


def test_groups_are_named_by_the_validation_part_of_the_split_that_the_run_learnt_by(judged_cohort):
    judged_cohort.splits.make({"train": 0.4, "validation": 0.3, "test": 0.3}, seed=5, name="other")
    config = {"command": "cluster", "method": "kmeans", "from_run": None, "split": "other", "clusters": 4}
    run = judged_cohort.runs.create("by-other", config)
    old = judged_cohort.runs.get("cluster").path / "groups.parquet"
    shutil.copy(old, run.path / "groups.parquet")
    pages = {}
    for split in (None, "other", "default"):
        out = judged_cohort.path / f"{split}.html"
        report(judged_cohort.path, runs=["by-other"], out=out, split=split)
        pages[split] = re.findall(r"named by [\d\s\u202f]+ labelled \w+ frames", out.read_text(encoding="utf-8"))
    assert pages[None] == pages["other"] != pages["default"]


def test_frames_held_back_are_counted_where_the_archive_is(judged_cohort):
    judged_cohort.private.sources.record([Source(path="a.dcm", held_frames=5), Source(path="b.dcm", held_frames=9)])
    report(judged_cohort.path)
    assert "14 frames are held back" in (judged_cohort.path / "report.html").read_text(encoding="utf-8")
    judged_cohort.private.sources.record([Source(path="a.dcm", held_frames=1), Source(path="b.dcm", held_frames=0)])
    report(judged_cohort.path)
    assert "1 frame is held back" in (judged_cohort.path / "report.html").read_text(encoding="utf-8")
    shutil.rmtree(judged_cohort.private_path)
    report(judged_cohort.path)
    assert "held back until" not in (judged_cohort.path / "report.html").read_text(encoding="utf-8")


def test_folders_with_names_of_people_stay_out(judged_cohort):
    report(judged_cohort.path)
    page = (judged_cohort.path / "report.html").read_text(encoding="utf-8")
    assert "dr.smith" not in page
    assert "…/x" in page
    assert str(judged_cohort.path.parent) not in page
    assert judged_cohort.private.key.hex() not in page


def test_one_run_writes_into_its_own_folder(judged_cohort, tmp_path):
    assert report(judged_cohort.path, runs=["cluster"]).report == str(judged_cohort.path / "runs/cluster/report.html")
    assert report(judged_cohort.path, runs=["cluster"], out=tmp_path / "x.html").report == str(tmp_path / "x.html")
    with pytest.raises(SonosiftError, match="no folder"):
        report(judged_cohort.path, out=tmp_path / "missing" / "x.html")
    with pytest.raises(SonosiftError, match="Did you mean 'cluster'"):
        report(judged_cohort.path, runs=["clutser"])


def test_a_fresh_cohort_has_a_page_and_an_empty_one_says_what_to_do(judged_cohort, tmp_path):
    shutil.rmtree(judged_cohort.path / "runs")
    (judged_cohort.path / "labels.sqlite").unlink()
    summary = report(judged_cohort.path)
    assert summary.groups == 0
    assert any("sonosift cluster" in finding for finding in summary.findings)
    Cohort.create(tmp_path / "empty", size=32)
    with pytest.raises(SonosiftError, match="holds no frames"):
        report(tmp_path / "empty")


def test_frames_that_came_later_are_counted_but_belong_to_no_part(judged_cohort):
    assigned = judged_cohort.splits.get().table
    assigned[1:].write_parquet(judged_cohort.path / "splits/default.parquet")
    report(judged_cohort.path)
    assert "240 ultrasound frames" in (judged_cohort.path / "report.html").read_text(encoding="utf-8")


@pytest.mark.browser
def test_it_opens_in_a_browser_without_a_complaint(judged_cohort, tmp_path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no chromium: apt-get install chromium")
        pytest.skip("no chromium: apt-get install chromium")
    evaluate(judged_cohort.path, run="train", draws=20)
    summary = report(judged_cohort.path)
    opened = subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--enable-logging=stderr", f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=3000",
            "--dump-dom", f"file://{summary.report}",
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "CONSOLE" not in opened.stderr
    # The script has run: it wrote the legend of the map and gave the canvas its height.
    legend = opened.stdout.split('id="map-legend"')[1].split("</div>")[0]
    assert legend.count("<button") == 4
    assert 'id="map" role="img" aria-label="Map of the embedding" width=' in opened.stdout

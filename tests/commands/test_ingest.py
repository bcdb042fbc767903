import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from sonosift.commands.ingest import IngestSummary, ingest
from sonosift.errors import SonosiftError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two exams of one picture each, a text file and a broken picture."""
    y, x = np.mgrid[0:150, 0:200]
    inside = (np.hypot(x - 100, y) > 20) & (np.hypot(x - 100, y) < 140) & (abs(np.arctan2(x - 100, y)) < 0.6)
    for seed, name in enumerate(("patient_1/a.png", "patient_2/b.png")):
        speckle = np.clip(np.random.default_rng(seed).rayleigh(60, (150, 200)), 15, 255)
        path = tmp_path / "archive" / name
        path.parent.mkdir(parents=True)
        Image.fromarray(np.where(inside, speckle, 0).astype(np.uint8)).save(path)
    (tmp_path / "archive/notes.txt").write_text("hello")
    (tmp_path / "archive/c.png").write_bytes(b"\x89PNG\r\n\x1a\n1234")
    return tmp_path / "archive"


def test_the_summary_adds_up(archive, tmp_path):
    summary = ingest(str(archive), str(tmp_path / "cohort"), size=32, workers=1)
    assert isinstance(summary, IngestSummary)
    assert summary.files == summary.ingested + summary.quarantined + summary.skipped == 4
    assert (summary.ingested, summary.quarantined, summary.skipped) == (2, 1, 1)
    assert (summary.frames, summary.clips, summary.exams, summary.patients, summary.needs_review) == (2, 2, 2, 2, 0)
    assert summary.patients_known_from == {"file or folder name": 2}
    assert summary.cohort == str(tmp_path / "cohort")
    assert summary.frames_per_second == pytest.approx(2 / summary.seconds, rel=0.01, abs=0.006)  # it is rounded


def test_the_summary_is_plain_json(archive, tmp_path):
    summary = ingest(archive, tmp_path / "cohort", size=32, workers=1)
    assert json.loads(summary.model_dump_json()) == summary.model_dump()
    assert "needs_review" in summary.model_dump()


@pytest.mark.parametrize(("settings", "said"), [({"workers": 0}, "workers"), ({"clip_rate_hz": 0}, "clip rate")])
def test_impossible_settings_say_what_is_allowed(archive, tmp_path, settings, said):
    with pytest.raises(SonosiftError, match=said) as caught:
        ingest(archive, tmp_path / "cohort", **settings)
    assert caught.value.hint
    assert not (tmp_path / "cohort").exists()


def test_on_the_command_line(archive, tmp_path):
    from sonosift.cli import app

    arguments = [
        "ingest",
        str(archive),
        str(tmp_path / "cohort"),
        "--size",
        "32",
        "--workers",
        "1",
        "--json",
        "--quiet",
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output.strip().splitlines()[-1])["frames"] == 2

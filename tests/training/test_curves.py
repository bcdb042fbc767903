import csv
import sys

import pytest

from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.training.curves import CSV_NAME, TENSORBOARD_FOLDER, write_curves


@pytest.fixture
def run(tmp_path):
    folder = RunFolder.create(tmp_path / "run", {})
    folder.log(step=1, loss=3.5)
    folder.log(step=10, loss=1.25, effective_rank=7.0)
    return folder


def test_the_table_has_a_column_per_figure_and_gaps_where_there_was_none(run):
    write_curves(run)
    with (run.path / CSV_NAME).open() as handle:
        rows = list(csv.DictReader(handle))
    assert [(row["step"], row["loss"], row["effective_rank"]) for row in rows] == [
        ("1", "3.5", ""),
        ("10", "1.25", "7.0"),
    ]
    assert not (run.path / TENSORBOARD_FOLDER).exists()


def test_tensorboard_reads_back_what_was_logged(run):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    write_curves(run, tensorboard=True)
    events = reader.EventAccumulator(str(run.path / TENSORBOARD_FOLDER))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 3.5), (10, 1.25)]
    assert [(event.step, event.value) for event in events.Scalars("effective_rank")] == [(10, 7.0)]


def test_without_tensorboard_it_says_what_to_install_and_the_csv_is_there(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(SonosiftError) as caught:
        write_curves(run, tensorboard=True)
    assert "sonosift[tensorboard]" in str(caught.value.hint)
    assert (run.path / CSV_NAME).exists()

import json

import numpy as np
import polars as pl
import pytest

from sonosift.commands.embed import embed
from sonosift.commands.pretrain import pretrain
from sonosift.commands.runs import runs
from sonosift.errors import SonosiftError
from tests.commands.bars_cohort import make_bars_cohort


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    made, _ = make_bars_cohort(tmp_path_factory.mktemp("embed") / "cohort", patients=4, frames_per_exam=3)
    pretrain(made.path, steps=2, image_size=32, settings={"backbone": "test_resnet"})
    return made


def test_embedding_again_gives_what_the_training_wrote(cohort):
    ids, before = cohort.runs.get("pica").embeddings()
    before = np.array(before)
    summary = embed(cohort.path, "pica", precision="32")
    again_ids, after = cohort.runs.get("pica").embeddings()
    assert ids == again_ids == cohort.frames.frame_ids
    assert (summary.frames, summary.features) == after.shape
    np.testing.assert_allclose(after, before, rtol=0, atol=0.05 * np.abs(before).max())  # bf16 where there is any
    assert summary.file == str(cohort.runs.get("pica").embeddings_path)


def test_files_for_use_elsewhere(cohort, tmp_path):
    plain = embed(cohort.path, "pica", out=tmp_path / "e.npy")
    matrix = np.load(plain.file, allow_pickle=False)
    assert json.loads((tmp_path / "e.json").read_text()) == cohort.frames.frame_ids
    table = pl.read_parquet(embed(cohort.path, "pica", out=tmp_path / "e.parquet", format="parquet").file)
    assert table["frame_id"].to_list() == cohort.frames.frame_ids
    np.testing.assert_array_equal(np.stack(table["embedding"].to_list()), matrix)


def test_runs_without_a_network_are_refused(cohort):
    with pytest.raises(SonosiftError, match="pica"):
        embed(cohort.path, "pika")
    cohort.runs.create("groups", {"command": "cluster"}, frame_ids=cohort.frames.frame_ids)
    with pytest.raises(SonosiftError, match="no trained network"):
        embed(cohort.path, "groups")


def test_runs_are_listed_with_their_state_and_figures(cohort):
    begun = cohort.runs.create("begun", {"command": "pretrain", "method": "moco"}, frame_ids=cohort.frames.frame_ids)
    begun.log(step=7, loss=1.5)
    found = {run["name"]: run for run in runs(cohort.path).runs}
    assert found["pica"]["state"] == "finished"
    assert found["pica"]["figures"]["steps"] == 2
    assert found["pica"]["figures"]["loss"] == cohort.runs.get("pica").summary()["loss"]
    assert (found["begun"]["state"], found["begun"]["method"]) == ("at step 7", "moco")
    lines = runs(cohort.path).describe().splitlines()
    assert len(lines) == len(found)
    assert "effective rank" in next(line for line in lines if line.startswith("pica"))


def test_no_run_yet(tmp_path):
    made, _ = make_bars_cohort(tmp_path / "c", patients=1, frames_per_exam=1)
    assert "sonosift pretrain" in runs(made.path).describe()

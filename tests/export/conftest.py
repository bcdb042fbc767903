import importlib.util
from pathlib import Path

import pytest

from sonosift.commands.cluster import cluster
from sonosift.commands.merge import merge
from sonosift.commands.pretrain import pretrain
from sonosift.commands.train import train

_spec = importlib.util.spec_from_file_location("bars_cohort", Path(__file__).parents[1] / "commands" / "bars_cohort.py")
bars_cohort = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bars_cohort)
TINY = {"backbone": "test_resnet"}


@pytest.fixture(scope="session")
def cohort(tmp_path_factory):
    """A cohort with one small run of every kind that can be exported, and one that cannot."""
    made, _ = bars_cohort.make_bars_cohort(tmp_path_factory.mktemp("bars") / "cohort")
    made.splits.make(seed=0)
    path, small = made.path, {"image_size": 32}
    train(path, run="net", epochs=2, settings=TINY, **small)
    train(path, run="two", method="fixmatch-two-head", label_fraction=0.5, steps=2, settings=TINY, **small)
    train(path, run="vit", steps=2, settings={"backbone": "test_vit"}, **small)
    pretrain(path, run="pre", steps=2, settings=TINY | {"clusters": 4}, **small)
    pretrain(path, run="sobel", steps=2, settings=TINY | {"clusters": 4, "channels": 2, "scaling": "unit"}, **small)
    look = TINY | {"channels": 3, "scaling": "image"}
    pretrain(path, run="sim", method="simclr", steps=2, settings=look, **small)
    cluster(path, from_run="pre", run="own")
    cluster(path, from_run="sim", run="centres", method="kmeans", k=5, space="projection")
    cluster(path, from_run="pre", run="heads", method="temi", k=4, settings={"steps": 3})
    merge(path, from_run="centres", to=3, run="merged")
    merge(path, from_run="merged", to=2, run="merged-again")
    cluster(path, method="kmeans", space="pixels", k=4, run="pixels")
    return made


@pytest.fixture(scope="session")
def frames(cohort):
    """Frames of the cohort that the check of an export does not look at."""
    return cohort.frames.read(cohort.frames.frame_ids[3:40:2])

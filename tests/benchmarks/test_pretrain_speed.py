"""The speed tables of pretraining: what is timed in which order, and how ratios are formed; cells at a tiny size."""

from argparse import Namespace

import numpy as np
import pytest

from benchmarks.pretrain import frames as images
from benchmarks.pretrain.ours import Ours, settings
from benchmarks.pretrain.speed import Cell, print_table, ratios, take_turns
from benchmarks.pretrain.work import Work


@pytest.fixture
def folder(tmp_path):
    draw = np.random.default_rng(0)
    images.write(tmp_path / "images", draw.integers(0, 256, (16, images.SIDE, images.SIDE), dtype=np.uint8))
    return tmp_path / "images"


class FakeCell(Cell):
    """Notes its turns in place of a process that takes them."""

    def __init__(self, side, precision, notes):
        super().__init__(side, precision, process=None)
        self.notes = notes

    def turn(self, kind, steps):
        self.notes.append((self.side, self.precision, kind, steps))


def test_ratios_are_formed_within_a_round():
    assert ratios([2.0, 4.0, 9.0], [1.0, 2.0, 3.0]) == "2.00 (2.00 to 3.00)"
    # A machine ten times as slow in the second round changes nothing.
    assert ratios([2.0, 40.0, 9.0], [1.0, 20.0, 3.0]) == "2.00 (2.00 to 3.00)"
    assert ratios([1.0], [4.0]) == "0.25 (0.25 to 0.25)"
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_cells_take_turns_and_only_ours_has_a_bound():
    notes = []
    take_turns([FakeCell("peer", "32", notes), FakeCell("ours", "bf16", notes)], rounds=2, steps=9, few_steps=4)
    one_round = [("peer", "32", "whole", 4), ("ours", "bf16", "whole", 9), ("ours", "bf16", "bound", 4)]
    assert notes == one_round * 2


def test_the_table_says_share_of_the_bound_and_times_the_peer(capsys):
    seconds = {
        ("peer", "32"): {"whole": [8.0, 8.0]},
        ("ours", "32"): {"whole": [4.0, 5.0], "bound": [3.0, 4.5]},
        ("peer", "bf16"): {"whole": [6.0, 6.0]},
        ("ours", "bf16"): {"whole": [2.0, 2.0], "bound": [1.9, 1.9]},
    }
    last = {"peak_mb": 1000.4, "threads": 2, "gpu": None}
    cells = [Cell(*key, process=None, seconds=found, last=last) for key, found in seconds.items()]
    print_table(cells, Namespace(method="simclr", batch=32))
    rows = capsys.readouterr().out.splitlines()
    assert "| ours | 32 | 4.50 | 7.1 | 0.82 (0.75 to 0.90) | 1.80 (1.60 to 2.00) | 1000 |" in rows
    assert "| LightlySSL | bf16 | 6.00 | 5.3 |  |  | 1000 |" in rows
    assert "our default (bf16) is 4.00 (4.00 to 4.00) times as fast as LightlySSL's (fp32)" in rows
    assert "GPU utilisation: no GPU at hand" in rows


@pytest.mark.parametrize(("method", "precision"), [("simclr", "bf16"), ("dino", "32"), ("pica", "32")])
def test_a_cell_of_ours_times_fit_and_its_step_alone(folder, method, precision):
    cell = Ours(Work(method, precision, folder, frames=16, batch=8, image_size=32, local_size=32, workers=0))
    for seconds in (cell.whole(2), cell.bound(2)):
        assert len(seconds) == 2
        assert min(seconds) > 0


@pytest.mark.parametrize("method", ["simclr", "dino", "pica"])
def test_ours_and_the_peer_see_the_same_number_of_images_a_step(folder, method):
    work = Work(method, "32", folder, frames=16, batch=8, image_size=32, local_size=32, workers=0)
    found = settings(work)
    assert found["image_size"] == 32
    assert found.get("batch_size", found.get("exams_per_batch", 0) * 4) == 8
    pytest.importorskip("lightly")
    from benchmarks.pretrain.peers import Peer

    peer = Peer(work)
    assert {len(view) for view in next(peer._batches())} == {8}
    assert len(peer.whole(1)) == 1

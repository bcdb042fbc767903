"""Truth files: masks survive packing, archives of arrays hold no clock."""

import time
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sonosift.phantom.files.truth import FILE_SCHEMA, FRAME_SCHEMA, pack_masks, unpack_masks, write_arrays


@given(hnp.arrays(bool, st.tuples(st.integers(0, 3), st.integers(1, 9), st.integers(1, 21))))
def test_masks_survive_packing(masks):
    assert (unpack_masks(pack_masks(masks), masks.shape[2]) == masks).all()


def test_numpy_reads_the_arrays(tmp_path):
    arrays = {"b": np.arange(5), "a": np.array(["cyst", "hcc"]), "none": np.zeros((0, 4, 1), dtype=np.uint8)}
    write_arrays(tmp_path / "deep" / "x.npz", arrays)
    with np.load(tmp_path / "deep" / "x.npz", allow_pickle=False) as back:
        assert set(back.files) == set(arrays)
        assert all((back[name] == arrays[name]).all() and back[name].shape == arrays[name].shape for name in arrays)


def test_the_clock_leaves_no_trace(tmp_path, monkeypatch):
    arrays = {"b": np.arange(5), "a": np.eye(3)}
    write_arrays(tmp_path / "1.npz", arrays)
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    write_arrays(tmp_path / "2.npz", dict(reversed(arrays.items())))
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()


def test_every_column_is_documented():
    page = (Path(__file__).parents[3] / "docs/how-to/simulate-a-hospital.md").read_text(encoding="utf-8")
    frames, files = page.split("## Columns of `files.parquet`")
    assert [name for name in FRAME_SCHEMA if f"`{name}`" not in frames] == []
    assert [name for name in FILE_SCHEMA if f"`{name}`" not in files] == []

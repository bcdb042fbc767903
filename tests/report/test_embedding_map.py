import base64
import io

import numpy as np
import polars as pl
import pytest
from PIL import Image
from sklearn.neighbors import NearestNeighbors

from sonosift.report.embedding_map import colouring, embedding_map, project
from sonosift.report.thumbnails import atlas_uri, picture_uri


def _opened(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/jpeg;base64,")))))


def test_neighbours_on_the_map_are_neighbours_in_the_embedding():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 4, 160)
    points, how = project(np.eye(16)[kind] * 8 + rng.normal(0, 1, (160, 16)), seed=0)
    assert how == "t-SNE"
    assert points.min() >= 0
    assert points.max() <= 1
    nearest = NearestNeighbors(n_neighbors=6).fit(points).kneighbors(points, return_distance=False)[:, 1:]
    assert (kind[nearest] == kind[:, None]).mean() > 0.95


def test_the_same_seed_gives_the_same_map():
    values = np.random.default_rng(1).normal(size=(80, 5))
    assert np.array_equal(project(values, 3)[0], project(values, 3)[0])


def test_few_frames_use_principal_components():
    values = np.outer(np.arange(10.0), [3.0, 4.0])
    points, how = project(values, 0)
    assert how == "principal components"
    ordered = points[:, 0] if points[0, 0] < points[-1, 0] else points[::-1, 0]
    assert ordered == pytest.approx(np.linspace(0, 1, 10))


@pytest.mark.parametrize("values", [np.zeros((3, 4)), np.ones((90, 4)), np.arange(3.0)[:, None], np.ones((1, 4))])
def test_collapsed_embeddings_make_a_map_too(values):
    points, _ = project(values, 0)
    assert np.isfinite(points).all()


def test_captions_colours_and_pictures_belong_to_the_same_frame():
    frames = pl.DataFrame(
        {
            "frame_id": ["a", "b", "c"],
            "patient": ["p1", "p2", "p3"],
            "machine": ["X", None, "X"],
            "label": ["l", "k", None],
        }
    )
    brightness = {"a": 10, "b": 120, "c": 240}
    made = embedding_map(
        "r",
        np.arange(10.0).reshape(5, 2),
        [4, 0, 2],
        frames,
        {"label": "label"},
        lambda ids: np.stack([np.full((64, 64), brightness[frame_id], dtype=np.uint8) for frame_id in ids]),
    )
    assert made.xs == pytest.approx([1.0, 0.0, 0.5]) or made.xs == pytest.approx([0.0, 1.0, 0.5])
    atlas = _opened(made.atlas_uri)
    for place, frame_id in enumerate("abc"):
        row, column = divmod(place, made.atlas_columns)
        tile = atlas[row * 64 : row * 64 + 64, column * 64 : column * 64 + 64]
        assert tile.mean() == pytest.approx(brightness[frame_id], abs=3)
    assert made.captions == ["patient p1 · X", "patient p2 · unknown machine", "patient p3 · X"]
    assert [made.colourings[0].legend[value] for value in made.colourings[0].values] == ["l", "k", "–"]


def test_rare_values_share_a_colour():
    values = [f"v{n}" for n in range(40)] + ["v0"]
    made = colouring("label", values)
    assert len(made.legend) == 24
    assert made.legend[0] == "v0"
    assert made.legend[made.values[39]] == "all others"


def test_pictures_keep_grey_values_and_never_grow():
    frame = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))
    shown = _opened(picture_uri(frame, 32))
    assert shown.shape == (32, 32)
    assert shown.astype(float).mean(axis=0) == pytest.approx(frame.reshape(64, 32, 2).mean(axis=(0, 2)), abs=6)
    assert _opened(atlas_uri(frame[None], 64)[0]).shape == (64, 64)

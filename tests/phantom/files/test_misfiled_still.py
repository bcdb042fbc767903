"""A still under another patient: its truth speaks of the smaller picture, and says whose it is."""

import json

import cv2
import numpy as np
import polars as pl
import pytest
from PIL import Image

from sonosift.phantom import hospital as module
from sonosift.phantom.files.misfiled_still import file_again
from sonosift.phantom.files.truth import FILE_SCHEMA, FRAME_SCHEMA, pack_masks, unpack_masks
from sonosift.phantom.files.written import Exported
from sonosift.phantom.paperwork.identities import draw_patients
from sonosift.phantom.physics.fan_mask import fan_mask
from sonosift.phantom.physics.geometry import Geometry
from sonosift.phantom.rare_mess import MISFILED_STILL, MISFILED_TURN, TURNS

HEIGHT, WIDTH = 480, 640
GEOMETRY = Geometry("curvilinear", apex_x=320.0, apex_y=20.0, radius=60.0, depth=360.0, half_angle=0.6, half_width=0.0)
LESION = (300, 200, 341, 261)


def still(root, member=""):
    inside = fan_mask(GEOMETRY, (HEIGHT, WIDTH))
    picture = np.where(inside, 200, 0).astype(np.uint8)
    lesion = np.zeros((1, HEIGHT, WIDTH), dtype=bool)
    lesion[0, LESION[1] : LESION[3], LESION[0] : LESION[2]] = True
    picture[lesion[0]] = 90
    masks = {
        "shape": np.array([1, HEIGHT, WIDTH], dtype=np.int32),
        "liver": pack_masks(inside[None]),
        "kidney": pack_masks(np.zeros_like(lesion)),
        "lesions": pack_masks(lesion),
        "lesion_frame": np.zeros(1, dtype=np.int32),
        "lesion_kind": np.array(["cyst"]),
    }
    fan = {**GEOMETRY.as_dict(), "box": [40, 62, 574, 452]}
    row = dict.fromkeys(FRAME_SCHEMA) | {
        "file": "EXPORT/7.zip" if member else "a/b.dcm", "member": member, "index_in_clip": 0, "patient": "P0001",
        "exam": "P0001-E1", "clip": "P0001-E1-C001", "exam_date": "2020-01-02", "scanner": "Vesta 300",
        "boxes": json.dumps([["cyst", *LESION]]), "fan": json.dumps(fan), "mm_per_pixel": 0.3, "height": HEIGHT,
        "width": WIDTH, "text_boxes": json.dumps([["LIVER", 40, 80, 120, 96, False]]), "burnt_text": ["LIVER"],
    }  # fmt: skip
    return Exported("a/b.dcm", "P0001-E1-C001", picture[None], [row], None, masks, picture[None])


@pytest.mark.parametrize(("as_jpeg", "member"), [(False, ""), (True, "IM0")])
def test_the_truth_fits_the_smaller_picture(tmp_path, as_jpeg, member):
    first = still(tmp_path, member)
    written = file_again(tmp_path, first, "P0002", "88-1234", "SCAN0001", as_jpeg=as_jpeg)
    row, note = written.frames[0], written.files[0]
    picture = np.asarray(Image.open(tmp_path / "archive" / row["file"]))
    assert row["file"] == f"images/88-1234/SCAN0001.{'jpg' if as_jpeg else 'png'}"
    assert (row["height"], row["width"]) == picture.shape == (360, 480)
    assert row["mm_per_pixel"] == pytest.approx(0.4)
    record = json.loads(row["fan"])
    assert record.pop("box") == [30, 46, 430, 339]
    drawn, lit = fan_mask(Geometry(**record), picture.shape), picture > 45
    assert (drawn & lit).sum() / (drawn | lit).sum() > 0.985
    _, x0, y0, x1, y1 = json.loads(row["boxes"])[0]
    ys, xs = np.nonzero(cv2.erode(((picture > 75) & (picture < 110)).astype(np.uint8), np.ones((3, 3))))
    assert (xs.min(), ys.min(), xs.max(), ys.max()) == pytest.approx((x0, y0, x1, y1), abs=3)
    with np.load(tmp_path / "truth" / "masks" / f"{row['file']}.npz") as masks:
        assert masks["shape"].tolist() == [1, 360, 480]
        lesion = unpack_masks(masks["lesions"], 480)[0]
    ys, xs = np.nonzero(lesion)
    assert (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1) == pytest.approx((x0, y0, x1, y1), abs=1)
    with np.load(tmp_path / "truth" / "clean" / f"{row['file']}.npz") as clean:
        assert np.abs(clean["frames"][0].astype(int) - picture).mean() < 2
    assert json.loads(row["text_boxes"]) == [["LIVER", 30, 60, 90, 72, False]]
    assert (row["is_duplicate_of"], row["duplicate_of_member"]) == (first.rows[0]["file"], member)
    assert (row["patient"], note["patient"], row["exam"], row["exam_date"]) == ("P0002", "P0002", "P0002-E1", None)
    assert first.rows[0]["patient"] == "P0001"  # what is known of the first export stays
    assert set(row) == set(FRAME_SCHEMA)
    assert len(pl.DataFrame([note], schema=FILE_SCHEMA, orient="row")) == 1


def test_few_patients_and_never_themselves():
    people = draw_patients(np.random.default_rng(0), 400)
    others = [module._other_patient(3, index, people) for index in range(400)]
    share = sum(other is not None for other in others) / 400
    assert share == pytest.approx(1 / TURNS + (1 - 1 / TURNS) * MISFILED_STILL, abs=0.03)
    assert all(others[index] is not None for index in range(MISFILED_TURN, 400, TURNS))
    assert all(other is not person for other, person in zip(others, people, strict=True))
    assert len({other.key for other in others if other is not None}) > 40
    assert module._other_patient(3, MISFILED_TURN, people[:1]) is None

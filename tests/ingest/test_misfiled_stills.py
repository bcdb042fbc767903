"""A still that was filed under another patient, re-encoded and at another size, ties the two in every split."""

import cv2
import numpy as np
import pytest

from sonosift.ingest.ingest_archive import ingest_archive
from sonosift.ingest.settings import IngestSettings
from sonosift.phantom.files.misfiled_still import file_again
from sonosift.phantom.files.written import Exported
from tests.ingest.conftest import write_dicom

HEIGHT, WIDTH = 240, 320
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
SECTOR = (np.hypot(X - 160.0, Y - 10.0) <= 190) & (np.abs(np.arctan2(X - 160.0, Y - 10.0)) <= 0.6) & (Y > 30)
PATIENTS, FRAMES = 6, 6


def tissue(seed):
    """Speckle as wide as a beam, with structure as large as organs have."""
    noise = np.random.default_rng(seed).normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32)
    coarse, fine = (cv2.GaussianBlur(noise, (0, 0), width) for width in (6.0, 2.0))
    grey = 90 + 35 * coarse / coarse.std() + 20 * fine / fine.std()
    return np.where(SECTOR, np.clip(grey, 20, 255), 0).astype(np.uint8)


@pytest.mark.parametrize("as_jpeg", [False, True])
def test_both_patients_come_into_the_same_part(tmp_path, as_jpeg):
    archive = tmp_path / "archive"
    for number in range(PATIENTS):
        frames = np.array([tissue(10 * number + frame) for frame in range(FRAMES)])
        write_dicom(archive / f"PA{number}" / "IM0", frames, f"77100{number}", f"1.{number}")
    shape = np.array([1, HEIGHT, WIDTH])
    nothing = dict.fromkeys(("liver", "kidney", "lesions"), np.zeros((0, HEIGHT, WIDTH // 8), np.uint8))
    row = {"file": "PA1/IM0", "member": "", "height": HEIGHT, "width": WIDTH, "mm_per_pixel": 1.0, "boxes": "[]"}
    row |= {"text_boxes": "[]", "fan": '{"parts": []}', "scanner": "x"}
    still = Exported("PA1/IM0", "c", tissue(10)[None], [row], None, {"shape": shape, **nothing}, None)
    file_again(tmp_path, still, "P4", "771004", "SCAN0001", as_jpeg=as_jpeg)
    outcome = ingest_archive(archive, tmp_path / "cohort", IngestSettings(size=128, workers=1, clip_rate_hz=8.0))
    assert outcome.patients_known_from["patient id in the path"] == 1
    catalog = outcome.cohort.catalog()
    patient_of = {source.path: source.patient for source in outcome.sources}
    copied = catalog.drop_nulls("near_duplicate_group")
    assert set(copied["patient"]) == {patient_of["PA1/IM0"], patient_of["PA4/IM0"]}
    assert (len(copied), copied["near_duplicate_group"].n_unique()) == (2, 1)
    thirds = {"train": 1 / 3, "validation": 1 / 3, "test": 1 / 3}
    apart = 0
    for seed in range(12):
        split = outcome.cohort.splits.make(thirds, name=f"s{seed}", seed=seed)
        part_of = {patient: part for part in split.parts for patient in split.patients(part)}
        assert part_of[patient_of["PA1/IM0"]] == part_of[patient_of["PA4/IM0"]]
        apart += len(set(part_of.values())) > 1
    assert apart  # others do not simply follow

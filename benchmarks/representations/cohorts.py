"""The two cohorts of the comparison: a simulated hospital, and lung ultrasound of two public collections.

Each step is skipped when its result is there, so that the same call goes on after an interruption.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
from pathlib import Path

import polars as pl

from sonosift import api
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.private import Private, private_path_of
from sonosift.commands.simulated_expert import annotate_from_truth
from sonosift.labels.space import LabelSpace

PHANTOM, LUNG = "phantom", "lung"
SPLIT = "worth"
STORED_SIZE = 128
PHANTOM_RATE_HZ, LUNG_RATE_HZ = 1.5, 1.0

# Validation patients serve to look for reasons; the test patients are only ever reported on.
PHANTOM_SHARES = {"train": 0.5, "validation": 0.15, "test": 0.35}

POCUS_CLASSES = ("covid", "pneumonia", "regular")
_NOT_JUDGED = ("viral", "uncertain")
_PCR = ("covid_positive", "covid_negative")
LUNG_LABELS = LabelSpace(name="lung", kind="single", names=(*POCUS_CLASSES, *_NOT_JUDGED, *_PCR))


def phantom_cohort(folder: Path, stills: int, cine: int, seed: int) -> Cohort:
    """Simulate a hospital (stills of some patients, clips of others), ingest it, and label every frame from its truth.

    The label space is the abdomen's: six organs and ``other``.
    """
    cohort = folder / PHANTOM
    archive, truth = folder / "hospital" / "archive", folder / "hospital" / "truth"
    tables = []
    for number, (profile, patients) in enumerate((("stills", stills), ("cine", cine))):
        simulated = folder / "simulated" / profile
        if not (simulated / "truth").exists():
            api.phantom(simulated, patients=patients, seed=seed + number, profile=profile, workers=1)
        if not (archive / profile).exists():
            archive.mkdir(parents=True, exist_ok=True)
            shutil.move(simulated / "archive", archive / profile)
        table = pl.read_parquet(simulated / "truth" / "frames.parquet")
        tables.append(table.with_columns(pl.concat_str(pl.lit(f"{profile}/"), "file").alias("file")))
    truth.mkdir(exist_ok=True)
    pl.concat(tables, how="vertical_relaxed").write_parquet(truth / "frames.parquet")
    # A key that anyone can know: the patients are invented, and the cohort should come out the same twice.
    Private(private_path_of(cohort)).create(key=_key(seed))
    api.ingest(archive, cohort, size=STORED_SIZE, clip_rate_hz=PHANTOM_RATE_HZ, workers=1)
    opened = Cohort.open(cohort)
    annotate_from_truth(opened, truth, opened.catalog()["frame_id"].to_list())
    if SPLIT not in opened.splits.names():
        opened.splits.make(PHANTOM_SHARES, seed=seed, name=SPLIT)
    return opened


def lung_cohort(folder: Path, pocus: Path, blues: Path, seed: int) -> Cohort:
    """Ingest both collections; ``train`` holds COVID-BLUES alone, ``test`` holds POCUS alone.

    Args:
        folder: of the benchmark.
        pocus: folder with ``labels.csv`` (file, label, patient).
        blues: folder with ``labels.csv`` (file, label, patient_or_video_id); its labels are PCR results.
        seed: of the key.
    """
    path = folder / LUNG
    if not Cohort.exists(path):
        # Made here and not by the ingest: its label space is none of the shipped ones.
        settings = {"clip_rate_hz": LUNG_RATE_HZ}
        Cohort.create(path, size=STORED_SIZE, label_space=LUNG_LABELS, preprocessing=settings, key=_key(seed))
    for name, archive, patient in (("blues", blues, "patient_or_video_id"), ("pocus", pocus, "patient")):
        manifest = folder / f"{name}.csv"
        _write_manifest(archive / "labels.csv", manifest, name, patient)
        api.ingest(archive, path, size=STORED_SIZE, clip_rate_hz=LUNG_RATE_HZ, manifest=manifest, workers=1)
    opened = Cohort.open(path)
    if SPLIT not in opened.splits.names():
        ours = opened.frames_by_source().join(opened.catalog().select("frame_id", "patient"), on="frame_id")
        from_pocus = set(ours.filter(pl.col("path").str.starts_with("pocus_"))["patient"])
        pinned = {
            patient: "test" if patient in from_pocus else "train" for patient in opened.catalog()["patient"].unique()
        }
        opened.splits.make({"train": 0.5, "test": 0.5}, name=SPLIT, pinned=pinned, tie_near_duplicates=False)
    return opened


def _write_manifest(labels: Path, manifest: Path, prefix: str, patient: str) -> None:
    # The two collections number their patients independently of each other.
    with labels.open(encoding="utf-8", newline="") as source, manifest.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["file", "patient", "exam", "labels"])
        for row in csv.DictReader(source):
            name = f"{prefix}-{row[patient]}"
            writer.writerow([row["file"], name, name, row["label"]])


def _key(seed: int) -> bytes:
    return hashlib.sha256(f"sonosift representations {seed}".encode()).digest()

"""A small hospital, written twice: same bytes, honest truth, identity where the truth says."""

import hashlib
import io
import json
import sys
import time
import zipfile
from pathlib import Path

import av
import cv2
import imagecodecs
import numpy as np
import polars as pl
import psutil
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.encaps import generate_frames
from pydicom.pixels import apply_color_lut
from pydicom.uid import MPEG4HP41

from sonosift.commands.phantom import phantom
from sonosift.errors import SonosiftError
from sonosift.labels.abdomen import ABDOMEN
from sonosift.phantom.files.moved_files import storable
from sonosift.phantom.files.truth import unpack_masks
from sonosift.phantom.paperwork.identities import plain_letters
from sonosift.phantom.physics.fan_mask import fan_mask
from sonosift.phantom.physics.geometry import Geometry
from sonosift.phantom.screen.screen_fonts import letters
from sonosift.phantom.screen.screen_styles import SCREEN_STYLES

WANTED = {"patients": 4, "seed": 60, "size": 160, "clean_pictures": True}
LOSSLESS = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.5")


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    out = tmp_path_factory.mktemp("hospital") / "one"
    return out, phantom(out, workers=1, **WANTED)


def table(hospital, name):
    return pl.read_parquet(hospital[0] / "truth" / f"{name}.parquet")


def digest(folder):
    lines = [
        f"{p.relative_to(folder)} {hashlib.sha256(p.read_bytes()).hexdigest()}"
        for p in folder.rglob("*")
        if p.is_file()
    ]
    return sorted(lines)


def content(out, file, member=""):
    """Read a file of the archive, or what lies in it."""
    archive = out / "archive"
    found = {storable(p.relative_to(archive).as_posix()): p for p in archive.rglob("*") if p.is_file()}
    if not member:
        return found[file].read_bytes()
    with zipfile.ZipFile(found[file]) as packed:
        return packed.read(member)


def video(data, index):
    with av.open(io.BytesIO(data)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)][index]


def pixels(out, file, member="", index=0):
    """Decode one frame to RGB with other people's libraries."""
    data, suffix = content(out, file, member), Path(member or file).suffix
    if suffix == ".png":
        picture = np.asarray(Image.open(io.BytesIO(data)))
    elif suffix == ".mp4":
        picture = video(data, index)
    else:
        dataset = dcmread(io.BytesIO(data))
        count = int(dataset.get("NumberOfFrames", 1))
        if dataset.file_meta.TransferSyntaxUID == MPEG4HP41:
            picture = video(next(generate_frames(dataset.PixelData, number_of_frames=1)), index)
        elif dataset.file_meta.TransferSyntaxUID.endswith("4.70"):
            picture = imagecodecs.jpegsof3_decode(
                list(generate_frames(dataset.PixelData, number_of_frames=count))[index]
            )
        else:
            picture = dataset.pixel_array[index] if count > 1 else dataset.pixel_array
        if dataset.PhotometricInterpretation == "PALETTE COLOR":
            picture = (apply_color_lut(picture, dataset) // 257).astype(np.uint8)
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)


def test_counts_agree(hospital):
    out, summary = hospital
    frames, files = table(hospital, "frames"), table(hospital, "files")
    archive = out / "archive"
    on_disk = {storable(p.relative_to(archive).as_posix()) for p in archive.rglob("*") if p.is_file()}
    assert on_disk == set(files["file"])
    for (file,), rows in files.filter(pl.col("member") != "").group_by("file"):
        with zipfile.ZipFile(archive / file) as packed:
            assert sorted(packed.namelist()) == sorted(rows["member"])
    assert summary.files == len(files) == summary.readable + summary.corrupt + summary.not_images
    assert summary.frames == len(frames) == files["frames"].sum()
    assert summary.patients == files["patient"].n_unique() == 4
    assert summary.exams == files["exam"].n_unique()
    readable = files.filter(pl.col("state") == "ok")
    assert set(frames.select("file", "member").rows()) == set(readable.select("file", "member").rows())
    assert json.loads((out / "truth" / "hospital.json").read_text())["frames"] == summary.frames


def test_every_readable_file_decodes_to_what_the_truth_says(hospital):
    out, _ = hospital
    for row in table(hospital, "files").filter(pl.col("state") == "ok").iter_rows(named=True):
        place = row["file"], row["member"]
        shape = pixels(out, *place, row["frames"] - 1).shape
        truth = table(hospital, "frames").filter((pl.col("file") == place[0]) & (pl.col("member") == place[1]))
        assert (truth["height"][0], truth["width"][0]) == shape[:2]
        assert truth["index_in_clip"].to_list() == list(range(row["frames"]))
        if row["format"] == "dicom":
            dataset = dcmread(io.BytesIO(content(out, *place)), stop_before_pixels=True)
            assert dataset.StudyDate == row["exam_date"].replace("-", "")
            assert dataset.file_meta.TransferSyntaxUID == row["transfer_syntax"]
            assert dataset.PhotometricInterpretation == row["photometric"]
            assert dataset.get("StudyDescription") == (row["study_description"] or None)
            if row["frames"] > 1:
                assert float(dataset.FrameTime) == pytest.approx(1000 / row["frame_rate_hz"], abs=0.01)
                assert 6 <= row["frame_rate_hz"] <= 12


def test_unreadable_files_are_unreadable(hospital):
    out, _ = hospital
    bad = table(hospital, "files").filter(pl.col("state") != "ok")
    assert {"corrupt", "not_an_image"} <= set(bad["state"])
    for file, member in bad.select("file", "member").rows():
        with pytest.raises((Exception,)) as caught:
            pixels(out, file, member)
        assert caught.type is not AssertionError


def test_labels_are_valid_rows(hospital):
    frames = table(hospital, "frames")
    ABDOMEN.validate_rows(frames.select(ABDOMEN.names).to_numpy())
    assert frames["view"].n_unique() > 5


def test_burnt_text_is_where_the_truth_says(hospital):
    """Draw every text once more and look for it at its box."""
    out, _ = hospital
    styles = {style.name: style for style in SCREEN_STYLES}
    scores = []
    rows = table(hospital, "frames").filter((pl.col("index_in_clip") == 0) & (pl.col("kind") == "scan"))
    for row in rows.iter_rows(named=True):
        style = styles[row["scanner"]]
        grey = pixels(out, row["file"], row["member"]).max(axis=2)
        assert [entry[0] for entry in json.loads(row["text_boxes"])] == row["burnt_text"]
        assert set(row["identity_text"]) <= set(row["burnt_text"])
        for text, x0, y0, x1, y1, _ in json.loads(row["text_boxes"]):
            part = grey[y0:y1, x0:x1].astype(float)
            assert part.size
            fonts = [style.font, style.label_font]
            fonts += [style.font.sized(size) for size in range(9, style.font.size + 12)]
            drawn = [letters(text, font) for font in fonts]
            masks = [mask for mask in [*drawn, *map(np.rot90, drawn)] if mask.shape == part.shape]
            assert masks, text
            scores.append(max(abs(np.corrcoef(mask.ravel(), part.ravel())[0, 1]) for mask in masks if np.ptp(mask)))
    scores = np.nan_to_num(scores)
    assert np.mean(np.array(scores) > 0.6) > 0.97


def test_the_recorded_fan_holds_the_image(hospital):
    out, _ = hospital
    rows = table(hospital, "frames").filter((pl.col("index_in_clip") == 0) & (pl.col("kind") == "scan"))
    for row in rows.sample(12, seed=1).iter_rows(named=True):
        record = json.loads(row["fan"])
        x0, y0, x1, y1 = record.pop("box")
        inside = np.zeros((row["height"], row["width"]), dtype=bool)
        inside[y0:y1, x0:x1] = fan_mask(Geometry(**record), inside.shape)[y0:y1, x0:x1]
        shown = pixels(out, row["file"], row["member"]).max(axis=2)
        area = next(style.area for style in SCREEN_STYLES if style.name == row["scanner"])
        picture = np.zeros_like(inside)
        picture[area[1] : area[3], area[0] : area[2]] = shown[area[1] : area[3], area[0] : area[2]] > 40
        for _, a, b, c, d, _ in json.loads(row["text_boxes"]):
            picture[b:d, a:c] = False
        opened = cv2.morphologyEx(picture.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)) > 0
        assert (opened & ~inside).sum() < 0.02 * inside.sum()


def test_masks_and_boxes_agree(hospital):
    out, _ = hospital
    frames = table(hospital, "frames").filter(pl.col("kind").is_in(["scan", "dual"]))
    for (file, member), rows in frames.group_by("file", "member"):
        with np.load(truth_file(out, "masks", file, member), allow_pickle=False) as arrays:
            count, height, width = arrays["shape"]
            assert (count, height, width) == (len(rows), rows["height"][0], rows["width"][0])
            lesions = unpack_masks(arrays["lesions"], width)
            boxes = [[row["index_in_clip"], *box] for row in rows.sort("index_in_clip").iter_rows(named=True)
                     for box in json.loads(row["boxes"])]  # fmt: skip
            assert arrays["lesion_frame"].tolist() == [box[0] for box in boxes]
            assert arrays["lesion_kind"].tolist() == [box[1] for box in boxes]
            for mask, box in zip(lesions, boxes, strict=True):
                ys, xs = np.nonzero(mask)
                found = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
                assert found == pytest.approx(box[2:], abs=8)  # one simulated pixel is some screen pixels


def truth_file(out, kind, file, member):
    return out / "truth" / kind / f"{file}/{member}.npz" if member else out / "truth" / kind / f"{file}.npz"


def test_clean_pictures_are_the_stored_ones_where_nothing_is_drawn(hospital):
    """In files without loss: equal in nearly all of the fan, and different where a text lies on it."""
    out, _ = hospital
    files = table(hospital, "files").filter(pl.col("transfer_syntax").is_in(LOSSLESS) & (pl.col("state") == "ok"))
    rows = table(hospital, "frames").filter(pl.col("kind") == "scan").join(files, on=["file", "member"])
    on_image = 0
    assert len(rows) > 10
    for row in rows.iter_rows(named=True):
        place = row["file"], row["member"]
        with np.load(truth_file(out, "clean", *place)) as arrays:
            clean = arrays["frames"][row["index_in_clip"]].astype(int)
        stored = np.rint(pixels(out, *place, row["index_in_clip"]) @ [0.299, 0.587, 0.114])
        record = json.loads(row["fan"])
        x0, y0, x1, y1 = record.pop("box")
        fan = np.zeros(clean.shape, dtype=bool)
        fan[y0:y1, x0:x1] = fan_mask(Geometry(**record), clean.shape)[y0:y1, x0:x1]
        fan &= clean > 0
        assert (np.abs(stored - clean)[fan] <= 3).mean() > 0.93
        for text, a, b, c, d, inside in json.loads(row["text_boxes"]):
            if inside and fan[b:d, a:c].mean() > 0.9:
                on_image += 1
                assert np.abs(stored - clean)[b:d, a:c].max() > 25, text
    assert on_image > 0


def header_texts(dataset):
    for element in dataset.iterall():
        if element.VR == "SQ":
            continue
        value = element.value
        values = value if element.VM > 1 else [value]
        for item in values:
            yield element.keyword, item.decode("latin-1") if isinstance(item, bytes) else str(item)


def test_identity_in_headers_is_in_the_list_and_the_list_in_headers(hospital):
    out, _ = hospital
    listed = pl.read_csv(out / "truth" / "identities.csv", schema_overrides={"token": pl.String})
    files = table(hospital, "files").filter((pl.col("format") == "dicom") & (pl.col("state") == "ok"))
    naming = {"PatientName", "PatientID", "PatientBirthDate", "OtherPatientNames", "AccessionNumber", "PatientAddress",
              "PatientTelephoneNumbers", "InstitutionName", "ReferringPhysicianName", "OperatorsName", "StationName",
              "DeviceSerialNumber", "StudyDate", "StudyInstanceUID", "SOPInstanceUID", "InstitutionAddress",
              "RequestedProcedureID", "PersonTelephoneNumbers", "NameOfPhysiciansReadingStudy", "StudyID",
              "IssuerOfPatientID"}  # fmt: skip
    for patient in set(files["patient"]):
        tokens = set(listed.filter(pl.col("patient") == patient)["token"])
        everything = []
        for place in files.filter(pl.col("patient") == patient).select("file", "member").rows():
            dataset = dcmread(io.BytesIO(content(out, *place)), stop_before_pixels=True)
            for keyword, text in header_texts(dataset):
                everything.append(text)
                if keyword in naming and text and text != "INSURANCE":
                    assert text in tokens, keyword
        joined = "\n".join(everything)
        # The list holds nothing that was never planted: each token is in a header, in a path, or burnt in.
        own = table(hospital, "files").filter(pl.col("patient") == patient)
        paths = "\n".join([*own["file"], *own["member"]])
        rows = table(hospital, "frames").filter(pl.col("patient") == patient)
        burnt = "\n".join(text for texts in rows["burnt_text"] for text in texts)
        missing = [token for token in tokens if token not in joined and token not in paths and token not in burnt]
        # Of a name with accents, one of its two spellings may be the only one that was used. The identifier of a
        # damaged file may be lost with its header.
        spelt = {plain_letters(token) for token in tokens if token not in missing}
        assert [t for t in missing if plain_letters(t) not in spelt and not t.startswith("2.25.")] == []


def test_the_medium_is_messy(hospital):
    """By turn, a small hospital has a zip, a media directory, and a name that is not UTF-8."""
    files = table(hospital, "files")
    assert files.filter(pl.col("member") != "")["patient"].n_unique() >= 1
    assert "media directory" in files["reason"].to_list()
    if sys.platform == "linux":
        assert files["file"].str.contains(r"\\xdc").any()


def test_two_fans_are_called_dual(hospital):
    frames = table(hospital, "frames")
    assert (frames["is_dual"] == (frames["kind"] == "dual")).all()
    fans = [json.loads(fan) for fan in frames.filter(pl.col("is_dual"))["fan"]]
    assert all(len(fan["parts"]) == 2 for fan in fans)


def test_private_tags_and_sequences_name_the_patient(hospital):
    out, _ = hospital
    files = table(hospital, "files").filter((pl.col("format") == "dicom") & (pl.col("state") == "ok"))
    nested = private = 0
    for place in files.select("file", "member").rows():
        dataset = dcmread(io.BytesIO(content(out, *place)), stop_before_pixels=True)
        nested += "RequestAttributesSequence" in dataset or "OtherPatientIDsSequence" in dataset
        private += any(element.tag.is_private for element in dataset)
    assert nested > 0
    assert private > 0


def test_duplicates_show_the_same(hospital):
    out, _ = hospital
    frames = table(hospital, "frames")
    copies = frames.filter(pl.col("is_duplicate_of").is_not_null()).head(6)
    assert len(copies)
    for row in copies.iter_rows(named=True):
        copy = pixels(out, row["file"], row["member"], row["index_in_clip"])
        original = pixels(out, row["is_duplicate_of"], row["duplicate_of_member"], row["duplicate_of_index"])
        assert np.abs(copy.astype(int) - original).mean() < 6


def test_a_used_folder_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(SonosiftError, match="not empty"):
        phantom(tmp_path, patients=1)
    assert (tmp_path / "letter.txt").read_text() == "keep me"


@pytest.mark.parametrize(
    ("wrong", "message"), [({"profile": "stils"}, "stills"), ({"patients": 0}, "at least 1"), ({"size": 3}, "64")]
)
def test_wrong_wishes_are_explained(tmp_path, wrong, message):
    with pytest.raises(SonosiftError, match=message):
        phantom(tmp_path / "x", **{"patients": 1, **wrong})
    assert not (tmp_path / "x").exists()


def test_a_killed_run_goes_on_in_two_processes_with_the_same_bytes(hospital, tmp_path, monkeypatch):
    from sonosift.phantom import hospital as module

    simulate_patient = module.simulate_patient
    seen = []

    def dying(task):
        seen.append(task.index)
        result = simulate_patient(task)
        if len(seen) == 2:  # its files are written, but nobody noted it
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(module, "simulate_patient", dying)
    with pytest.raises(KeyboardInterrupt):
        phantom(tmp_path / "x", workers=1, **WANTED)
    assert not (tmp_path / "x").exists()
    monkeypatch.undo()
    phantom(tmp_path / "x", workers=2, **WANTED)
    assert seen == [0, 1]
    assert digest(tmp_path / "x") == digest(hospital[0])
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_leftovers_of_another_wish_are_thrown_away(tmp_path):
    from sonosift.phantom.finished_patients import FinishedPatients
    from sonosift.phantom.patient_simulation import PatientResult

    result = PatientResult([{"a": np.float64(0.1)}], [{"b": np.int32(3)}], [("Doe", "name", "P1")], 2)
    first = FinishedPatients(tmp_path, {"seed": 1})
    first.finish(5, result)
    (tmp_path / "archive").mkdir()
    again = FinishedPatients(tmp_path, {"seed": 1})
    assert again.is_finished(5)
    assert not again.is_finished(4)
    assert again.result(5) == PatientResult([{"a": 0.1}], [{"b": 3}], [("Doe", "name", "P1")], 2)
    assert not FinishedPatients(tmp_path, {"seed": 2}).is_finished(5)
    assert not (tmp_path / "archive").exists()


def test_workers_die_with_their_parent(tmp_path):
    """After kill -9, nobody is left who writes, and the lock is free."""
    code = (
        f"from sonosift.commands.phantom import phantom\nif __name__ == '__main__': phantom({str(tmp_path / 'x')!r})\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    parent = psutil.Popen([sys.executable, str(script)])
    deadline = time.monotonic() + 60
    while not (tmp_path / ".x.part" / "archive").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    workers = parent.children(recursive=True)
    assert workers
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(workers, timeout=20)
    for process in alive:
        process.kill()
    assert alive == []

"""Every kind of run to every target, run by the library that the target is for and compared with the run."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from sonosift.batches.frame_tensor import shrink
from sonosift.batches.random_views import canvas_size, centre_view
from sonosift.cohort.annotations import Annotation
from sonosift.commands import export as command
from sonosift.commands.evaluate import evaluate
from sonosift.commands.export import export
from sonosift.commands.train import train
from sonosift.errors import SonosiftError
from sonosift.evaluate.run_outputs import RunOutputs
from sonosift.export import write_export
from sonosift.export.bundle import load_bundle
from sonosift.export.description import Description
from sonosift.export.frame_preparation import FramePreparation
from sonosift.labels.space import LabelSpace
from sonosift.prediction import trained_run
from sonosift.prediction.trained_run import TrainedRun
from sonosift.training.finished_run import load_method
from tests.export.conftest import TINY, bars_cohort

TRAININGS, FEATURES = ("net", "two", "vit"), ("pre", "sobel", "sim")


def written(cohort, run, to, tmp_path, limit=1e-5, **options):
    out = tmp_path / f"{run}-{to}"
    summary = export(cohort.path / "runs" / run, to=to, out=out, **options)
    assert summary.largest_difference < limit
    assert sorted(file.name for file in out.iterdir()) == summary.files
    return out


def views_of(cohort, run, frames):
    method = load_method(cohort.runs.get("pre" if run == "own" else run))
    shrunk = shrink(torch.from_numpy(frames), canvas_size(method.image_size))
    return method, centre_view(shrunk, method.image_size)


@pytest.mark.parametrize(("height", "width", "size"), [(48, 48, 32), (32, 32, 32), (57, 57, 24), (40, 64, 24)])
def test_prepared_frames_are_the_views_of_an_evaluation(height, width, size):
    frames = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, height, width), dtype=np.uint8))
    expected = centre_view(shrink(frames, canvas_size(size)), size)
    torch.testing.assert_close(FramePreparation(height, width, size)(frames), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("run", [*TRAININGS, *FEATURES, "own"])
def test_timm_loads_its_checkpoint_by_itself(cohort, frames, tmp_path, run):
    out = written(cohort, run, "timm", tmp_path)
    told = json.loads((out / "config.json").read_text())
    net = timm.create_model(
        told["architecture"],
        checkpoint_path=str(out / "model.safetensors"),
        num_classes=told["num_classes"],
        **told["model_args"],
    ).eval()
    method, views = views_of(cohort, run, frames)
    normal = told["pretrained_cfg"]
    assert normal["input_size"] == [method.backbone.channels, 32, 32]
    images = method.backbone.scaled(views)
    if run in TRAININGS:
        mean, spread = (torch.tensor(normal[name]).view(1, -1, 1, 1) for name in ("mean", "std"))
        torch.testing.assert_close((views - mean) / spread, images)
        assert told["label_names"] == list(cohort.settings.label_space.names)
    with torch.no_grad():
        features, logits = method(views)
        torch.testing.assert_close(net(images), features if run in FEATURES else logits, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("run", ["two", "vit", "sobel", "merged", "merged-again"])
def test_onnx_answers_as_the_run_whatever_the_batch(cohort, frames, tmp_path, run):
    out = written(cohort, run, "onnx", tmp_path)
    model = onnx.load(out / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    inside = {entry.key: entry.value for entry in model.metadata_props}["sonosift"]
    assert Description.model_validate_json(inside) == Description.model_validate_json(
        (out / "sonosift.json").read_text()
    )
    session = onnxruntime.InferenceSession(str(out / "model.onnx"), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    whole = dict(zip(names, session.run(names, {"frames": frames}), strict=True))
    for rows in (slice(0, 1), slice(4, 7)):
        part = dict(zip(names, session.run(names, {"frames": frames[rows]}), strict=True))
        for name, values in part.items():
            np.testing.assert_allclose(values, whole[name][rows], atol=1e-5)
    if run.startswith("merged"):
        ids = cohort.frames.frame_ids[3:40:2]
        assert whole["group"].tolist() == RunOutputs.read(cohort.runs.get(run)).group_numbers(ids).tolist()
        return
    method, views = views_of(cohort, run, frames)
    with torch.no_grad():
        features, logits = method(views)
    np.testing.assert_allclose(whole["features"], features, atol=1e-4)
    if run in TRAININGS:
        cooled = logits / cohort.runs.get(run).summary()["temperature"]
        np.testing.assert_allclose(whole["probabilities"], cooled.sigmoid(), atol=1e-5)
    if run == "two":
        with torch.no_grad():
            expected = method.combination_head(features).softmax(dim=1)
        np.testing.assert_allclose(whole["combination_probabilities"], expected, atol=1e-5)


@pytest.mark.parametrize("run", TRAININGS)
def test_a_bundle_decides_and_flags_as_predict_does(cohort, frames, tmp_path, run, monkeypatch):
    # Where a machine has it, predict computes in bf16; compared is what both compute in full precision.
    monkeypatch.setattr(trained_run, "choose_precision", lambda *_: "32-true")
    out = written(cohort, run, "bundle", tmp_path, false_alarms=0.1)
    trained = TrainedRun.open(cohort.path / "runs" / run, 0.1)
    expected, answers = trained.answer(frames), load_bundle(out).answer(frames)
    np.testing.assert_allclose(answers.probabilities, expected.probabilities, atol=1e-6)
    assert (answers.decided == expected.decided).all()
    np.testing.assert_allclose(answers.distance, expected.distances, atol=1e-5)
    assert (answers.strange == expected.strange).all()
    noise = np.random.default_rng(0).integers(0, 256, frames.shape, dtype=np.uint8)
    assert (load_bundle(out).answer(noise).strange == trained.answer(noise).strange).all()


def test_where_every_frame_has_one_label_the_likeliest_is_the_answer(tmp_path, monkeypatch):
    one = LabelSpace(name="one", kind="single", names=("upright", "level", "none"))
    monkeypatch.setattr(bars_cohort, "BARS", one)
    made, truth = bars_cohort.make_bars_cohort(tmp_path / "cohort", patients=12, labelled=False)
    made.annotations.add_many(
        Annotation(target_kind="frame", target_id=frame_id, names=(sorted(names)[0],), author="t", source="expert")
        for frame_id, names in truth.items()
    )
    train(made.path, run="net", steps=2, image_size=32, settings=TINY)
    frames = made.frames.read(made.frames.frame_ids[:9])
    for to in ("bundle", "timm"):
        # After two steps the temperature is its lowest, 1/20, and 20 times as large is what rounding leaves.
        written(made, "net", to, tmp_path, limit=1e-4)
    bundle = load_bundle(tmp_path / "net-bundle")
    answers = bundle.answer(frames)
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1)
    assert (answers.decided.argmax(axis=1) == answers.logits.argmax(axis=1)).all()
    assert (answers.decided.sum(axis=1) == 1).all()
    outputs = dict(zip(bundle.network.output_names, bundle.network(torch.from_numpy(frames)), strict=True))
    np.testing.assert_allclose(outputs["probabilities"].detach(), answers.probabilities, atol=1e-6)
    assert "The likeliest label is the answer" in (tmp_path / "net-timm" / "MODEL_CARD.md").read_text()


def test_groups_and_features_come_out_of_a_zip(cohort, frames, tmp_path):
    for run in ("heads", "merged", "pre"):
        export(cohort.path / "runs" / run, to="bundle", out=tmp_path / f"{run}.zip")
        with zipfile.ZipFile(tmp_path / f"{run}.zip") as archive:
            archive.extractall(tmp_path / run)
        packed, unpacked = (load_bundle(place).answer(frames) for place in (tmp_path / f"{run}.zip", tmp_path / run))
        for one, other in zip(packed, unpacked, strict=True):
            assert (one is None) == (other is None)
            assert one is None or (one == other).all()
        assert (packed.group is None) == (run == "pre")
    again = export(cohort.path / "runs/pre", to="bundle", out=tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "pre.zip").read_bytes()
    assert again.run == "pre"


def test_a_bundle_needs_no_lightning(cohort, tmp_path):
    out = written(cohort, "net", "bundle", tmp_path)
    program = (
        "import sys, numpy as np; sys.modules['lightning'] = None; sys.modules['pytorch_lightning'] = None\n"
        "from sonosift.export.bundle import load_bundle\n"
        f"bundle = load_bundle({str(out)!r})\n"
        "print(bundle.answer(np.zeros((2, 48, 48), np.uint8)).probabilities.shape, 'sqlalchemy' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "(2, 3) False"


def test_an_export_that_answers_otherwise_is_refused_and_not_written(cohort, tmp_path, monkeypatch):
    original = write_export.write_bundle

    def shifted(exported, folder, *, known):
        original(exported, folder, known=known)
        tensors = load_file(folder / "head.safetensors")
        save_file(tensors | {"0.bias": tensors["0.bias"] + 1e-3}, folder / "head.safetensors")

    monkeypatch.setattr(write_export, "write_bundle", shifted)
    with pytest.raises(SonosiftError, match=r"answers otherwise than run 'net'.* above 0\.0001"):
        export(cohort.path / "runs/net", to="bundle", out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    assert export(cohort.path / "runs/net", to="bundle", out=tmp_path / "out", tolerance=0.01).largest_difference > 1e-4


def test_the_card_counts_patients_and_frames_and_shows_intervals(cohort, tmp_path):
    before = (written(cohort, "two", "bundle", tmp_path) / "MODEL_CARD.md").read_text()
    assert "It has not been judged" in before
    found = evaluate(cohort.path, run="net", draws=20)
    card = (written(cohort, "net", "bundle", tmp_path) / "MODEL_CARD.md").read_text()
    sizes = cohort.splits.get("default").sizes()
    for part, size in sizes.items():
        name = "train (learnt from)" if part == "train" else part
        assert f"| {name} | {size['patients']} | {size['exams']} | {size['frames']} |" in card
    interval = f"{found.weighted_f1:.3f} ({found.weighted_f1_low:.3f} to {found.weighted_f1_high:.3f})"
    assert f"| net | {interval} |" in card
    run = cohort.runs.get("net")
    assert run.record.data_fingerprint in card
    assert f"{run.summary()['temperature']:.3g}" in card
    for heading in ("Intended use", "Limits", "Privacy", "Calibration"):
        assert f"\n## {heading}" in card


def test_nothing_typed_freely_stands_in_an_export(cohort, tmp_path):
    """A path as first weights and authors of labels may be names of persons."""
    config = cohort.runs.get("net").path / "run.yaml"
    before = config.read_text()
    config.write_text(before.replace("init: random", "init: /home/dr.fernsby/JANE_DOE.safetensors"))
    try:
        out = written(cohort, "net", "onnx", tmp_path)
    finally:
        config.write_text(before)
    authors = {author.encode() for author in cohort.annotations.history()["author"].unique() if len(author) > 3}
    places = {str(Path(write_export.__file__).parent), sys.prefix, str(cohort.path)}
    private = {b"fernsby", b"JANE_DOE", *authors, *(place.encode() for place in places)}
    private |= {value.encode() for column in ("patient", "exam", "frame_id") for value in cohort.catalog()[column]}
    for file in out.iterdir():
        content = file.read_bytes()
        assert not [secret for secret in private if secret in content], file.name
    assert "| first weights | a file |" in (out / "MODEL_CARD.md").read_text()


def test_mistakes_are_told_in_words(cohort, frames, tmp_path, monkeypatch):
    runs, out = cohort.path / "runs", tmp_path / "out"
    (tmp_path / "taken").mkdir()
    unfinished = cohort.runs.create("unfinished", {"command": "train"})
    for call, match in (
        (lambda: export(runs / "nett", to="timm", out=out), "Did you mean 'net'"),
        (lambda: export(cohort.path, to="timm", out=out), "not the folder of a run"),
        (lambda: export(runs / "net", to="tim", out=out), "Did you mean 'timm'"),
        (lambda: export(runs / "net", to="timm", out=tmp_path / "taken"), "exists already"),
        (lambda: export(runs / "net", to="onnx", out=tmp_path / "a.zip"), "only a bundle can be"),
        (lambda: export(runs / "net", to="timm", out=out, tolerance=0), "tolerance is 0"),
        (lambda: export(runs / "pixels", to="onnx", out=out), "has no network"),
        (lambda: export(runs / "centres", to="timm", out=out), "no linear layer.*\n.*--to bundle"),
        (lambda: export(unfinished.path, to="timm", out=out), "has not come to its end"),
        (lambda: load_bundle(tmp_path / "nothing"), "no bundle at"),
        (lambda: load_bundle(tmp_path / "taken"), r"holds no sonosift\.json"),
    ):
        with pytest.raises(SonosiftError, match=match):
            call()
    bundle = written(cohort, "net", "bundle", tmp_path, known=False)
    assert load_bundle(bundle).answer(frames).strange is None
    with pytest.raises(SonosiftError, match=r"uint8 \[n, 48, 48\]"):
        load_bundle(bundle).answer(frames[:, :32])
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(bundle / "sonosift.json", "sonosift.json")
    with pytest.raises(SonosiftError, match="compressed zip"):
        load_bundle(tmp_path / "packed.zip")
    (bundle / "head.safetensors").write_bytes(b"\x80\x04pickle")
    with pytest.raises(SonosiftError, match="not a whole safetensors file"):
        load_bundle(bundle)
    (bundle / "sonosift.json").write_text('{"format": 2}')
    with pytest.raises(SonosiftError, match="does not describe an export of this version"):
        load_bundle(bundle)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(SonosiftError, match=r"(?s)needs the package onnx.*sonosift\[export\]"):
        export(runs / "net", to="onnx", out=out)
    assert not out.exists()
    assert command.TARGETS == ("timm", "onnx", "bundle")

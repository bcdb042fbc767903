"""``MODEL_CARD.md``: what a network was trained on, how well it was seen to work, and what it is not for.

Written from the run and its cohort, which hold no identity. What people type freely (paths of weights, names of
authors) is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.forget_runs import NOTE_FILE
from sonosift.cohort.run_folder import RunFolder
from sonosift.evaluate.cohort_frames import cohort_frames
from sonosift.evaluate.run_outputs import read_evaluation
from sonosift.evaluate.score_table import Evaluation, Figure
from sonosift.export.description import Description
from sonosift.nets.initial_weights import RANDOM, TIMM

FILE_NAME = "MODEL_CARD.md"

_USES = {
    "classifier": "States, for one B-mode frame at a time, which labels of its label space the frame shows.",
    "groups": "Sorts B-mode frames into groups that were found without labels.",
    "features": "Turns B-mode frames into feature vectors, to train something else on.",
}
_LIMITS = """\
* It is no medical device, and nobody has shown that decisions about patients may rest on it.
* It has seen frames of the machines, transducers and patients counted above, and frames of these alone. On others its
  figures do not hold until they are measured there (`sonosift evaluate` on frames that people labelled).
* It wants frames as Sonosift makes them: the fan alone, text and graphics painted over, black around it. Screens as
  they come from a machine are something else.
* Its probabilities hold for a mixture of cases like that of its validation part.
* Frames of one patient are alike: count patients, not frames, when you judge a figure."""
_PRIVACY = """\
Frames were de-identified before the network saw any of them: header by an allow-list, everything outside the fan
blackened, text inside the fan painted over, and an independent check; `sonosift verify` says how well that went on
this cohort. These files hold weights, settings and counts, and no frame, no name, no path and no pseudonym.
Weights can give away something about the frames that a network has learnt from, all the more where patients are few.
Whoever passes them on should treat them as data derived from patients.{known}"""
_KNOWN = """
`known.safetensors` holds a feature vector of each training frame, so that frames unlike all of them can be flagged
(`--no-known` leaves it out). When a patient is forgotten (`sonosift forget`), what lies in the run's own folder is
removed; copies elsewhere are out of its reach: it names the runs that learnt from the patient, and exports of these
must be withdrawn by hand."""


def model_card(
    cohort: Cohort, run: RunFolder, told: Description, *, to: str, difference: float, frames_checked: int, known: bool
) -> str:
    """Return the card as Markdown."""
    evaluation = read_evaluation(run)
    sections = [
        f"# {run.name}",
        _USES[told.kind],
        "## What it is\n\n" + _facts(run, told),
        "## What it was trained on\n\n" + _data(cohort, run, told),
    ]
    if told.labels is not None:
        sections.append("## Labels\n\n" + _labels(cohort, run))
    sections += ["## How well it was seen to work\n\n" + _figures(evaluation, run)]
    if told.labels is not None:
        sections.append("## Calibration and decisions\n\n" + _calibration(evaluation, run, told))
    if told.strangers is not None:
        sections.append("## Frames unlike the training\n\n" + _strangers(told))
    sections += [
        f"## Check of the export\n\nExported to {to}, run again on {frames_checked} frames of the cohort and compared "
        f"with the run itself: the largest difference is {difference:.2g}.",
        "## Intended use\n\nResearch and sorting of archives: finding views, choosing frames for labelling, training "
        "further networks. A person looks at what matters.",
        "## Limits\n\n" + _LIMITS,
        "## Privacy\n\n" + _PRIVACY.format(known=_KNOWN if known else ""),
    ]
    return "\n\n".join(sections) + "\n"


def _facts(run: RunFolder, told: Description) -> str:
    network, frames = told.network, told.frames
    grey = {1: "grey", 2: "its Sobel gradients", 3: "grey, repeated in three channels"}[network.channels]
    rows = [
        ("method", told.method),
        ("network", f"{network.architecture} on {grey}, {network.features} features"),
        ("first weights", _first_weights(run)),
        ("frames", f"{frames.height} x {frames.width} grey, seen at {frames.image_size} pixels"),
        ("trained with", ", ".join(f"{name} {version}" for name, version in run.record.versions.items())),
        ("begun", f"{run.record.created_at:%Y-%m-%d}"),
        ("data fingerprint", f"`{told.data_fingerprint}`"),
    ]
    forgotten = "\n\nA patient of the cohort was forgotten after this run had ended: `forgotten.txt` in its folder."
    return _table(("", ""), rows) + (forgotten if (run.path / NOTE_FILE).exists() else "")


def _first_weights(run: RunFolder) -> str:
    init = run.config.get("init") or run.config.get("from_run")
    if init is None:
        return "unknown"
    # A file may be called anything.
    known = init == RANDOM or init.startswith(TIMM) or (run.path.parent / init).is_dir()
    return str(init) if known else "a file"


def _data(cohort: Cohort, run: RunFolder, told: Description) -> str:
    split, part = _split_of(run), run.config.get("part") or "all"
    lines = []
    if split in cohort.splits.names():
        found = cohort.splits.get(split)
        rows = [
            (name + (" (learnt from)" if name == part else ""), size["patients"], size["exams"], size["frames"])
            for name, size in found.sizes().items()
        ]
        lines.append(_table(("part", "patients", "exams", "frames"), rows))
        lines.append(f"Parts are by {found.unit}." + (" All parts were learnt from." if part == "all" else ""))
    else:
        catalog = cohort.catalog()
        counts = (catalog["patient"].n_unique(), catalog["exam"].n_unique(), len(catalog))
        lines.append(_table(("patients", "exams", "frames"), [counts]))
        lines.append("There is no split: all frames were learnt from.")
    machines = cohort.catalog().group_by("machine").agg(pl.col("patient").n_unique()).drop_nulls("machine")
    if len(machines):
        listed = ", ".join(f"{name} ({patients})" for name, patients in machines.sort("machine").iter_rows())
        lines.append(f"Machines with their patients, of the whole cohort: {listed}.")
    made = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in told.frames.preprocessing.items())
    if made:
        lines.append(f"Frames were made with: {made}.")
    return "\n\n".join(lines)


def _split_of(run: RunFolder) -> str:
    return str(run.config.get("split") or "default")


def _labels(cohort: Cohort, run: RunFolder) -> str:
    learnt = pl.read_parquet(run.path / "training_frames.parquet")
    frames = cohort_frames(cohort, _split_of(run))
    names = list(frames.names)
    parts = {
        "learnt from": frames.labelled("train", learnt["frame_id"].to_list()),
        "validation": frames.labelled("validation"),
        "test": frames.labelled("test"),
    }
    rows = []
    for column, name in enumerate(names):
        cells = []
        for labelled in parts.values():
            there = labelled.truth[:, column].astype(bool)
            of = {patient for patient, hit in zip(labelled.patients, there, strict=True) if hit}
            cells.append(f"{int(there.sum())} ({len(of)})")
        rows.append((name, *cells))
    sources = learnt["source"].value_counts().sort("source")
    listed = ", ".join(f"{count} from {source}" for source, count in sources.iter_rows())
    return (
        _table(("label", *parts), rows)
        + f"\n\nFrames (patients) that people labelled. The training learnt from {len(learnt)} frames: {listed}."
    )


def _figures(evaluation: Evaluation | None, run: RunFolder) -> str:
    if evaluation is None:
        return f"It has not been judged. `sonosift evaluate COHORT --run {run.name}` does it; then export again."
    ours, *others = evaluation.methods
    lines = [
        f"On {evaluation.frames} labelled frames of {evaluation.patients} patients of the {evaluation.part} part, with "
        f"95 % intervals over patients:",
        _table(("", "weighted F1"), [(row.name, _figure(row.weighted_f1)) for row in (ours, *others)]),
        _table(
            ("label", "frames", "patients", "precision", "recall", "F1"),
            [
                (row.name, row.support, row.patients, _figure(row.precision), _figure(row.recall), _figure(row.f1))
                for row in ours.classes
            ],
        ),
    ]
    lines += [
        f"Purity of the groups {_figure(own.purity)}, normalised mutual information {_figure(own.nmi)}."
        for own in evaluation.groups
        if own.kind == "run"
    ]
    lines.append("\n".join(f"* {note}" for note in evaluation.notes))
    return "\n\n".join(lines)


def _calibration(evaluation: Evaluation | None, run: RunFolder, told: Description) -> str:
    labels, summary = told.labels, run.summary()
    assert labels is not None
    lines = [
        f"Logits are divided by a temperature of {labels.temperature:.3g}, fitted on the validation frames."
        if labels.temperature is not None
        else "No temperature was fitted.",
        f"Expected calibration error on these: {summary['ece']:.3f} without it, {summary['ece_tempered']:.3f} with it.",
    ]
    if evaluation is not None and evaluation.calibration is not None:
        lines.append(f"On the {evaluation.part} frames: {evaluation.calibration.shown_error:.3f}.")
    if labels.one_answer:
        return " ".join([*lines, "The likeliest label is the answer."])
    rows = [
        (name, f"{raw:.3f}", f"{stated:.3f}")
        for name, raw, stated in zip(labels.space.names, labels.thresholds, labels.stated_thresholds, strict=True)
    ]
    return " ".join(lines) + "\n\n" + _table(("label", "threshold", "on stated probabilities"), rows)


def _strangers(told: Description) -> str:
    limit = told.strangers
    assert limit is not None
    if limit.distance is None:
        return f"Nothing can be flagged: {limit.calibrated_on} frames are too few for {limit.false_alarms:.2%}."
    told_apart = "" if limit.apart else " They took part in the training: the rate of false alarms is higher."
    return (
        f"A frame is flagged from a distance of {limit.distance:.4f} on (1 - cosine to the fifth nearest of the known "
        f"features): {limit.false_alarms:.2%} of ordinary frames by chance, read from {limit.calibrated_on} frames of "
        f"{limit.patients} patients.{told_apart}"
    )


def _figure(figure: Figure) -> str:
    if figure.value is None:
        return "undefined"
    ends = "" if figure.low is None or figure.high is None else f" ({figure.low:.3f} to {figure.high:.3f})"
    return f"{figure.value:.3f}{ends}"


def _table(head: tuple[object, ...], rows: Sequence[tuple[object, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "/") for cell in line) + " |" for line in lines)

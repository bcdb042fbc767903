"""``sonosift predict``: a trained run on any new file or folder, cleaned as an ingest would, and nothing kept."""

from __future__ import annotations

from pathlib import Path

from sonosift.commands.summary import Summary


class PredictSummary(Summary):
    """What was answered.

    Attributes:
        run: The run that answered.
        files: Files, members of a zip counted one by one.
        refused: Files that gave no frames, by reason.
        frames: Frames answered for.
        held_back: Frames that the privacy check holds back: they have no answer.
        out_of_distribution: Answered frames unlike all that the run was trained on.
        false_alarms: Share of ordinary frames that this flag strikes, on average.
        labels: How many frames were given each label.
        seconds: Time it took.
        frames_per_second: Frames answered for over that time, cleaning included.
        notes: What to keep in mind.
        answers: The file with one row per frame. It names the input files, which may identify patients.
    """

    run: str
    files: int
    refused: dict[str, int]
    frames: int
    held_back: int
    out_of_distribution: int
    false_alarms: float
    labels: dict[str, int]
    seconds: float
    frames_per_second: float
    notes: list[str]
    answers: str

    def describe(self) -> str:
        """Return the counts as sentences."""
        lines = [
            f"{self.frames} frames of {self.files} files, {self.frames_per_second:g} a second, answered by {self.run}",
            "  " + ", ".join(f"{name} {count}" for name, count in self.labels.items()),
            f"  {self.out_of_distribution} unlike the training frames (false alarms: {self.false_alarms:.2%})",
        ]
        if self.held_back:
            lines.append(f"  {self.held_back} frames held_back by the privacy check: no answer")
        lines += [f"  {count} files refused: {reason}" for reason, count in self.refused.items()]
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join([*lines, f"IDENTIFYING, since it names the input files: {self.answers}"])


def predict(
    run: Path,
    path: Path,
    *,
    out: Path = Path("answers.csv"),
    false_alarms: float = 0.01,
    overlays: Path | None = None,
    workers: int | None = None,
) -> PredictSummary:
    """Answer for every frame of a file or folder with a trained run.

    The files are cleaned and checked as an ingest into the run's cohort would, in a private temporary folder that is
    removed afterwards, also when the process is killed. Frames that the check holds back get no answer.

    Args:
        run: Folder of the run: COHORT/runs/NAME.
        path: A file, or a folder with files.
        out: File to write; its ending chooses the format: .csv, .json or .parquet.
        false_alarms: Share of ordinary frames that may be flagged as unlike the training.
        overlays: Folder for a picture of every answered frame, coloured by what speaks for its likeliest label
            (Grad-CAM); made if missing.
        workers: Decoding processes; by default one per core.

    Returns:
        Counts, throughput, and where the answers are.
    """
    from sonosift.errors import SonosiftError
    from sonosift.prediction.answer_table import format_of

    format_of(out)
    if not out.absolute().parent.is_dir():
        raise SonosiftError(f"there is no folder {out.absolute().parent}", "Make it first, or write elsewhere.")
    if not path.exists():
        raise SonosiftError(f"{path} does not exist", "Give a file, or a folder with files.")

    import time
    from collections import Counter

    from sonosift.ingest.passing_files import passing_files
    from sonosift.machine import progress, threads
    from sonosift.machine.vanishing_folder import vanishing_folder
    from sonosift.prediction.answer_table import answer_table, write_answers
    from sonosift.prediction.answered_files import answered_files
    from sonosift.prediction.trained_run import TrainedRun

    started = time.monotonic()
    if overlays is not None:
        overlays.mkdir(mode=0o700, exist_ok=True)
    trained = TrainedRun.open(run, false_alarms)
    rows, names, refused = [], 0, Counter[str]()
    with vanishing_folder("sonosift-predict-") as folder, progress.bar("predict", None, "files") as bar:
        files = passing_files(path, trained.cohort, folder, workers or threads.available_cores())
        for found in answered_files(files, trained, overlays):
            rows += found.rows
            names += 1
            if found.refused is not None:
                refused[found.refused] += 1
            bar.advance()
            bar.note(f"{len(rows) / max(time.monotonic() - started, 1e-9):.1f} frames/s")
    table = answer_table(rows, trained.rules.labels)
    seconds = time.monotonic() - started
    about = {"run": trained.name, "false_alarms": false_alarms, "temperature": trained.rules.temperature}
    write_answers(table, out, about)
    answered = table.filter(table["state"] == "answered")
    said = Counter(label for row in answered["decided"] for label in row.split("+") if label)
    return PredictSummary(
        run=trained.name,
        files=names,
        refused=dict(sorted(refused.items())),
        frames=len(answered),
        held_back=int((table["state"] == "held_back").sum()),
        out_of_distribution=int(answered["out_of_distribution"].sum()),
        false_alarms=false_alarms,
        labels={label: said[label] for label in trained.rules.labels},
        seconds=round(seconds, 2),
        frames_per_second=round(len(answered) / max(seconds, 1e-9), 2),
        notes=trained.notes,
        answers=str(out),
    )

"""The tables of a comparison, each once, to be written as CSV, Markdown or HTML."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from sonosift.comparison.comparison_rows import EVERYTHING
from sonosift.comparison.judged_rows import BASELINE, TRAINING, Difference, Row, Rows
from sonosift.evaluate.resampled_scores import Resampled
from sonosift.evaluate.seeds import Spread


@dataclass(frozen=True)
class Table:
    """Columns and rows of text, under a title and a sentence that says how to read them."""

    title: str
    about: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return title, sentence and table as Markdown."""
        lines = [_line(self.header), _line(["---"] * len(self.header)), *(_line(row) for row in self.rows)]
        return "\n".join([f"**{self.title}** {self.about}", "", *lines, ""])

    def html(self) -> str:
        """Return the same as HTML; whatever came from a cohort or a grid is escaped."""
        head = "".join(f"<th>{escape(cell)}</th>" for cell in self.header)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows)
        return (
            f"<section><h2>{escape(self.title.rstrip('.'))}</h2><p>{escape(self.about)}</p>"
            f'<div class="wide"><table><tr>{head}</tr>{body}</table></div></section>'
        )


def as_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return comma-separated values."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def by_fraction(rows: Rows, fractions: Sequence[float]) -> Table:
    """Weighted F1 of every row at every label fraction."""
    return Table(
        "Weighted F1 by label fraction.",
        "F1 averaged over labels by support, on the judged patients; mean over seeds (95 % interval over seeds; one "
        "training alone has none). Baselines stand below.",
        ["", *(f"{100 * fraction:g} % of labels" for fraction in fractions)],
        [
            [name, *(_spread(rows[name, fraction]) if (name, fraction) in rows else "–" for fraction in fractions)]
            for name in _names(rows)
        ],
    )


def per_class(row: Row, names: Sequence[str]) -> Table:
    """Precision, recall and F1 of one row for every label."""
    figures, weighted, support = row.by_class(), row.weighted(), row.support()
    return Table(
        f"Per label: {row.name}, {100 * row.fraction:g} % of labels.",
        "The training of the largest label fraction that is best on the development patients. Mean over seeds.",
        ["", *names, "weighted"],
        [
            *([what, *map(number, figures[what]), number(weighted[what])] for what in figures),
            ["frames", *map(str, support), str(sum(support))],
        ],
    )


def all_rows_per_class(rows: Rows, names: Sequence[str], fraction: float, *, one_answer: bool) -> Table:
    """One figure per label for every row: recall and accuracy where every frame has one label, F1 elsewhere."""
    figure = "recall" if one_answer else "F1"
    some = next(iter(rows.values())).support()
    shown = [place for place, number_of_frames in enumerate(some) if number_of_frames]
    there = [rows[name, fraction] for name in _names(rows) if (name, fraction) in rows]
    return Table(
        f"{figure[0].upper()}{figure[1:]} by label at {100 * fraction:g} % of labels.",
        "Mean over seeds, every row." + (" Accuracy is the share of frames answered rightly." if one_answer else ""),
        ["", *(names[place] for place in shown), *(["accuracy"] if one_answer else []), "weighted F1"],
        [
            [
                row.name,
                *(number(row.by_class()[figure][place]) for place in shown),
                # Who says yes to everything is never wrong about recall, and gives no one answer.
                *(["–" if row.name == EVERYTHING else number(row.accuracy())] if one_answer else []),
                number(row.weighted()["F1"]),
            ]
            for row in there
        ],
    )


def what_makes_a_difference(found: Sequence[Difference], fractions: Sequence[float], what: str, about: str) -> Table:
    """Differences of weighted F1 at every label fraction, in pairs."""
    chosen = {(one.first.name, one.second.name, one.first.fraction): one.gain for one in found if one.what == what}
    pairs = list(dict.fromkeys((first, second) for first, second, _ in chosen))
    titles = {"method": "Other method, same first weights.", "initialisation": "Other first weights, same method."}
    return Table(
        titles.get(what, "Trainings beside the simple baselines."),
        about,
        ["", *(f"{100 * fraction:g} % of labels" for fraction in fractions)],
        [
            [f"{first} − {second}", *(gain(chosen.get((first, second, fraction))) for fraction in fractions)]
            for first, second in pairs
        ],
    )


def beside_best_baseline(found: Sequence[Difference], rows: Rows, fractions: Sequence[float]) -> Table:
    """Every training minus the baseline that is best on the development patients, at every label fraction."""
    best = {}
    for fraction in fractions:
        baselines = [row for row in rows.values() if row.kind != TRAINING and row.fraction == fraction]
        if baselines:
            best[fraction] = max(baselines, key=lambda row: row.development_f1).name
    gains = {
        (one.first.name, one.first.fraction): one.gain
        for one in found
        if one.what == BASELINE and best.get(one.first.fraction) == one.second.name
    }
    names = list(dict.fromkeys(name for name, _ in gains))
    return Table(
        "Trainings beside the best simple baseline.",
        "Difference of weighted F1, seeds averaged (95 % interval over resampled patients, the same for both). The "
        "baseline of each fraction is the best on the development patients.",
        ["", *(f"{100 * one:g} % of labels − {best[one]}" for one in best)],
        [[name, *(gain(gains.get((name, fraction))) for fraction in best)] for name in names],
    )


def number(value: float) -> str:
    """Write a figure; an undefined one is a dash.

    >>> number(0.5), number(float("nan"))
    ('0.500', '–')
    """
    return "–" if value != value else f"{value:.3f}"


def gain(found: Resampled | None) -> str:
    """Write a difference with its interval over patients."""
    if found is None:
        return "–"
    low, high = found.interval()
    return f"{found.value:+.3f} ({low:+.3f} to {high:+.3f})"


def _spread(row: Row) -> str:
    found: Spread = row.spread()
    return number(found.mean) + (f" ({found.low:.3f} to {found.high:.3f})" if found.low == found.low else "")


def _names(rows: Rows) -> list[str]:
    """Names of the rows in their order, each once."""
    return list(dict.fromkeys(name for name, _ in rows))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |"

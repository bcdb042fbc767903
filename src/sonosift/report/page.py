"""Lay a report out as one HTML file that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from markupsafe import Markup

from sonosift.evaluate.score_table import Evaluation, Figure
from sonosift.report.content import ReportContent
from sonosift.report.percentages import percent
from sonosift.report.reliability_diagram import reliability_diagram

_FOLDER = Path(__file__).parent


def render(content: ReportContent) -> str:
    """Return the page as HTML. Whatever came from a cohort is escaped; only our own style and script are not."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {
        "figure": _figure,
        "percent": percent,
        "percent_width": lambda share: f"{100 * min(1.0, max(0.0, share)):.2f}%",
        "reliability_diagram": reliability_diagram,
        "signed": lambda value: "–" if value is None else f"{value:+.2f}".replace("-", "−"),
        "thousands": lambda count: f"{count:,}".replace(",", "\u202f"),
        "verdict": verdict,
    }
    environment.globals["best"] = best_f1
    script = (_FOLDER / "page_script.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return environment.get_template("template.html").render(
        page=content,
        tiles=_tiles(content),
        sections=_sections(content),
        style=Markup((_FOLDER / "page_style.css").read_text(encoding="utf-8")),  # noqa: S704 our own file
        script=Markup(script),  # noqa: S704 our own file
        script_hash=f"sha256-{digest}",
    )


def verdict(difference: Figure) -> str:
    """Say what an interval of a difference allows to say.

    >>> verdict(Figure(value=0.1, low=0.02, high=0.2)), verdict(Figure(value=0.1, low=-0.02, high=0.2))
    ('better', 'no clear difference')
    """
    if difference.low is None or difference.high is None:
        return "unknown"
    if difference.low > 0:
        return "better"
    return "worse" if difference.high < 0 else "no clear difference"


def best_f1(evaluation: Evaluation, place: int | None = None) -> float | None:
    """Return the highest F1 of any method, for one class or weighted; baselines count too."""
    figures = [method.weighted_f1 if place is None else method.classes[place].f1 for method in evaluation.methods]
    return max((figure.value for figure in figures if figure.value is not None), default=None)


def _figure(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}"


def _tiles(content: ReportContent) -> list[tuple[str, int]]:
    cohort = content.cohort
    tiles = [
        ("patients", cohort.patients),
        ("exams", cohort.exams),
        ("clips and stills", cohort.clips),
        ("frames", cohort.frames),
        ("machines", cohort.machine_models),
        ("labelled frames", cohort.labelled),
    ]
    if content.groupings:
        tiles.append(("groups", len(content.groupings[0].cards)))
    return tiles


def _sections(content: ReportContent) -> list[tuple[str, str]]:
    offered = [
        ("words", "In plain words", True),
        ("cohort", "Cohort", True),
        ("groups", "Groups", bool(content.groupings)),
        ("scores", "Scores", bool(content.evaluations)),
        ("map-section", "Map", content.map is not None),
        ("training", "Training", bool(content.curves)),
        ("limits", "What this is not", True),
        ("origin", "Origin", True),
    ]
    return [(target, title) for target, title, there in offered if there]

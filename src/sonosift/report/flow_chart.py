"""From the archive to the cohort, step by step: what was left out, why, and what was left."""

from __future__ import annotations

from markupsafe import Markup, escape

from sonosift.cohort.flow import Flow, FlowStep
from sonosift.report.content import Chart

_WIDTH, _BOX, _SIDE = 760, 330, 350
_LINE, _PAD, _GAP = 19, 12, 26
_LETTERS_PER_LINE = 44
_REASONS_SHOWN = 6

_ABOUT = (
    "Each box is what is left after a step, each box beside it what that step left out, in files. Exams and patients "
    "are counted from where they are known."
)


def flow_chart(flow: Flow) -> Chart:
    """Draw the steps from top to bottom; one that left nothing out is drawn only if it is a rule of the user."""
    steps = [step for place, step in enumerate(flow.steps) if _is_drawn(step, place, len(flow.steps))]
    parts: list[str] = []
    top = 4.0
    for place, step in enumerate(steps):
        last = place == len(steps) - 1
        out = _left_out(step, "held back" if last else "left out")
        if place:
            # Beside the arrow between two boxes stands what was left out on the way.
            height = _height(len(out)) if out else 0.0
            room = max(_GAP, height + 16)
            parts.append(_arrow(_BOX / 2, top, _BOX / 2, top + room))
            if out:
                middle = top + room / 2
                parts.append(_arrow(_BOX / 2, middle, _WIDTH - _SIDE, middle))
                parts.append(_box(_WIDTH - _SIDE, middle - height / 2, _SIDE, out, "out"))
            top += room
        lines = _left(step, flow if last else None)
        parts.append(_box(0, top, _BOX, lines, "rest" if last else "step"))
        top += _height(len(lines))
    spoken = "; ".join(f"{step.title}: {step.files} files" for step in steps)
    opening = (
        f'<svg class="flow" viewBox="-2 0 {_WIDTH + 4} {top + 6:.0f}" role="img" '
        f'aria-label="{escape(f"Flow chart. {spoken}")}">'
        '<defs><marker id="flow-arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 8 4 0 8Z"/></marker></defs>'
    )
    # Every text above went through escape(); numbers are formatted by us.
    return Chart("From archive to cohort", _ABOUT, Markup(opening + "".join(parts) + "</svg>"))  # noqa: S704


def _is_drawn(step: FlowStep, place: int, count: int) -> bool:
    return place in (0, count - 1) or step.is_rule or bool(step.left_out)


def _left(step: FlowStep, flow: Flow | None) -> list[str]:
    lines = _wrapped(step.title)
    figures = [_counted(step.files, "file")]
    figures += [_counted(step.exams, "exam")] if step.exams is not None else []
    figures += [_counted(step.patients, "patient")] if step.patients is not None else []
    lines.append(", ".join(figures))
    if flow is not None:
        lines.append(_counted(flow.frames, "frame"))
        if flow.dark_frames:
            lines.append(f"without {_counted(flow.dark_frames, 'frame')} that show nothing")
        if flow.near_duplicate_frames:
            groups = _counted(flow.near_duplicate_groups, "group")
            lines.append(f"{_counted(flow.near_duplicate_frames, 'frame')} of them in {groups}")
            lines.append("of near-duplicates, kept and tied in splits")
    return lines


def _left_out(step: FlowStep, how: str) -> list[str]:
    if not step.left_out and not step.is_rule:
        return []
    total = sum(step.left_out.values())
    reasons = list(step.left_out.items())
    if step.is_rule or not reasons:
        return [f"{how}: {_counted(total, 'file')}"]
    shown = [f"{_thousands(count)} {reason.replace('_', ' ')}" for reason, count in reasons[:_REASONS_SHOWN]]
    rest = sum(count for _, count in reasons[_REASONS_SHOWN:])
    if rest:
        shown.append(f"{_thousands(rest)} for other reasons")
    return [f"{how}: {_counted(total, 'file')}", *shown]


def _counted(number: int, name: str) -> str:
    return f"{_thousands(number)} {name}{'' if number == 1 else 's'}"


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def _wrapped(text: str) -> list[str]:
    """Break a title between its words; a rule without blanks is cut.

    >>> _wrapped("not study_description=*biopsy*")
    ['not study_description=*biopsy*']
    >>> [len(line) for line in _wrapped("x" * 50)]
    [44, 6]
    """
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _LETTERS_PER_LINE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
        while len(lines[-1]) > _LETTERS_PER_LINE:
            lines[-1:] = [lines[-1][:_LETTERS_PER_LINE], lines[-1][_LETTERS_PER_LINE:]]
    return lines


def _height(lines: int) -> float:
    return lines * _LINE + 2 * _PAD - 4


def _box(x: float, y: float, width: float, lines: list[str], kind: str) -> str:
    parts = [
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width}" height="{_height(len(lines)):.1f}" rx="6"/>'
    ]
    for number, line in enumerate(lines):
        weight = ' class="head"' if number == 0 else ""
        place = y + _PAD + _LINE * number + 12
        parts.append(f'<text{weight} x="{x + _PAD:.1f}" y="{place:.1f}">{escape(line)}</text>')
    return "".join(parts)


def _arrow(x0: float, y0: float, x1: float, y1: float) -> str:
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" marker-end="url(#flow-arrow)"/>'

"""The tree along which groups merge, drawn sideways: leaves on the right, the last joining on the left."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup, escape

from sonosift.clusters.merge_tree import MergeTree
from sonosift.report.content import Chart

_WIDTH, _ROW, _LEFT, _TEXT = 640, 20, 12, 230
_ABOUT = (
    "Groups that join far to the right are hardly apart; a long line means that its groups belong together. "
    "Cut with “sonosift merge --to N”."
)


def merge_tree_chart(tree: MergeTree, titles: Mapping[int, str]) -> Chart | None:
    """Draw the tree; None where there is nothing to merge.

    Args:
        tree: the tree.
        titles: what each group is called.
    """
    if not tree.joinings:
        return None
    leaves = len(tree.groups)
    order = _leaves_under(tree, leaves + len(tree.joinings) - 1)
    height = _ROW * leaves + 26
    highest = max(joining.height for joining in tree.joinings) or 1.0
    right = _WIDTH - _TEXT

    def across(value: float) -> float:
        return right - (right - _LEFT) * max(0.0, value) / highest

    # Where each branch ends: its height and its line.
    ends = {leaf: (0.0, _ROW * (place + 0.5)) for place, leaf in enumerate(order)}
    parts = [f'<svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="Merge tree">']
    for leaf in order:
        y = ends[leaf][1]
        text = escape(titles.get(tree.groups[leaf], str(tree.groups[leaf])))
        parts.append(f'<text class="tick" x="{right + 8}" y="{y + 4:.1f}">{text}</text>')
    for step, joining in enumerate(tree.joinings):
        first, second = ends.pop(joining.first), ends.pop(joining.second)
        # Average linkage on cosines can dip below an earlier joining; the drawing never goes back.
        far = max(joining.height, first[0], second[0])
        x = across(far)
        points = f"{across(first[0]):.1f},{first[1]:.1f} {x:.1f},{first[1]:.1f} "
        points += f"{x:.1f},{second[1]:.1f} {across(second[0]):.1f},{second[1]:.1f}"
        parts.append(f'<polyline class="line s0" points="{points}"><title>{joining.height:.3f}</title></polyline>')
        ends[leaves + step] = (far, (first[1] + second[1]) / 2)
    for value in (0.0, highest):
        anchor = "end" if value == 0 else "start"
        parts.append(
            f'<text class="tick" x="{across(value):.1f}" y="{height - 6}" text-anchor="{anchor}">{value:.2f}</text>'
        )
    parts.append(
        f'<text class="tick" x="{right / 2:.0f}" y="{height - 6}" text-anchor="middle">mean distance of frames</text>'
        "</svg>"
    )
    return Chart("Which groups are alike", _ABOUT, Markup("".join(parts)))  # noqa: S704 every text was escaped


def _leaves_under(tree: MergeTree, node: int) -> list[int]:
    """Return the leaves of a branch from top to bottom."""
    if node < len(tree.groups):
        return [node]
    joining = tree.joinings[node - len(tree.groups)]
    return _leaves_under(tree, joining.first) + _leaves_under(tree, joining.second)

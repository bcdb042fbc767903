import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonosift.report.curves import line_chart, nice_ticks
from sonosift.report.run_curves import run_curves


def _points(drawing):
    return [
        [tuple(map(float, pair.split(","))) for pair in line.split()]
        for line in re.findall(r'<polyline[^>]*points="([^"]*)"', str(drawing))
    ]


def test_a_line_is_drawn_to_scale():
    chart = line_chart("t", "", {"a": [(0, 0.0), (50, 0.5), (100, 1.0)]})
    (points,) = _points(chart.drawing)
    (x0, y0), (x1, y1), (x2, y2) = points
    assert x1 == pytest.approx((x0 + x2) / 2)
    assert y1 == pytest.approx((y0 + y2) / 2)
    assert y2 < y0  # higher values stand higher up


def test_long_curves_keep_their_shape_in_few_points():
    steps = np.arange(100_000)
    chart = line_chart("t", "", {"a": list(zip(steps, steps / 100_000, strict=True))})
    (points,) = _points(chart.drawing)
    assert len(points) <= 400
    xs, ys = np.array(points).T
    assert np.corrcoef(xs, ys)[0, 1] == pytest.approx(-1.0, abs=1e-3)


def test_names_are_escaped_and_missing_values_left_out():
    chart = line_chart("<b>", "", {"<script>": [(0, float("nan")), (1, 2.0), (2, float("inf")), (3, 4.0)]}, floor=1.0)
    assert "<script>" not in chart.drawing
    assert "&lt;script&gt;" in chart.drawing
    assert len(_points(chart.drawing)[0]) == 2
    assert 'class="floor"' in chart.drawing


def test_nothing_to_draw_says_so():
    assert "No value" in line_chart("t", "", {"a": [(0, float("nan"))]}).drawing
    assert "circle" in line_chart("t", "", {"a": [(5, 1.0)]}).drawing


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_cover_the_range_in_equal_steps(low, width):
    ticks = nice_ticks(low, low + width)
    assert ticks[0] <= low + 1e-6 * width
    assert ticks[-1] >= low + width - 1e-6 * width
    assert 2 <= len(ticks) <= 12
    assert np.allclose(np.diff(ticks), ticks[1] - ticks[0], rtol=1e-3, atol=1e-6)


def test_metrics_find_their_charts():
    metrics = [
        {"step": step, "epoch": 0, "loss": 3.0 - step, "loss_balance": 2.0, "filled_clusters": 5.0,
         "validation_weighted_f1": 0.5, "images_per_second": 9.0, "learning_rate": 1e-4, "note": "some words",
         "seconds": 3.0}
        for step in range(3)
    ]  # fmt: skip
    curves = run_curves("r", metrics)
    titles = [chart.title for chart in curves.charts]
    assert titles == ["Loss", "Scores during training", "Groups in use"]
    assert len(_points(curves.charts[0].drawing)) == 2
    assert "some words" not in "".join(chart.drawing for chart in curves.charts)


def test_numbers_of_different_size_get_charts_of_their_own():
    curves = run_curves(
        "r", [{"step": 0, "loss": 100.0, "loss_small": 0.1}, {"step": 1, "loss": 90.0, "loss_small": 0.2}]
    )
    assert [len(_points(chart.drawing)) for chart in curves.charts] == [1, 1]


def test_a_run_without_metrics_has_no_curves():
    assert run_curves("r", []) is None
    assert run_curves("r", [{"step": 1, "device": "cpu"}]) is None


def test_a_mark_stands_upright_where_its_x_is():
    chart = line_chart("t", "", {"a": [(2, 0.0), (4, 1.0), (6, 0.5)]}, mark=("suggested: 4 <", 4.0))
    points = re.search(r'points="([^"]+)"', chart.drawing)[1].split()
    line = re.search(r'class="floor" x1="([\d.]+)" x2="([\d.]+)"', chart.drawing)
    assert line[1] == line[2] == points[1].split(",")[0]
    assert "suggested: 4 &lt;" in chart.drawing
    assert 'class="floor"' not in line_chart("t", "", {"a": [(2, 0.0), (4, 1.0)]}).drawing

"""Overlays: identity is planted, labels keep off the image, calipers tell true lengths, flow stays in its box."""

import re
from datetime import date, datetime

import numpy as np
import pytest

from sonosift.phantom.paperwork.identities import Hospital, Patient
from sonosift.phantom.paperwork.planted import Planted
from sonosift.phantom.screen.overlay_banner import draw_banner
from sonosift.phantom.screen.overlay_flow import choose_box, draw_box, flow_colours, paint_flow
from sonosift.phantom.screen.overlay_heart_trace import heart_trace
from sonosift.phantom.screen.overlay_machine import draw_depth_marks, draw_figures, draw_grey_bar
from sonosift.phantom.screen.overlay_operator import draw_body_mark, draw_calipers, draw_label, measured_ends
from sonosift.phantom.screen.report_page import draw_report, draw_test_image
from sonosift.phantom.screen.screen_canvas import Canvas
from sonosift.phantom.screen.screen_content import ScreenContent
from sonosift.phantom.screen.screen_styles import SCREEN_STYLES

STYLES = pytest.mark.parametrize("style", SCREEN_STYLES, ids=lambda style: style.name)


def content(shows_identity=True):
    patient = Patient("P00001", "Müller", "Zoë", "F", date(1961, 5, 23), "4711234", "A123", "0123-4", "Mill Lane 3")
    hospital = Hospital("Klinikum Nordhaven", "Elm 1", "+49 1", "US", "X_HIS", ("A^B^^Dr", "C^D^^Dr"), ("E^F", "QX"))
    return ScreenContent(
        patient, hospital, datetime(2019, 4, 12, 9, 41, 7), "QX", "SC6-1", "Abd", 3.4, 152.0, 61, 60, 28.0, 1.1, 0.4,
        0.5, shows_identity,
    )  # fmt: skip


def sheet(style):
    """A screen whose fan is a triangle, so that the corners of the image area are free."""
    x0, y0, x1, y1 = style.area
    rows, columns = np.mgrid[0 : style.height, 0 : style.width]
    fan = np.abs(columns - (x0 + x1) / 2) <= (rows - y0) * 0.5
    fan &= (rows >= y0) & (rows < y1 - 60)
    return Canvas(style.height, style.width, 3, fan)


@STYLES
def test_the_banner_burns_in_identity_and_plants_it(style):
    canvas, planted = sheet(style), Planted("P00001")
    draw_banner(canvas, style, content(), planted)
    tokens = {token for token, _, _ in planted.rows()}
    burnt = " ".join(drawn.text for drawn in canvas.texts if drawn.kind == "identity")
    assert "4711234" in burnt
    assert "QX" in tokens
    assert re.search("m[uü]ller", burnt, re.IGNORECASE)
    assert any(token in burnt for token in tokens if token.lower().startswith(("klin", "nordh")))
    # Whatever is left of a text after its planted tokens are taken out names nobody.
    for drawn in canvas.texts:
        rest = drawn.text
        for token in sorted(tokens, key=len, reverse=True):
            rest = rest.replace(token, "")
        assert not re.search(r"m[uü]ller|zo[eë]|4711|nordhaven|1961|2019", rest, re.IGNORECASE)


@STYLES
def test_privacy_mode_shows_no_patient(style):
    canvas = sheet(style)
    draw_banner(canvas, style, content(shows_identity=False), Planted("P00001"))
    burnt = " ".join(drawn.text for drawn in canvas.texts)
    assert not re.search(r"m[uü]ller|zo[eë]|4711|1961", burnt, re.IGNORECASE)


@STYLES
def test_labels_stand_beside_the_image_unless_the_operator_is_careless(style):
    inside = 0
    for seed in range(60):
        canvas = sheet(style)
        draw_label(canvas, style, "RT LOBE", np.random.default_rng(seed))
        inside += canvas.texts[0].inside_fan
        assert canvas.texts[0].kind == "label"
    assert abs(inside / 60 - style.label_inside) < 4 * np.sqrt(0.25 / 60)


@STYLES
def test_depth_marks_are_one_centimetre_apart(style):
    canvas = sheet(style)
    draw_depth_marks(canvas, style, 0.5, 0.4)  # 20 pixels a centimetre
    shown = canvas.over(np.zeros((style.height, style.width, 3), dtype=np.uint8)).max(axis=2)
    column = style.area[2] + 7 if style.ticks == "right" else style.area[0] - 11
    edges = np.flatnonzero(np.diff((shown[:, column] > 128).astype(int)) == 1)
    gaps = np.diff(edges)
    # The focus sign may add an edge of its own between two marks.
    assert np.median(gaps) == 20
    assert np.mean(gaps == 20) > 0.8


def test_calipers_measure_what_they_span():
    style = SCREEN_STYLES[0]
    rows, columns = np.mgrid[0 : style.height, 0 : style.width]
    ellipse = ((columns - 500) / 120) ** 2 + ((rows - 400) / 60) ** 2 <= 1
    canvas, rng = sheet(style), np.random.default_rng(3)
    ends = []
    while len(ends) < 2:
        ends = measured_ends(ellipse, rng)
    draw_calipers(canvas, style, ends, 0.5, rng)
    lengths = [float(re.search(r"([\d.]+) cm", drawn.text).group(1)) for drawn in canvas.texts]
    assert lengths == pytest.approx([12.0, 6.0], rel=0.12)
    assert measured_ends(np.zeros((9, 9), dtype=bool), rng) == []


def test_flow_colours_only_dark_places_in_the_box():
    rng = np.random.default_rng(4)
    fan = np.zeros((300, 300), dtype=bool)
    fan[20:280, 20:280] = True
    box = draw_box(fan, rng, sector=True)
    x0, _, x1, _ = box.bounds
    grey = np.full((300, 300), 120, dtype=np.uint8)
    grey[:, (x0 + x1) // 2 :] = 5
    screen = np.repeat(grey[..., None], 3, axis=2)
    before = screen.copy()
    paint_flow(screen, grey, box, rng, 1.0)
    painted = (screen != before).any(axis=2)
    assert painted.any()
    assert not painted[~box.inside].any()
    assert not painted[:, : (x0 + x1) // 2 - 12].any()
    # The same through a part of the screen.
    part = before[10:290, 15:295].copy()
    paint_flow(part, grey[10:290, 15:295], box, np.random.default_rng(9), 1.0, corner=(15, 10))
    again = before.copy()
    paint_flow(again, grey, box, np.random.default_rng(9), 1.0)
    assert np.mean((part != again[10:290, 15:295]).any(axis=2)) < 0.01  # the blur sees other borders


def test_the_box_is_placed_on_vessels_when_there_are_some():
    fan = np.zeros((300, 300), dtype=bool)
    fan[20:280, 20:280] = True
    grey = np.full((300, 300), 120, dtype=np.uint8)
    grey[200:214, :] = 8  # one vessel, deep
    dark = grey < 50
    chosen, drawn = [], []
    for seed in range(30):
        chosen.append((choose_box(fan, grey, np.random.default_rng(seed), sector=False).inside & dark).any())
        drawn.append((draw_box(fan, np.random.default_rng(seed), sector=False).inside & dark).any())
    assert sum(chosen) > sum(drawn)
    assert sum(chosen) >= 27


def test_flow_scale_is_red_towards_and_blue_away():
    towards, away = flow_colours(np.array([0.4, -0.4], dtype=np.float32)).astype(int)
    assert towards[0] > towards[2]
    assert away.tolist() == towards[::-1].tolist()


def test_the_heart_trace_repeats_and_peaks_once_a_beat():
    phase = np.linspace(0, 1, 1000, endpoint=False)
    trace = heart_trace(phase)
    assert np.allclose(trace, heart_trace(phase + 3))
    assert phase[int(trace.argmax())] == pytest.approx(0.3, abs=0.01)


@STYLES
def test_the_rest_draws_within_the_screen(style):
    canvas, rng = sheet(style), np.random.default_rng(5)
    draw_figures(canvas, style, content())
    draw_grey_bar(canvas, style)
    draw_body_mark(canvas, style, "left_kidney_sag", rng)
    texts = [drawn.text for drawn in canvas.texts]
    assert any("15.2" in text for text in texts)  # depth in centimetres
    bar = canvas.over(np.zeros((style.height, style.width, 3), dtype=np.uint8))
    x0, y0, _, y1 = style.grey_bar
    assert bar[y0, x0].tolist() == [255, 255, 255]
    assert bar[y1 - 1, x0].tolist() == [0, 0, 0]


def test_report_pages_name_the_patient_and_test_images_nobody():
    planted, rng = Planted("P00001"), np.random.default_rng(6)
    page, texts = draw_report(SCREEN_STYLES[0], content(), planted, rng)
    identity = [drawn.text for drawn in texts if drawn.kind == "identity"]
    assert {"4711234", "Klinikum Nordhaven"} <= set(identity)
    assert set(identity) <= {token for token, _, _ in planted.rows()}
    assert page.shape == (768, 1024, 3)
    _, texts = draw_test_image(SCREEN_STYLES[0], rng)
    assert all(drawn.kind == "machine" for drawn in texts)

"""Identity on the image: wholly on it, told in the truth, readable by its pixels, and in its frames only."""

import numpy as np
import pytest

from sonosift.phantom.anatomy.body import draw_body
from sonosift.phantom.paperwork.planted import Planted
from sonosift.phantom.rare_mess import own_chance
from sonosift.phantom.scanning.acquisition import acquire
from sonosift.phantom.scanning.scanner import SCANNERS
from sonosift.phantom.screen import text_on_image
from sonosift.phantom.screen.screen_canvas import Canvas
from sonosift.phantom.screen.screen_styles import SCREEN_STYLES
from sonosift.phantom.screen.shot_picture import Extras, show
from tests.phantom.screen.test_overlays import content, sheet

STYLES = pytest.mark.parametrize("style", SCREEN_STYLES, ids=lambda style: style.name)


@pytest.fixture(scope="module")
def clip():
    rng = np.random.default_rng(5)
    return acquire(draw_body(rng), "liver_right_lobe", SCANNERS[0], rng, size=(120, 140), frames=7)


def shown(clip, style, channels=3, seed=0):
    planted = Planted("P00001")
    found = show(
        style, [clip], content(), Extras(), channels=channels, planted=planted, rng=np.random.default_rng(1),
        chance=own_chance(seed, 1), keep_bare=True,
    )  # fmt: skip
    return found, {token for token, _, _ in planted.rows()}


@STYLES
def test_typed_identity_lies_wholly_on_the_image_and_is_planted(style, monkeypatch):
    monkeypatch.setattr(text_on_image, "IDENTITY_TYPED_ON_IMAGE", 1.0)
    upright = 0
    for seed in range(20):
        canvas, planted, chance = sheet(style), Planted("P00001"), own_chance(seed)
        typed = text_on_image.draw_typed_text(style, content(), planted, chance)
        text_on_image.put_typed_text(canvas, style, typed, np.full(canvas.fan.shape, 80, np.uint8), chance)
        (drawn,) = canvas.texts
        x0, y0, x1, y1 = drawn.box
        assert canvas.fan[y0:y1, x0:x1].all()
        assert drawn.kind == "identity"
        assert any(token in drawn.text for token, _, _ in planted.rows())
        assert typed.upright == (y1 - y0 > x1 - x0)
        upright += typed.upright
    assert 0 < upright < 20


def test_the_share_of_typed_identity_is_the_one_stated():
    planted = Planted("P00001")
    style = SCREEN_STYLES[0]
    hits = sum(
        text_on_image.draw_typed_text(style, content(), planted, own_chance(7, number)) is not None
        for number in range(3000)
    )
    share = text_on_image.IDENTITY_TYPED_ON_IMAGE
    assert abs(hits / 3000 - share) < 4 * np.sqrt(share / 3000)


def test_no_room_no_text():
    style = SCREEN_STYLES[0]
    canvas = Canvas(style.height, style.width, 1, np.zeros((style.height, style.width), bool))
    canvas.fan[300:305, 300:900] = True
    typed = text_on_image.TypedText("MÜLLER", 14, None, upright=False)
    text_on_image.put_typed_text(canvas, style, typed, np.zeros(canvas.fan.shape, np.uint8), own_chance(1))
    assert canvas.texts == []


@pytest.mark.parametrize("channels", [1, 3])
def test_a_popup_is_in_its_frames_only(clip, monkeypatch, channels):
    monkeypatch.setattr(text_on_image, "POPUP_IN_CLIP", 1.0)
    found, tokens = shown(clip, SCREEN_STYLES[0], channels, seed=3)
    during = found.passing_frames
    assert 2 <= during.start < during.stop <= 7
    assert any(token in drawn.text for drawn in found.passing for token in tokens)
    assert all(drawn.inside_fan for drawn in found.passing)
    for index in range(7):
        same = [(found.frames[index] == found.frames[0])[y0:y1, x0:x1].all() for x0, y0, x1, y1 in boxes(found.texts)]
        assert all(same)  # what stands still does
        for x0, y0, x1, y1 in boxes(found.passing):
            differs = (found.frames[index] != found.bare[index])[y0:y1, x0:x1].mean()
            assert differs > 0.9 if index in during else differs == 0
        assert (set(found.texts_at(index)) > set(found.texts)) == (index in during)


def boxes(texts):
    return [drawn.box for drawn in texts if drawn.text]


@pytest.mark.parametrize("channels", [1, 3])
def test_bare_pictures_are_the_shown_ones_without_the_drawing(clip, channels, monkeypatch):
    monkeypatch.setattr(text_on_image, "IDENTITY_TYPED_ON_IMAGE", 1.0)
    monkeypatch.setattr(text_on_image, "POPUP_IN_CLIP", 0.0)
    style = SCREEN_STYLES[2]
    found, _ = shown(clip, style, channels)
    fan = found.placements[0].mask_on(clip.fan, style)
    differs = (found.frames != found.bare).reshape(7, style.height, style.width, -1).any(axis=3)
    inked = np.zeros_like(fan)
    for x0, y0, x1, y1 in boxes(found.texts):
        inked[y0:y1, x0:x1] = True
    assert not (differs & fan & ~inked).any()  # nothing but text is drawn on this image
    assert (differs & fan & inked).any()
    assert not found.bare[:, ~fan].any()

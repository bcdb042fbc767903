"""Flow is told from writing in colour; writing on flow is found as if the flow were not there."""

import cv2
import numpy as np
import pytest

from sonosift.privacy.clip_cleaner import ClipCleaner
from sonosift.privacy.flow_colours import FlowMasks, WithoutFlow, flow_in, flow_with_words, without_box_outline

HEIGHT, WIDTH = 360, 480
INSIDE = np.ones((HEIGHT, WIDTH), dtype=bool)


def tissue(seed=0):
    noise = cv2.GaussianBlur(np.random.default_rng(seed).rayleigh(40, (HEIGHT, WIDTH)), (0, 0), 1.5)
    return np.repeat(np.clip(noise, 8, 255).astype(np.uint8)[..., None], 3, axis=2)


def branches():
    """Where vessels run: a thick trunk that turns, with twigs at every turn."""
    draw = np.random.default_rng(2)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    x, y = 130, 190
    for _ in range(14):
        turn = draw.uniform(-1.2, 1.2)
        end = (round(x + 26 * np.cos(turn)), round(np.clip(y + 26 * np.sin(turn), 120, 260)))
        cv2.line(mask, (x, y), end, 1, int(draw.integers(8, 15)))
        for twig in draw.uniform(0, 2 * np.pi, 2):
            tip = (round(end[0] + 22 * np.cos(twig)), round(end[1] + 22 * np.sin(twig)))
            cv2.line(mask, end, tip, 1, int(draw.integers(2, 5)))
        x, y = end
    return mask > 0


def with_power_doppler(picture):
    """Paint the vessels from red at their edge to yellow in their middle, as power Doppler does."""
    mask = branches()
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    speckle = np.random.default_rng(5).uniform(0.7, 1.0, depth.shape)
    strength = np.clip((depth / 4) * speckle, 0, 1)[mask]
    picture[mask] = np.stack([130 + 125 * strength, 255 * strength, 60 * strength**4], axis=1).astype(np.uint8)
    return picture


def letters(picture, ink, thickness, text="MILLER", place=(150, 190)):
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 1.0 + thickness / 6, ink, thickness)
    return picture


def as_jpeg(rgb):
    """Halve the resolution of the colours, as most machines' files do."""
    data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].copy()


def study(rgb):
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    masks = FlowMasks()
    masks.append(flow_in(rgb, INSIDE))
    written = flow_with_words([grey], masks, INSIDE)
    return ClipCleaner().study(WithoutFlow([grey], masks, written), INSIDE, grey, (0, 0))


def test_vessels_are_flow_and_are_not_painted_over():
    picture = as_jpeg(with_power_doppler(tissue()))
    flow = flow_in(picture, INSIDE)
    assert (flow & branches()).sum() > 0.8 * branches().sum()
    overlay = study(picture)
    assert (overlay.altered(0) & branches()).sum() < 0.02 * branches().sum()


def test_flow_has_no_edges_in_what_is_looked_at():
    picture = as_jpeg(with_power_doppler(tissue()))
    grey, masks = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), FlowMasks()
    masks.append(flow_in(picture, INSIDE))
    relief = [
        cv2.morphologyEx(shown, cv2.MORPH_TOPHAT, np.ones((9, 9), np.uint8))[branches()].mean()
        for shown in (grey, WithoutFlow([grey], masks)[0])
    ]
    assert relief[1] < 0.5 * relief[0]


def with_blue_flow(picture, *, shades=True):
    """Fill a vessel with blue alone, from dark at its wall to bright, as slow flow away from the probe is shown."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, (240, 190), (110, 30), -12, 0, 360, 1, -1)
    depth = np.minimum(cv2.distanceTransform(mask, cv2.DIST_L2, 5) / 20, 1) * np.random.default_rng(6).uniform(
        0.75, 1.0, mask.shape
    )
    vessel = mask > 0
    picture[vessel] = (0, 30, 240)
    if shades:
        picture[vessel] = ((110 + 145 * depth[vessel])[:, None] * np.array([0, 0.12, 1.0])).astype(np.uint8)
    return picture, vessel


def test_a_broad_vessel_of_blue_alone_is_flow_and_is_not_painted_over():
    picture, vessel = with_blue_flow(tissue())
    picture = as_jpeg(picture)
    flow = flow_in(picture, INSIDE)
    assert (flow & vessel).sum() > 0.8 * vessel.sum()
    assert (study(picture).altered(0) & vessel).sum() < 0.02 * vessel.sum()


def test_a_coloured_mark_is_no_flow_however_broad():
    picture, _ = with_blue_flow(tissue(), shades=False)
    for shown in (picture, as_jpeg(picture)):
        assert flow_in(shown, INSIDE) is None


def test_white_letters_on_blue_flow_are_painted_over():
    picture, _ = with_blue_flow(tissue())
    overlay = study(as_jpeg(letters(picture, (255, 255, 255), 2, place=(160, 205))))
    strokes = letters(np.zeros((HEIGHT, WIDTH), np.uint8), 255, 2, place=(160, 205)) > 128
    assert (overlay.altered(0) & strokes).sum() > 0.9 * strokes.sum()


@pytest.mark.parametrize("ink", [(255, 255, 255), (255, 230, 120)])
def test_pale_letters_on_flow_are_painted_over(ink):
    overlay = study(as_jpeg(letters(with_power_doppler(tissue()), ink, 2)))
    strokes = letters(np.zeros((HEIGHT, WIDTH), np.uint8), 255, 2) > 128
    assert (overlay.altered(0) & strokes).sum() > 0.9 * strokes.sum()


@pytest.mark.parametrize("ink", [(150, 200, 255), (0, 255, 0), (0, 255, 255)])
def test_letters_in_colour_on_flow_cannot_be_read_afterwards(ink):
    picture = as_jpeg(letters(with_power_doppler(tissue()), ink, 2))
    overlay = study(picture)
    grey, masks = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), FlowMasks()
    masks.append(flow_in(picture, INSIDE))
    strokes = letters(np.zeros((HEIGHT, WIDTH), np.uint8), 255, 2) > 128
    assert flow_with_words([grey], masks, INSIDE).any()
    assert not flow_with_words([overlay.clean(0, grey)], masks, INSIDE).any()
    # Nothing that would have been painted over without any thought of flow is spared.
    plain = ClipCleaner().study([grey], INSIDE, grey, (0, 0))
    assert (overlay.altered(0) & strokes).sum() >= 0.95 * (plain.altered(0) & strokes).sum()


@pytest.mark.parametrize("thickness", [1, 3, 6, 9])
@pytest.mark.parametrize("ink", [(255, 0, 0), (255, 255, 0), (0, 0, 255), (255, 140, 0), (0, 255, 255), (0, 255, 0)])
def test_letters_in_colour_are_no_flow_however_thick(ink, thickness):
    picture = letters(tissue(), ink, thickness)
    for shown in (picture, as_jpeg(picture)):
        flow = flow_in(shown, INSIDE)
        assert flow is None or flow.sum() < 40


def test_grey_and_tinted_pictures_show_none():
    assert flow_in(None, INSIDE) is None
    assert flow_in(tissue(), INSIDE) is None
    sepia = (tissue() * np.array([1.0, 0.85, 0.65])).astype(np.uint8)
    assert flow_in(sepia, INSIDE) is None


def test_nothing_outside_the_fan_counts():
    picture = with_power_doppler(tissue())
    assert flow_in(picture, ~branches()) is None


def test_masks_come_back_as_they_were_noted_and_other_frames_are_untouched():
    flow, masks = branches(), FlowMasks()
    assert not masks
    for noted in (None, flow, None):
        masks.append(noted)
    assert masks
    assert masks.at(0) is None
    assert (masks.at(1) == flow).all()
    grey = tissue()[..., 0]
    shown = WithoutFlow([grey, grey, grey], masks)
    assert (shown[0] == grey).all()
    assert (shown[-1] == grey).all()
    assert (shown[-2][~flow] == grey[~flow]).all()
    assert (shown[1][flow] != grey[flow]).mean() > 0.8


def test_the_outline_of_a_box_is_no_lost_tissue_and_lines_of_text_are():
    marks = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.rectangle(marks, (100, 80), (380, 280), 1, 7)
    box = marks > 0
    assert not without_box_outline(box).any()
    for line in range(5):
        cv2.rectangle(marks, (130, 100 + 30 * line), (350, 118 + 30 * line), 1, -1)
    assert (without_box_outline(marks > 0) == ((marks > 0) & ~box)).all()
    page = np.zeros((HEIGHT, WIDTH), bool)
    page[60:300, 80:400] = True
    assert (without_box_outline(page) == page).all()

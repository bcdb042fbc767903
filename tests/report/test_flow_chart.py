import re
from xml.etree import ElementTree as ET

import pytest

from sonosift.cohort.flow import Flow, FlowStep
from sonosift.report.flow_chart import flow_chart


def a_flow(rule="not study_description=*biopsy*", out=30):
    return Flow(
        steps=(
            FlowStep(title="files in the archive", files=2000),
            FlowStep(title="images and clips", files=1990, left_out={"not_an_image": 10}),
            FlowStep(title="readable", files=1990, exams=90, patients=80),
            FlowStep(title=rule, files=1990 - out, exams=60, patients=55, left_out={"out_of_scope": out}, is_rule=True),
            FlowStep(title="in the cohort", files=1950 - out, exams=59, patients=54, left_out={"writing": 40}),
        ),
        frames=12345,
        dark_frames=8,
        near_duplicate_frames=7,
        near_duplicate_groups=3,
    )


def texts(chart):
    return [element.text for element in ET.fromstring(str(chart.drawing)).iter("text")]


def boxes(chart):
    found = ET.fromstring(str(chart.drawing)).iter("rect")
    return [tuple(float(rect.get(name)) for name in ("x", "y", "width", "height")) for rect in found]


def test_every_number_stands_in_the_drawing():
    words = " ".join(texts(flow_chart(a_flow()))).replace("\u202f", "")
    for number in (2000, 1990, 10, 1960, 60, 55, 30, 1920, 59, 54, 40, 12345, 8, 7, 3):
        assert re.search(rf"\b{number}\b", words), number


def test_what_waits_for_a_person_is_told_from_what_is_out():
    drawn = texts(flow_chart(a_flow()))
    assert drawn[drawn.index("40 writing") - 1] == "held back: 40 files"
    assert drawn[drawn.index("10 not an image") - 1] == "left out: 10 files"


def test_steps_without_effect_are_left_out_but_rules_are_not():
    drawn = texts(flow_chart(a_flow(out=0)))
    assert "readable" not in drawn
    assert "not study_description=*biopsy*" in drawn
    assert "left out: 0 files" in drawn


def test_what_the_user_wrote_cannot_leave_its_place():
    drawing = str(flow_chart(a_flow(rule='body_part=<script>"&')).drawing)
    assert "<script>" not in drawing
    assert 'body_part=<script>"&' in texts(flow_chart(a_flow(rule='body_part=<script>"&')))


@pytest.mark.parametrize("rule", ["body_part=a", "body_part=" + "x" * 200, "a=b or " * 30])
def test_boxes_lie_inside_the_picture_and_apart(rule):
    chart = flow_chart(a_flow(rule))
    left, top, width, height = map(float, re.search(r'viewBox="([^"]+)"', str(chart.drawing))[1].split())
    found = boxes(chart)
    for x, y, w, h in found:
        assert left <= x
        assert x + w <= left + width
        assert top <= y
        assert y + h <= top + height
    for one in range(len(found)):
        for other in range(one):
            (x, y, w, h), (u, v, s, t) = found[one], found[other]
            assert x + w <= u or u + s <= x or y + h <= v or v + t <= y


def test_colours_are_left_to_the_page():
    # Light and dark follow the style sheet: no colour is written into the drawing.
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b(?!arrow)|rgb\(|fill=|stroke=", str(flow_chart(a_flow()).drawing))

import base64
import dataclasses
import hashlib
import html.parser
import re

import pytest

from sonosift.evaluate.score_table import Evaluation
from sonosift.report.content import Share
from sonosift.report.page import best_f1, render, verdict

HOSTILE = '"><script>alert(1)</script><img src=x onerror="alert(2)">{{ 7*7 }}'
VOID = {"meta", "link", "img", "br", "input", "hr"}


class Parsed(html.parser.HTMLParser):
    """Every tag with its attributes, the text, and whether tags are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_nothing_on_the_page_points_outside(page):
    parsed = Parsed(page)
    assert parsed.open == []
    for tag, attributes in parsed.tags:
        for name, value in attributes.items():
            if name in {"src", "href", "action", "poster", "data", "srcset", "formaction", "xlink:href"}:
                assert value.startswith(("data:", "#")), (tag, name, value[:60])
            assert not name.startswith("on"), (tag, name)
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\((?!\$\{atlas)", page)


def test_the_policy_lets_only_our_own_script_run(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page).group(1)
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy.replace("&#39;", "'")
    assert "default-src 'none'" in policy


def test_hostile_names_are_text_wherever_they_stand(content):
    cohort = dataclasses.replace(
        content.cohort,
        name=HOSTILE,
        machines=[Share(HOSTILE, 1, 1.0)],
        labels=[Share(HOSTILE, 1, 1.0)],
        quarantine=[Share(HOSTILE, 1, 1.0)],
    )
    evaluation = Evaluation.model_validate_json(
        content.evaluations[0].model_dump_json().replace("train-1", "EVIL").replace("Orbis 200", "EVIL")
    )
    evaluation = Evaluation.model_validate(
        _replaced(evaluation.model_dump(), "EVIL", HOSTILE) | {"notes": [HOSTILE], "label_names": [HOSTILE] * 7}
    )
    card = content.groupings[0].cards[0]
    picture = dataclasses.replace(card.typical[0], caption=HOSTILE)
    hostile_card = dataclasses.replace(
        card, labels=[Share(HOSTILE, 1, 0.9)], machines=[Share(HOSTILE, 1, 1.0)], typical=[picture], warnings=[HOSTILE]
    )
    grouping = dataclasses.replace(content.groupings[0], run=HOSTILE, method=HOSTILE, cards=[hostile_card])
    points = dataclasses.replace(content.map, run=HOSTILE, captions=[HOSTILE] * len(content.map.captions))
    hostile = dataclasses.replace(
        content,
        cohort=cohort,
        findings=[HOSTILE],
        groupings=[grouping],
        evaluations=[evaluation],
        map=points,
        versions=[(HOSTILE, HOSTILE)],
    )
    plain, parsed = Parsed(render(content)), Parsed(render(hostile))
    assert "alert(1)" in "".join(parsed.text)
    assert "49" not in re.findall(r"onerror=\"alert\(2\)\">(\S+)", "".join(parsed.text))
    scripts = [attributes for tag, attributes in parsed.tags if tag == "script"]
    assert scripts == [attributes for tag, attributes in plain.tags if tag == "script"]
    assert not any("onerror" in attributes for _, attributes in parsed.tags)


def test_figures_on_the_page_are_those_of_the_evaluation(content, page):
    text = " ".join("".join(Parsed(page).text).split())
    ours = content.evaluations[0].methods[0]
    for row in ours.classes:
        assert f"{row.f1.value:.2f}{row.f1.low:.2f}–{row.f1.high:.2f}" in text
    figure = ours.weighted_f1
    assert f"weighted F1 of {figure.value:.2f} (95 % interval {figure.low:.2f} to {figure.high:.2f})" in text
    for card in content.groupings[0].cards:
        assert f"Group {card.number} · {card.title}" in text


def test_every_picture_has_words_for_those_who_cannot_see_it(page):
    pictures = [attributes for tag, attributes in Parsed(page).tags if tag == "img"]
    assert len(pictures) > 50
    assert all(picture["alt"] or "hidden" in picture for picture in pictures)


def test_a_cohort_without_runs_is_still_a_page(content):
    bare = dataclasses.replace(content, groupings=[], curves=[], evaluations=[], map=None, runs=[])
    parsed = Parsed(render(bare))
    assert parsed.open == []
    targets = {attributes["id"] for _, attributes in parsed.tags if "id" in attributes}
    links = [attributes["href"][1:] for tag, attributes in parsed.tags if tag == "a"]
    assert links
    assert set(links) <= targets


def test_links_of_the_whole_page_have_their_sections(page):
    parsed = Parsed(page)
    identifiers = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert {attributes["href"][1:] for tag, attributes in parsed.tags if tag == "a"} <= set(identifiers)


def test_the_page_is_light(page):
    assert len(page) < 6_000_000


def test_the_best_figure_may_be_a_baseline(content):
    evaluation = content.evaluations[0]
    swapped = evaluation.model_copy(update={"methods": evaluation.methods[::-1]})
    assert best_f1(evaluation) == best_f1(swapped) == max(method.weighted_f1.value for method in evaluation.methods)


@pytest.mark.parametrize(
    ("low", "high", "word"), [(0.1, 0.2, "better"), (-0.2, -0.1, "worse"), (None, None, "unknown")]
)
def test_verdict(low, high, word):
    from sonosift.evaluate.score_table import Figure

    assert verdict(Figure(value=0.0, low=low, high=high)) == word


def _replaced(value, old, new):
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {key: _replaced(part, old, new) for key, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, old, new) for part in value]
    return value

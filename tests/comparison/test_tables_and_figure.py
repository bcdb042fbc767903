"""What is written of a comparison: tables as text, the figure as a picture."""

import csv
import io
import xml.etree.ElementTree as ET

import numpy as np

from sonosift.comparison import tables
from sonosift.comparison.figure import draw
from sonosift.comparison.judged_rows import CONSTANT, PROBING, TRAINING, Row, Verdict

SVG = "{http://www.w3.org/2000/svg}"


def row(name, fraction, kind, hits, *, method="", init="", seeds=2):
    """Twenty answers for each of two labels, ``hits`` of them right, one more with every seed."""
    counts = [np.array([[[hits + s, 20 - hits - s, 20 - hits - s]] * 2], dtype=float) for s in range(seeds)]
    verdicts = {s: Verdict(hits / 20, counts[s], ["p"]) for s in range(seeds)}
    return Row(name, fraction, kind, method, init, verdicts)


def rows():
    made = [
        row(f"{method} from {init}", fraction, TRAINING, hits, method=method, init=init)
        for method, init, hits in (
            ("m", "random", 6),
            ("m", "Image<Net>", 9),
            ("n", "random", 11),
            ("n", "Image<Net>", 12),
        )
        for fraction in (0.1, 1.0)
    ]
    made += [row("probe", fraction, PROBING, 8) for fraction in (0.1, 1.0)]
    made += [row("weak probe", fraction, PROBING, 2) for fraction in (0.1, 1.0)]
    made += [row("yes", fraction, CONSTANT, 5, seeds=1) for fraction in (0.1, 1.0)]
    return {(one.name, one.fraction): one for one in made}


def test_the_main_table_holds_every_row_and_the_interval_of_students():
    table = tables.by_fraction(rows(), (0.1, 1.0))
    assert [line[0] for line in table.rows] == list(dict.fromkeys(name for name, _ in rows()))
    first = {line[0]: line[1] for line in table.rows}
    # Two seeds, 0.30 and 0.35: Student's 12.706 standard errors of 0.025.
    assert first["m from random"] == "0.325 (0.007 to 0.643)"
    assert first["yes"] == "0.250"


def test_the_same_table_as_markdown_html_and_csv():
    table = tables.by_fraction(rows(), (0.1, 1.0))
    assert table.markdown().count("\n| ") == len(table.rows) + 2  # header and rule
    assert "Image<Net>" not in table.html()
    assert "Image&lt;Net&gt;" in table.html()
    found = list(csv.reader(io.StringIO(tables.as_csv(table.header, table.rows))))
    assert found[1:] == [list(line) for line in table.rows]


def test_per_label_figures_and_a_label_that_is_not_there():
    some = row("x", 1.0, TRAINING, 10, seeds=1)
    some.verdicts[0].counts[:, 1] = [0, 4, 0]
    table = tables.per_class(some, ("a", "b"))
    assert table.rows[0] == ["precision", "0.500", "–", "0.500"]
    assert table.rows[3] == ["frames", "20", "0", "20"]


def test_the_figure_has_a_line_for_every_training_the_best_probe_and_the_constants():
    picture = ET.fromstring(draw(rows(), (0.1, 1.0)))
    assert len(picture.findall(f"{SVG}polyline")) == 4 + 1 + 1
    words = [text.text for text in picture.iter(f"{SVG}text")]
    assert {"10 %", "100 %", "m from Image<Net>", "probe", "yes"} <= set(words)
    assert "weak probe" not in words
    # First weights by colour, methods by dashes.
    trained = picture.findall(f"{SVG}polyline")[2:]
    assert len({line.get("stroke") for line in trained}) == 2
    assert len({line.get("stroke-dasharray") for line in trained}) == 2
    left, _, width, height = map(float, picture.get("viewBox").split())
    for circle in picture.iter(f"{SVG}circle"):
        assert left <= float(circle.get("cx")) <= width
        assert 0 <= float(circle.get("cy")) <= height

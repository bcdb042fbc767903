import re

import numpy as np
import polars as pl

from sonosift.clusters.group_number_sweep import Sweep, SweepRow
from sonosift.clusters.merge_tree import merge_tree
from sonosift.cohort.run_folder import RunFolder
from sonosift.evaluate.label_economy import EconomyPoint, LabelEconomy
from sonosift.evaluate.run_outputs import RunOutputs
from sonosift.report.content import Grouping
from sonosift.report.curves import line_chart
from sonosift.report.group_cards import NamingFrames, group_cards
from sonosift.report.group_section import complete_grouping
from sonosift.report.merge_tree_chart import merge_tree_chart


def frames(count=20):
    return pl.DataFrame(
        {
            "frame_id": [f"f{n}" for n in range(count)],
            "patient": [f"p{n % 10}" for n in range(count)],
            "exam": ["e"] * count,
            "clip": [f"c{n}" for n in range(count)],
            "machine": ["A"] * count,
            "transducer": ["linear"] * (count // 2) + ["curvilinear", "linear"] * (count // 4),
            "burnt_in_label": ["liver", None] * (count // 2),
        }
    )


def black(ids):
    return np.zeros((len(ids), 8, 8), dtype=np.uint8)


def cards_of(catalog, groups, weak=None):
    naming = NamingFrames([], np.zeros((0, 2), dtype=np.uint8), ("a", "b"), "validation")
    return group_cards(groups, catalog, naming, black, weak)


def test_transducers_burnt_in_and_weak_labels_are_counted_against_the_whole_group():
    catalog = frames()
    groups = pl.DataFrame({"frame_id": catalog["frame_id"], "group": [0] * 10 + [1] * 10, "confidence": [0.5] * 20})
    weak = {"f0": ("kidney",), "f1": ("kidney", "liver"), "f15": ("liver",)}
    first, second = cards_of(catalog, groups, weak)
    assert [(share.name, share.count, share.share) for share in first.transducers] == [("linear", 10, 1.0)]
    assert [(share.name, share.share) for share in first.burnt_in] == [("liver", 0.5)]
    assert [(share.name, share.count) for share in first.weak] == [("kidney", 2), ("liver", 1)]
    assert any("one transducer (linear; of the whole cohort 75" in warning for warning in first.warnings)
    assert second.warnings == []


def test_where_nearly_all_frames_are_one_machines_no_group_is_warned_of():
    catalog = frames().with_columns(machine=pl.Series(["A"] * 19 + ["B"]), transducer=pl.lit("linear"))
    groups = pl.DataFrame({"frame_id": catalog["frame_id"], "group": [0] * 10 + [1] * 10, "confidence": [0.5] * 20})
    assert all(card.warnings == [] for card in cards_of(catalog, groups))


def test_section_reads_what_the_folder_holds(tmp_path):
    catalog = frames()
    draw = np.random.default_rng(0)
    groups = pl.DataFrame({"frame_id": catalog["frame_id"], "group": [0] * 8 + [1] * 8 + [2] * 4, "confidence": 0.5})
    features = np.eye(3)[groups["group"].to_numpy()] + 0.1 * draw.standard_normal((20, 3))
    run = RunFolder.create(tmp_path / "run", {"method": "kmeans"})
    ids = catalog["frame_id"].to_list()
    outputs = RunOutputs("run", "kmeans", groups=groups, embeddings=(ids, features))
    plain = Grouping("run", "kmeans", cards_of(catalog, groups))
    bare = complete_grouping(plain, run, outputs, black)
    assert [chart.title for chart in bare.charts] == ["Which groups are alike"]
    assert (bare.metrics, bare.conflicts) == (None, [])
    assert all("– apart" in card.nearest for card in bare.cards)
    rows = [SweepRow(k=k, stability=0.9, spread=0.1, evenness=0.8, filled=k) for k in (2, 3)]
    Sweep(rows=rows, suggested=3, pairs=2, frames=20, patients=10).save(run)
    curve = [EconomyPoint(actions=n, weighted_f1=0.5, lowest=0.4, highest=0.6) for n in (1, 10, 100)]
    economy = LabelEconomy(curves={"naming groups": curve}, pool=5, test=6, seeds=1)
    (run.path / "label_economy.json").write_text(economy.model_dump_json())
    conflict = {"frame_id": ["f3"], "group": [0], "missing": ["liver"], "surplus": [""], "strength": [1.0]}
    pl.DataFrame(conflict).write_parquet(run.path / "conflicts.parquet")
    full = complete_grouping(plain, run, outputs, black)
    assert [chart.title for chart in full.charts] == [
        "How many groups", "Which groups are alike", "What an expert's actions buy"
    ]  # fmt: skip
    assert "Suggested: 3 groups" in full.charts[0].about
    assert (full.conflicts[0].missing, full.conflicts_in_all) == ("liver", 1)


def test_tree_names_every_leaf_once_and_escapes_it():
    groups = np.repeat(np.arange(4), 5)
    rows = np.eye(4)[groups]
    drawn = merge_tree_chart(merge_tree(rows, groups), {n: f"<b>{n}</b>" for n in range(4)})
    assert "<b>" not in drawn.drawing
    assert sorted(re.findall(r"&lt;b&gt;(\d)", drawn.drawing)) == list("0123")
    assert drawn.drawing.count("<polyline") == 3
    assert merge_tree_chart(merge_tree(rows, np.zeros(20, int)), {}) is None


def test_logarithmic_axis_puts_equal_factors_at_equal_distances():
    chart = line_chart("t", "a", {"s": [(1, 0), (10, 1), (100, 0)]}, across="actions", logarithmic=True)
    points = re.search(r'points="([^"]+)"', chart.drawing)[1].split()
    xs = [float(point.split(",")[0]) for point in points]
    assert abs((xs[1] - xs[0]) - (xs[2] - xs[1])) < 0.2
    assert ">100</text>" in chart.drawing
    assert ">actions</text>" in chart.drawing

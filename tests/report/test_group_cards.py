import numpy as np
import polars as pl
import pytest

from sonosift.labels.abdomen import ABDOMEN
from sonosift.report.contact_sheets import least_typical, most_typical
from sonosift.report.group_cards import NamingFrames, group_cards, machine_shares


def _cards(groups, catalog, frame_ids, truth):
    naming = NamingFrames(frame_ids, truth, ABDOMEN.names, "validation")
    return group_cards(groups, catalog, naming, lambda ids: np.zeros((len(ids), 8, 8), dtype=np.uint8))


def test_cards_count_what_a_loop_counts(world):
    validation, _ = world.part("validation")
    cards = _cards(world.groups, world.catalog, validation.frame_ids, validation.truth)
    rows = world.groups.join(world.catalog, on="frame_id").to_dicts()
    truth = dict(zip(validation.frame_ids, validation.truth, strict=True))
    assert sum(card.frames for card in cards) == len(rows)
    assert [card.frames for card in cards] == sorted((card.frames for card in cards), reverse=True)
    for card in cards:
        own = [row for row in rows if row["group"] == card.number]
        patients = [row["patient"] for row in own]
        assert card.patients == len(set(patients))
        assert card.largest_patient_share == pytest.approx(max(map(patients.count, patients)) / len(own))
        named = [truth[row["frame_id"]] for row in own if row["frame_id"] in truth]
        assert card.matched_frames == len(named)
        for label in card.labels:
            expected = np.mean([row[ABDOMEN.index(label.name)] for row in named])
            assert label.share == pytest.approx(expected)


def test_one_scanner_and_one_patient_are_warned_of():
    catalog = pl.DataFrame(
        {
            "frame_id": [f"f{n}" for n in range(20)],
            "patient": ["p0"] * 10 + [f"p{n}" for n in range(1, 11)],
            "exam": ["e"] * 20,
            "clip": [f"c{n}" for n in range(20)],
            "machine": ["A"] * 10 + ["A", "B"] * 5,
        }
    )
    groups = pl.DataFrame({"frame_id": catalog["frame_id"], "group": [1] * 10 + [2] * 10, "confidence": [0.5] * 20})
    first, second = _cards(groups, catalog, [], np.zeros((0, 7), dtype=np.uint8))
    assert (first.number, second.number) == (1, 2)
    assert any("one scanner" in warning for warning in first.warnings)
    assert any("one patient" in warning for warning in first.warnings)
    assert second.warnings == []
    assert first.title == "no labelled frame"


def test_frames_without_a_machine_do_not_hide_that_all_others_are_of_one():
    machines = ["A"] * 6 + [None] * 4 + ["A", "B", "B", "B", None] * 2 + [None] * 10
    frames = [f"f{n}" for n in range(30)]
    catalog = pl.DataFrame(
        {"frame_id": frames, "patient": [f"p{n % 10}" for n in range(30)], "exam": "e", "clip": frames,
         "machine": machines}
    )  # fmt: skip
    groups = pl.DataFrame({"frame_id": frames, "group": [0] * 10 + [1] * 10 + [2] * 10, "confidence": 0.5})
    cards = {card.number: card for card in _cards(groups, catalog, [], np.zeros((0, 7), dtype=np.uint8))}
    (of_one,) = cards[0].warnings
    assert of_one.startswith("100\u00a0% of the 6 frames here whose scanner is known come from one scanner (A; of the")
    assert cards[1].warnings == []
    (nameless,) = cards[2].warnings
    assert "come without the name of a machine (of the whole cohort 53" in nameless
    assert [share.name for share in cards[0].machines] == ["A", "unknown machine"]


def test_a_hospital_with_one_scanner_is_not_warned_of_it():
    catalog = pl.DataFrame(
        {
            "frame_id": ["a", "b", "c"],
            "patient": ["p", "q", "r"],
            "exam": ["e"] * 3,
            "clip": ["c", "d", "e"],
            "machine": ["A"] * 3,
        }
    )
    groups = pl.DataFrame({"frame_id": ["a", "b", "c"], "group": [0] * 3, "confidence": [1.0] * 3})
    (card,) = _cards(groups, catalog, [], np.zeros((0, 7), dtype=np.uint8))
    assert card.warnings == []


def test_sheets_take_patients_in_turns():
    rows = pl.DataFrame(
        {
            "frame_id": list("abcdef"),
            "patient": ["p", "p", "p", "p", "q", "r"],
            "clip": list("123456"),
            "confidence": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4],
        }
    )
    assert most_typical(rows, 3) == ["a", "e", "f"]
    assert most_typical(rows, 4) == ["a", "b", "e", "f"]
    assert least_typical(rows, 2, without=["f"]) == ["e", "d"]
    assert most_typical(rows, 99) == list("abcdef")
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=3)
    assert most_typical(shuffled, 4) == most_typical(rows, 4)


def test_a_clip_gives_two_frames_and_no_more():
    rows = pl.DataFrame(
        {
            "frame_id": list("abcdef"),
            "patient": ["p"] * 5 + ["q"],
            "clip": ["k", "k", "k", "k", "l", "m"],
            "confidence": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4],
        }
    )
    assert most_typical(rows, 3) == ["a", "e", "f"]
    assert most_typical(rows, 6) == ["a", "b", "e", "f"]


def test_many_machines_are_summed_up():
    rows = pl.DataFrame({"machine": [f"m{n}" for n in range(10)] + ["m0", None], "patient": ["p"] * 12})
    shares = machine_shares(rows, most=4)
    assert [share.name for share in shares] == ["m0", "m1", "m2", "8 others"]
    assert sum(share.count for share in shares) == 12
    assert sum(share.share for share in shares) == pytest.approx(1.0)

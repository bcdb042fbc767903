import numpy as np
import pytest
import torch

from sonosift.explain import attention_on_text as measured
from sonosift.explain.attention_on_text import attention_on_text, mean_by_patient, share_on
from sonosift.methods.registry import build, config_of


def test_shares_add_up_and_a_flat_map_has_the_share_of_the_area():
    rng = np.random.default_rng(0)
    heat, text = rng.random((9, 7)), (rng.random((9, 7)) < 0.3).astype(float)
    by_hand = sum(heat[i, j] for i in range(9) for j in range(7) if text[i, j]) / heat.sum()
    assert share_on(heat, text) == pytest.approx(by_hand)
    assert share_on(heat, text) + share_on(heat, 1 - text) == pytest.approx(1)
    assert share_on(3 * heat, text) == pytest.approx(share_on(heat, text))
    assert share_on(np.ones((9, 7)), text) == pytest.approx(text.mean())


def test_intervals_resample_whole_patients():
    values = np.repeat([0.0, 1.0, 0.5, 0.2], 50)
    patients = [f"p{number // 50}" for number in range(200)]
    found = mean_by_patient(values, patients, draws=4000, seed=0)
    assert found.value == pytest.approx(values.mean())
    draw = np.random.default_rng(1)
    means = [np.concatenate([values[50 * p : 50 * p + 50] for p in draw.integers(0, 4, 4)]).mean() for _ in range(4000)]
    assert (found.low, found.high) == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=0.03)
    one = mean_by_patient(values, ["p"] * 200, draws=50, seed=0)
    assert one.low == pytest.approx(one.value) == one.high


def test_frames_without_text_or_without_attention_are_counted_apart(monkeypatch):
    network = build("supervised", config_of("supervised", {"backbone": "test_resnet", "image_size": 32}), labels=3)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 40, 40), dtype=np.uint8)
    painted = np.zeros_like(pictures)
    painted[0, :20] = painted[1] = 255
    heat = torch.zeros(3, 32, 32)
    heat[0, :8] = heat[2] = 1.0
    monkeypatch.setattr(measured, "grad_cam", lambda network, views, classes: heat)
    found = attention_on_text(network, pictures, painted, ["a", "b", "c"], "cpu")
    assert (found.without_text, found.without_attention, found.patients) == (1, 1, ["a"])
    assert found.attention.tolist() == pytest.approx([1.0])
    assert found.area.tolist() == pytest.approx([0.5], abs=0.02)

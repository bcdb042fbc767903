import numpy as np
import pytest

from sonosift.phantom.scanning.motion import Motion, draw_motion


def test_breathing_is_periodic_and_bounded():
    motion = Motion(12.0, 4.0, 0.3, 0.0, 0.0, 0.0, 8.0)
    heights = np.array([motion.state(t).shift[2] for t in np.linspace(0, 20, 400)])
    assert heights.min() == pytest.approx(-12.0, abs=0.05)
    assert heights.max() == pytest.approx(0.0, abs=0.05)
    assert motion.state(1.3).shift == pytest.approx(motion.state(5.3).shift)


def test_the_probe_starts_at_rest_and_moves_at_its_speed():
    motion = Motion(0.0, 4.0, 0.0, slide=5.0, tilt=0.1, rock=-0.02, turn_s=8.0)
    np.testing.assert_allclose(motion.probe(0.0), 0.0, atol=1e-12)
    np.testing.assert_allclose(motion.probe(1.0), [5.0, 0.1, -0.02])
    np.testing.assert_allclose(motion.probe(4.0), 0.0, atol=1e-9)  # back again after half a period
    swing = np.array([motion.probe(t)[0] for t in np.linspace(0, 16, 500)])
    assert np.abs(swing).max() == pytest.approx(10.0, rel=0.01)


def test_motions_are_drawn_from_the_seed():
    assert draw_motion(np.random.default_rng(1)) == draw_motion(np.random.default_rng(1))
    held = sum(draw_motion(np.random.default_rng(i)).breath_mm < 1.5 for i in range(200))
    assert 50 < held < 110

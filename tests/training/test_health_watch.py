import pytest

from sonosift.training.health_watch import HealthWatch


def test_speaks_once_after_five_bad_looks_in_a_row():
    watch = HealthWatch()
    bad, good = {"filled_clusters": 1.0, "effective_rank": 9.0}, {"filled_clusters": 5.0, "effective_rank": 9.0}
    said = [watch.look(step, figures) for step, figures in enumerate([bad] * 4 + [good] + [bad] * 9)]
    assert [bool(lines) for lines in said] == [False] * 9 + [True] + [False] * 4
    assert "balance_weight" in said[9][0]


@pytest.mark.parametrize(
    ("figure", "value"),
    [("spread", 1e-5), ("effective_rank", 1.0), ("effective_clusters", 1.01), ("knn_above_chance", -0.02)],
)
def test_every_sign_of_a_collapse_is_said_and_a_healthy_figure_is_not(figure, value):
    watch, healthy = HealthWatch(), HealthWatch()
    said = [line for step in range(9) for line in watch.look(step, {figure: value})]
    assert len(said) == 1
    assert figure in said[0]
    assert not [line for step in range(9) for line in healthy.look(step, {figure: 30.0})]


def test_figures_that_a_method_does_not_have_are_no_sign():
    assert all(HealthWatch().look(step, {}) == [] for step in range(9))

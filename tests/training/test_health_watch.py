from sonosift.training.health_watch import HealthWatch


def test_speaks_once_after_five_bad_looks_in_a_row():
    watch = HealthWatch()
    bad, good = {"filled_clusters": 1.0, "effective_rank": 9.0}, {"filled_clusters": 5.0, "effective_rank": 9.0}
    said = [watch.look(step, figures) for step, figures in enumerate([bad] * 4 + [good] + [bad] * 9)]
    assert [bool(lines) for lines in said] == [False] * 9 + [True] + [False] * 4
    assert "balance_weight" in said[9][0]


def test_figures_that_a_method_does_not_have_are_no_sign():
    assert all(HealthWatch().look(step, {}) == [] for step in range(9))

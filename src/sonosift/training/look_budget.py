"""When a training may stop to look at its features: never so often that looking slows it down."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from sonosift.training.fit_plan import FitPlan

PASSES_TO_LEARN = 3
"""A pixel that is learnt from costs about three times one that is looked at: forward, and twice as much backward."""


def pixels_of(views: Iterable[Tensor]) -> int:
    """Return how many pixels a step learns from."""
    return sum(view.numel() for view in views)


def may_look(
    plan: FitPlan, *, step: int, looked_at: int, learnt_pixels: int, looked_pixels: int, of_a_look: int
) -> bool:
    """Say whether to look now. Pixels are counted and not seconds, so that a resumed training looks at the same steps.

    What the last step's look costs is kept back: the figures that a run ends with are those of its end.

    Args:
        plan: how often at most, and what share of the cost.
        step: steps taken.
        looked_at: the step of the last look.
        learnt_pixels: seen in all steps so far.
        looked_pixels: seen in all looks so far.
        of_a_look: seen in one more.
    """
    last = step >= plan.steps
    if not plan.look_every or (step - looked_at < plan.look_every and not last):
        return False
    looks = 1 if last else 2
    return looked_pixels + looks * of_a_look <= plan.look_share * PASSES_TO_LEARN * learnt_pixels

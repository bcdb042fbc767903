"""What people call the groups of a run: the names of a table of super-groups, and those of `sonosift name`."""

from __future__ import annotations

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder


def group_names(cohort: Cohort, run: RunFolder) -> dict[int, str]:
    """Return the name of each group that has one; a later word outranks an earlier one.

    Args:
        cohort: the cohort of the run.
        run: a clustering, a merge, or a clustering of another cohort applied to this one.
    """
    named = {int(group): str(name) for group, name in run.summary().get("names", {}).items()}
    for target, names in cohort.annotations.history("group").select("target_id", "names").iter_rows():
        of, _, number = target.rpartition("/")
        if of == run.name:
            named[int(number)] = "+".join(names)
    return dict(sorted(named.items()))

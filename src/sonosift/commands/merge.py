"""``sonosift merge``: join groups that are alike, down to a number of them or as a table says."""

from __future__ import annotations

from pathlib import Path

from sonosift.commands.summary import Summary


class MergeSummary(Summary):
    """The merged groups.

    Attributes:
        run: The new run.
        from_run: The run whose groups were merged.
        before: Groups with a frame before.
        after: Groups with a frame now.
        merged: For each new group, the groups that it is made of.
        names: The name of each new group, where the table gave one.
        table: The file with frame_id, group, confidence.
    """

    run: str
    from_run: str
    before: int
    after: int
    merged: dict[int, list[int]]
    names: dict[int, str]
    table: str

    def describe(self) -> str:
        """Return one line per new group."""
        lines = [f"{self.before} groups of {self.from_run} became {self.after}:"]
        for number, groups in sorted(self.merged.items()):
            name = f" {self.names[number]}" if number in self.names else ""
            lines.append(f"  {number}{name}: {', '.join(map(str, groups))}")
        return "\n".join([*lines, f"Written to {self.table}"])


def merge(
    cohort: str | Path, *, from_run: str, to: int | None = None, by: Path | None = None, run: str | None = None
) -> MergeSummary:
    """Merge the groups of a run: the most alike first, or as a table of super-groups says.

    Args:
        cohort: Folder of the cohort.
        from_run: Run that holds the groups (also --from).
        to: Number of groups to stop at.
        by: Table of super-groups: YAML (upper abdomen: [0, 7, 12]) or CSV with the columns name and member.
        run: Name of the new run; by default made of the other's.

    Returns:
        What became of each group, and where the new ones are.
    """
    from sonosift.clusters.group_tables import GROUPS_FILE
    from sonosift.cohort.cohort import Cohort
    from sonosift.errors import SonosiftError

    if (to is None) == (by is None):
        raise SonosiftError("either a number or a table says what is merged", "Use --to 15, or --by super_groups.yaml.")
    opened = Cohort.open(cohort)
    source = opened.runs.get(from_run)
    if not (source.path / GROUPS_FILE).exists():
        raise SonosiftError(f"run {from_run!r} holds no groups", "Name a run of `sonosift cluster`.")

    import numpy as np
    import polars as pl

    from sonosift.clusters.merge_tree import FILE_NAME, merge_tree
    from sonosift.clusters.super_groups import read_super_groups, super_group_of
    from sonosift.machine import atomic

    groups = pl.read_parquet(source.path / GROUPS_FILE)
    ids, vectors = source.embeddings()
    in_order = pl.DataFrame({"frame_id": ids}).join(groups, on="frame_id", how="inner", maintain_order="left")
    tree = merge_tree(np.asarray(vectors), in_order["group"].to_numpy())
    names: dict[int, str] = {}
    if to is not None:
        mapping = tree.cut(to)
    else:
        assert by is not None
        table = read_super_groups(by)
        numbered = super_group_of(table, [str(group) for group in tree.groups], "group")
        mapping = {int(group): number for group, number in numbered.items()}
        names = dict(enumerate(table))
    method = str(source.config.get("method")).removesuffix(", merged")
    settings = {"command": "cluster", "method": f"{method}, merged", "from_run": from_run}
    merged_to = sorted(mapping.items())
    config = settings | {"clusters": len(set(mapping.values())), "merged": merged_to, "names": sorted(names.items())}
    folder = opened.runs.create(run or f"{from_run}-merged", config, frame_ids=groups["frame_id"].to_list())
    atomic.write_text(folder.path / FILE_NAME, tree.model_dump_json() + "\n")
    folder.save_embeddings(ids, np.asarray(vectors))
    new = groups.with_columns(pl.col("group").replace(mapping))
    with atomic.replacing(folder.path / GROUPS_FILE) as temporary:
        new.write_parquet(temporary)
    parts: dict[int, list[int]] = {}
    for group, number in merged_to:
        parts.setdefault(number, []).append(group)
    summary = MergeSummary(
        run=folder.name,
        from_run=from_run,
        before=len(mapping),
        after=len(parts),
        merged=parts,
        names=names,
        table=str(folder.path / GROUPS_FILE),
    )
    folder.finish(**summary.model_dump(mode="json"))
    return summary

"""Labels of the user's table become annotations of the clips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sonosift.cohort.annotations import Annotation
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.sources import Source
from sonosift.ingest.manifest import Manifest

AUTHOR = "manifest"


def add_manifest_labels(
    cohort: Cohort, manifest: Manifest, names: Mapping[tuple[str, str], str], sources: Iterable[Source]
) -> int:
    """Annotate the clips whose file the table labels, unless the table said so before; return how many are new.

    Args:
        cohort: The cohort.
        manifest: The user's table.
        names: The path that the table uses, by the key of a source.
        sources: The files of the archive.
    """
    history = cohort.annotations.history("clip")
    said = history.filter((history["source"] == "manifest") & (history["space"] == cohort.settings.label_space.name))
    # The newest statement of each clip stands last.
    latest = dict(zip(said["target_id"], said["names"].to_list(), strict=True))
    new = []
    for source in sources:
        row = manifest.of(names[source.path, source.member])
        if source.clip is None or row is None or not row.labels:
            continue
        if set(latest.get(source.clip, ())) != set(row.labels):
            new.append(
                Annotation(
                    target_kind="clip", target_id=source.clip, names=row.labels, author=AUTHOR, source="manifest"
                )
            )
    return cohort.annotations.add_many(new)

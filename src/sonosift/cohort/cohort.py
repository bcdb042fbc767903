"""A cohort: the folder that Sonosift makes of an archive; it holds no identity and can be handed on."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from sonosift.cohort import catalog as catalogs
from sonosift.cohort import frame_store
from sonosift.cohort.frame_store import FrameStore
from sonosift.cohort.private import Private, key_check, private_path_of
from sonosift.cohort.quarantine import Quarantine
from sonosift.cohort.runs import Runs
from sonosift.cohort.scope import EVERYTHING, Scope
from sonosift.cohort.settings import FILE_NAME, ROWS_PER_SHARD, CohortSettings, FrameSize, read_settings, write_settings
from sonosift.cohort.splits import Splits
from sonosift.errors import SonosiftError
from sonosift.labels.abdomen import ABDOMEN
from sonosift.labels.space import LabelSpace
from sonosift.machine import atomic

if TYPE_CHECKING:
    from sonosift.cohort.annotations import Annotations


class Cohort:
    """An opened cohort. Use ``Cohort.create`` or ``Cohort.open``.

    Attributes:
        path: The folder.
        settings: The contents of ``cohort.yaml``.
    """

    def __init__(self, path: Path, settings: CohortSettings) -> None:
        self.path = path
        self.settings = settings
        self._catalog: tuple[tuple[object, ...], pl.DataFrame] | None = None
        self._frames: tuple[tuple[object, ...], FrameStore] | None = None

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        size: FrameSize,
        label_space: LabelSpace = ABDOMEN,
        preprocessing: dict[str, bool | int | float | str | None] | None = None,
        scope: Scope = EVERYTHING,
        key: bytes | None = None,
        shard_rows: int = ROWS_PER_SHARD,
    ) -> Cohort:
        """Make an empty cohort and its private folder.

        Args:
            path: A folder that is absent or empty.
            size: Side of the stored square frames in pixels, or (height, width).
            label_space: What the expert is asked.
            preprocessing: How ingest makes the frames, kept in ``cohort.yaml``.
            scope: Which clips of an archive come in, kept in ``cohort.yaml``.
            key: The private key, for simulated cohorts that must come out the same twice; drawn at random by default.
            shard_rows: Frames per shard.
        """
        folder = Path(path).absolute()
        if folder.is_dir():
            atomic.remove_leftovers(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            found = "a cohort" if (folder / FILE_NAME).exists() else "something else"
            raise SonosiftError(
                f"{folder} already holds {found}", "Choose a new folder, or open the cohort that is there."
            )
        # The key before the folder: a cohort without a key could never be added to.
        drawn = Private(private_path_of(folder)).create(key)
        settings = CohortSettings(
            size=size,
            rows_per_shard=shard_rows,
            label_space=label_space,
            key_check=key_check(drawn),
            preprocessing=preprocessing or {},
            scope=scope,
        )
        folder.mkdir(parents=True, exist_ok=True)
        # First of all: a process killed here leaves an empty folder or a cohort, nothing in between.
        write_settings(folder / FILE_NAME, settings)
        for name in (frame_store.FOLDER, catalogs.FOLDER):
            (folder / name).mkdir(exist_ok=True)
        return cls(folder, settings)

    @classmethod
    def exists(cls, path: str | Path) -> bool:
        """Say whether there is a cohort at ``path`` (of whatever format)."""
        return (Path(path) / FILE_NAME).is_file()

    @classmethod
    def open(cls, path: str | Path) -> Cohort:
        """Open a cohort, or say what was found instead and what to do."""
        folder = Path(path).absolute()
        file = folder / FILE_NAME
        if not file.is_file():
            raise _not_a_cohort(folder)
        return cls(folder, read_settings(file))

    @property
    def private_path(self) -> Path:
        """The folder beside the cohort that must never be copied with it."""
        return private_path_of(self.path)

    @cached_property
    def private(self) -> Private:
        """The key and the way back to the source files."""
        return Private(self.private_path)

    def catalog(self) -> pl.DataFrame:
        """Return one row per frame, in the order in which they were written."""
        version = catalogs.catalog_version(self.path)
        if self._catalog is None or self._catalog[0] != version:
            self._catalog = (version, catalogs.read_catalog(self.path))
        return self._catalog[1]

    @property
    def frames(self) -> FrameStore:
        """The frames, memory-mapped."""
        rows = self.catalog()
        assert self._catalog is not None
        version = self._catalog[0]
        if self._frames is None or self._frames[0] != version:
            self._frames = (version, FrameStore(self.path, self.settings.frame_shape, rows))
        return self._frames[1]

    @cached_property
    def annotations(self) -> Annotations:
        """Every label ever given."""
        from sonosift.cohort.annotations import Annotations  # SQLAlchemy takes a while to import

        return Annotations(self.path, self.settings.key_check, self.settings.label_space)

    @cached_property
    def splits(self) -> Splits:
        """Which patient belongs to which part."""
        return Splits(self.path / "splits", self.catalog)

    @cached_property
    def runs(self) -> Runs:
        """Every training and clustering."""
        return Runs(self.path / "runs", self.settings)

    @cached_property
    def quarantine(self) -> Quarantine:
        """What was not ingested."""
        return Quarantine(self.path)

    def frame_ids_of(self, source_path: str) -> list[str]:
        """Return the frames that came out of a file of the archive, in the order of the clip (needs ``.private``)."""
        clips = self.private.sources.clips_of(source_path)
        found = self.catalog().filter(pl.col("clip").is_in(clips)).sort("clip", "index_in_clip")
        return found["frame_id"].to_list()

    def frames_by_source(self) -> pl.DataFrame:
        """Return ``path, member, index_in_clip, frame_id`` for all frames with a known source (needs ``.private``)."""
        sources = [source for source in self.private.sources.all() if source.clip is not None]
        table = pl.DataFrame(
            {
                "path": [source.path for source in sources],
                "member": [source.member for source in sources],
                "clip": [source.clip for source in sources],
            },
            schema={"path": pl.String, "member": pl.String, "clip": pl.String},
        )
        joined = table.join(self.catalog(), on="clip", how="inner")
        return joined.select("path", "member", "index_in_clip", "frame_id").sort("path", "member", "index_in_clip")


def _not_a_cohort(folder: Path) -> SonosiftError:
    if not folder.exists():
        return SonosiftError(f"there is no cohort at {folder}", f"Make one with: sonosift ingest ARCHIVE {folder.name}")
    if not folder.is_dir():
        return SonosiftError(f"{folder} is a file, not a cohort folder", "Give the folder that holds cohort.yaml.")
    if (folder / "key").exists() or folder.name.endswith(".private"):
        name = folder.name.removesuffix(".private")
        return SonosiftError(f"{folder} is the private side of a cohort", f"Give the folder beside it: {name}")
    if (folder.parent / FILE_NAME).is_file():
        return SonosiftError(f"{folder} lies inside a cohort", f"Give the cohort itself: {folder.parent}")
    inside = [child.name for child in sorted(folder.iterdir()) if (child / FILE_NAME).is_file()]
    if inside:
        return SonosiftError(f"{folder} holds cohorts but is none itself", f"Give one of: {', '.join(inside[:5])}")
    return SonosiftError(
        f"{folder} holds no {FILE_NAME}, so it is not a cohort",
        f"If it is an archive, make a cohort of it with: sonosift ingest {folder.name} COHORT",
    )

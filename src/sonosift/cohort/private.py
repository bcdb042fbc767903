"""``COHORT.private``: the key and the way back to the source files; it stays where the archive is."""

from __future__ import annotations

import os
import secrets
from functools import cached_property
from pathlib import Path

from sonosift.cohort.sources import Sources
from sonosift.errors import SonosiftError
from sonosift.machine import atomic
from sonosift.privacy.pseudonyms import Pseudonyms

KEY_BYTES = 32
_KEY_CHECK = "sonosift key check"


def private_path_of(cohort_path: Path) -> Path:
    """Return the private folder that stands beside a cohort.

    >>> private_path_of(Path("/data/liver")).name
    'liver.private'
    """
    return cohort_path.with_name(cohort_path.name + ".private")


def key_check(key: bytes) -> str:
    """Return what ``cohort.yaml`` keeps so that a wrong key is noticed."""
    return Pseudonyms(key).source(_KEY_CHECK)


class Private:
    """The private folder of one cohort (mode 0700): ``key``, ``sources.sqlite``, ``lock``.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, key: bytes | None = None) -> bytes:
        """Make the folder and its key where they do not exist yet, and return the key.

        The key is drawn once. ``key`` sets it instead, for simulated cohorts that must come out the same twice.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        if not self._key_path.exists():
            drawn = secrets.token_bytes(KEY_BYTES) if key is None else key
            if len(drawn) != KEY_BYTES:
                raise SonosiftError(f"a cohort key has {KEY_BYTES} bytes, received {len(drawn)}")
            with atomic.replacing(self._key_path) as temporary:
                descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as handle:
                    handle.write(drawn)
        elif key is not None and self.key != key:
            raise SonosiftError(f"{self._key_path} holds another key than the one given", "Choose a new cohort folder.")
        return self.key

    @property
    def exists(self) -> bool:
        """Whether this computer holds the key (a cohort handed to a colleague comes without it)."""
        return self._key_path.is_file()

    @property
    def key(self) -> bytes:
        """The 32 secret bytes that all pseudonyms and frame ids derive from."""
        try:
            key = self._key_path.read_bytes()
        except FileNotFoundError:
            raise SonosiftError(
                f"the private key of this cohort is missing: {self._key_path}",
                "Work where the archive is, or restore the folder: without its key no patient can be recognised again, "
                "so nothing may be added to this cohort. To start over, ingest into a new folder.",
            ) from None
        if len(key) != KEY_BYTES:
            raise SonosiftError(f"{self._key_path} has {len(key)} bytes, not {KEY_BYTES}", "Restore it from a copy.")
        return key

    def require_key(self, expected_check: str) -> bytes:
        """Return the key after checking that it is the one this cohort was made with."""
        key = self.key
        if key_check(key) != expected_check:
            raise SonosiftError(
                f"{self._key_path} is the key of another cohort",
                "Restore the private folder that belongs to this cohort, or ingest into a new folder.",
            )
        return key

    @cached_property
    def sources(self) -> Sources:
        """Which file every clip came from."""
        return Sources(self.path / "sources.sqlite")

    @property
    def lock_path(self) -> Path:
        """The file that the one writer locks."""
        return self.path / "lock"

    @property
    def _key_path(self) -> Path:
        return self.path / "key"

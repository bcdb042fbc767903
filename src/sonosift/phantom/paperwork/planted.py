"""The list of every identifying string that the simulated hospital wrote anywhere."""

from __future__ import annotations

from sonosift.phantom.paperwork.identities import plain_letters

IDENTITY_COLUMNS = ("token", "kind", "patient")


class Planted:
    """Collects identity tokens while headers, screens, and paths are written.

    Every writer passes what identifies somebody through ``plant`` on its way to the file, so that the list cannot
    miss a token.
    """

    def __init__(self, patient: str) -> None:
        self._patient = patient
        self._rows: set[tuple[str, str, str]] = set()

    def plant(self, kind: str, token: str) -> str:
        """Remember ``token`` (and its spelling without accents) and return it unchanged."""
        for spelling in {token, plain_letters(token)}:
            if spelling.strip():
                self._rows.add((spelling, kind, self._patient))
        return token

    def rows(self) -> list[tuple[str, str, str]]:
        """Return token, kind and patient of everything planted, sorted."""
        return sorted(self._rows)

"""The one exception that a user of Sonosift is meant to see, and how its message is written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SonosiftError(Exception):
    """A mistake that the user can mend: what was received, what is allowed, and what to do next.

    The command line prints the message and the hint without a traceback (``--debug`` shows it).
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


def unknown_name(kind: str, received: str, allowed: Iterable[str]) -> SonosiftError:
    """Build the error for a name that is not in a list, with the closest names as the hint.

    >>> print(unknown_name("method", "picca", ["pica", "supervised"]))
    unknown method 'picca'; allowed: pica, supervised
    Did you mean 'pica'?
    """
    names = sorted(allowed)
    close = difflib.get_close_matches(received, names, n=2)
    hint = f"Did you mean {' or '.join(repr(name) for name in close)}?" if close else ""
    return SonosiftError(f"unknown {kind} {received!r}; allowed: {', '.join(names) or 'none so far'}", hint)

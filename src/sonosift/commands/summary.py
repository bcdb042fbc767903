"""What every command returns: a small model that prints as text for people and as JSON for machines."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Summary(BaseModel):
    """The figures that a command leaves behind; ``--json`` prints them as one line."""

    model_config = ConfigDict(extra="forbid")

    @property
    def exit_code(self) -> int:
        """What the shell is told: 0, unless the command found what it was asked to look for."""
        return 0

    def describe(self) -> str:
        """Return the summary as lines for a person; commands with more to say override this.

        >>> class Counts(Summary):
        ...     files: int
        ...     frames_per_second: float
        >>> print(Counts(files=3, frames_per_second=12.3456).describe())
        files               3
        frames per second   12.35
        """
        shown = {name: value for name, value in self.model_dump(mode="json").items() if value not in (None, [], {})}
        width = max((len(name) for name in shown), default=0) + 3
        return "\n".join(f"{name.replace('_', ' '):<{width}}{_readable(value)}" for name, value in shown.items())


def _readable(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_readable(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(_readable(part) for part in value)
    return str(value)

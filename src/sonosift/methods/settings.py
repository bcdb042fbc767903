"""How a method's configuration is written: frozen, every default with its origin, unknown keys refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from sonosift.errors import unknown_name

Origin = Literal["paper", "code", "ours"]
Settings = TypeVar("Settings", bound="MethodConfig")


class MethodConfig(BaseModel):
    """What every method's configuration shares; values are plain, so that ``run.yaml`` holds them all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def origins(cls) -> dict[str, str]:
        """Say for each setting whether its default comes from the paper, the authors' code, or us."""
        return {
            name: str(field.json_schema_extra["origin"])
            for name, field in cls.model_fields.items()
            if isinstance(field.json_schema_extra, dict)
        }


def paper(default: Any, about: str, **rules: Any) -> Any:
    """A setting whose default the paper states."""
    return _setting("paper", default, about, rules)


def code(default: Any, about: str, **rules: Any) -> Any:
    """A setting whose default is known from the authors' published configuration only."""
    return _setting("code", default, about, rules)


def ours(default: Any, about: str, **rules: Any) -> Any:
    """A setting whose default we chose."""
    return _setting("ours", default, about, rules)


def configure(config: type[Settings], method: str, settings: Mapping[str, Any]) -> Settings:
    """Build a configuration; a misspelt setting is answered with the close ones."""
    for name in settings:
        if name not in config.model_fields:
            raise unknown_name(f"setting of {method}", name, config.model_fields)
    return config.model_validate(dict(settings))


def _setting(origin: Origin, default: Any, about: str, rules: dict[str, Any]) -> Any:
    return Field(default, description=about, json_schema_extra={"origin": origin}, **rules)

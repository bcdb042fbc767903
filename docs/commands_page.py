"""A hook of mkdocs: fills reference/commands.md with the options of every command as the code defines them."""

from __future__ import annotations

import inspect
import re
from typing import Any

from sonosift import api
from sonosift.clusters.temi_config import TemiConfig
from sonosift.commands.from_call import argument_helps, summary_of_docstring
from sonosift.methods import registry

MARK = "<!-- every command -->"
SETTINGS = re.compile(r"<!-- settings of ([\w-]+) -->")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the marks with one section per command, and with the settings of a method."""
    if MARK in markdown:
        markdown = markdown.replace(MARK, "\n".join(_section(name) for name in api.__all__))
    return SETTINGS.sub(lambda found: _settings(found[1]), markdown)


def _settings(method: str) -> str:
    if method == "temi":  # heads on stored features: no network of the registry
        config = small = TemiConfig()
    else:
        config, small = registry.config_of(method, {}), registry.config_of(method, {}, small=True)
    origins = type(config).origins()
    rows = ["| setting | default | small scale | from | meaning |", "|---|---|---|---|---|"]
    for name, field in type(config).model_fields.items():
        default, own = getattr(config, name), getattr(small, name)
        differs = "" if own == default else f"`{own}`"
        rows.append(f"| `{name}` | `{default}` | {differs} | {origins[name]} | {field.description} |")
    return "\n".join(rows)


def _section(name: str) -> str:
    call = getattr(api, name)
    helps = argument_helps(call.__doc__ or "")
    rows = []
    arguments = []
    for parameter in inspect.signature(call).parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            option = "--set KEY=VALUE" if parameter.name == "settings" else f"--{parameter.name.replace('_', '-')}"
            default = "" if parameter.default in (None, inspect.Parameter.empty) else f"`{parameter.default}`"
            rows.append(f"| `{option}` | {helps.get(parameter.name, '')} | {default} |")
        else:
            arguments.append(parameter.name.upper())
            rows.append(f"| `{parameter.name.upper()}` | {helps.get(parameter.name, '')} | |")
    table = "\n".join(["| argument | meaning | default |", "|---|---|---|", *rows])
    return (
        f"## {name}\n\n```\nsonosift {' '.join([name, *arguments])}\n```\n\n"
        f"{summary_of_docstring(call.__doc__ or '')}\n\n{table}\n"
    )

"""A hook of mkdocs: fills reference/commands.md with the options of every command as the code defines them."""

from __future__ import annotations

import inspect
from typing import Any

from sonosift import api
from sonosift.commands.from_call import argument_helps, summary_of_docstring

MARK = "<!-- every command -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the mark with one section per command."""
    if MARK not in markdown:
        return markdown
    return markdown.replace(MARK, "\n".join(_section(name) for name in api.__all__))


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

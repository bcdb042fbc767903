"""Turn a Python call into the parameters of a command, so that the two can never disagree.

Positional parameters become arguments, keyword-only parameters become options, and the help of each is its line
under ``Args:`` in the docstring.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from sonosift.errors import SonosiftError

# Names that Python does not allow as they stand.
_SPELLINGS = {"from_run": ("--from-run", "--from")}


def command_signature(call: Callable[..., Any]) -> inspect.Signature:
    """Return the signature that Typer reads: the call's own parameters and the three flags all commands share."""
    types = typing.get_type_hints(call)
    helps = argument_helps(call.__doc__ or "")
    parameters = [
        _typer_parameter(parameter, types, helps) for parameter in inspect.signature(call).parameters.values()
    ]
    parameters += [
        _flag("json", "Print one machine-readable summary line last."),
        _flag("quiet", "No progress, no notices."),
        _flag("debug", "Show the traceback of an error."),
    ]
    return inspect.Signature(parameters)


def summary_of_docstring(docstring: str) -> str:
    """Return what a docstring says before its first section.

    >>> summary_of_docstring('''Do it.
    ...
    ... Args:
    ...     out: Where.
    ... ''')
    'Do it.'
    """
    return re.split(r"\n\s*(?:Args|Returns|Raises|Examples?):\n", inspect.cleandoc(docstring))[0].strip()


def argument_helps(docstring: str) -> dict[str, str]:
    """Read the ``Args:`` section of a Google docstring.

    >>> argument_helps('''Do it.
    ...
    ... Args:
    ...     out: Where to write;
    ...         made if missing.
    ...     seed: Any number.
    ...
    ... Returns:
    ...     Nothing.
    ... ''')
    {'out': 'Where to write; made if missing.', 'seed': 'Any number.'}
    """
    section = re.search(r"^\s*Args:\n(.*?)(?=^\s*(?:Returns|Raises|Yields|Example)s?:|\Z)", docstring, re.S | re.M)
    helps: dict[str, str] = {}
    name = ""
    for line in section.group(1).splitlines() if section else []:
        start = re.match(r"^\s+(\w+): (.*)$", line)
        if start:
            name = start.group(1)
            helps[name] = start.group(2).strip()
        elif name and line.strip():
            helps[name] += " " + line.strip()
    return helps


def parse_settings(pairs: list[str]) -> dict[str, Any]:
    """Read ``--set key=value`` pairs; values are YAML, so that numbers and lists are what they look like.

    >>> parse_settings(["learning_rate=1e-4", "balance=dirichlet"])
    {'learning_rate': 0.0001, 'balance': 'dirichlet'}
    """
    import yaml

    settings = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise SonosiftError(f"--set {pair!r} is not key=value", "For example: --set learning_rate=1e-4")
        settings[key.strip()] = _plain_value(yaml.safe_load(value))
    return settings


def _plain_value(value: Any) -> Any:
    # YAML 1.1 reads 1e-4 (no dot) as text; people mean a number.
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _typer_parameter(parameter: inspect.Parameter, types: dict[str, Any], helps: dict[str, str]) -> inspect.Parameter:
    text = helps.get(parameter.name, "")
    keyword = inspect.Parameter.KEYWORD_ONLY
    if parameter.name == "settings":
        option = typer.Option(None, "--set", help=text or "key=value, as often as needed.", metavar="KEY=VALUE")
        return inspect.Parameter("set", keyword, default=option, annotation=list[str])
    required = parameter.default is inspect.Parameter.empty
    default = ... if required else parameter.default
    if parameter.kind is keyword:
        made = typer.Option(default, *_SPELLINGS.get(parameter.name, ()), help=text, show_default=default is not None)
    else:
        made = typer.Argument(default, help=text, show_default=default is not None)
    return inspect.Parameter(parameter.name, keyword, default=made, annotation=_shell_type(types[parameter.name]))


def _shell_type(annotation: Any) -> Any:
    """Narrow what Python callers may pass to what a shell can: ``str | Path`` is a path, ``int | str`` a text."""
    choices = typing.get_args(annotation)
    if set(choices) == {int, str}:
        return str
    if Path in choices and str in choices:
        return Path | None if type(None) in choices else Path
    return annotation


def _flag(name: str, text: str) -> inspect.Parameter:
    option = typer.Option(False, f"--{name}", help=text)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=bool)

"""The command line: parses, calls the command, prints its summary or an error that says what to do."""

from __future__ import annotations

import errno
import functools
import json
import sys
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple

import typer
from pydantic import ValidationError

from sonosift import __version__, api
from sonosift.commands.from_call import command_signature, parse_settings, summary_of_docstring
from sonosift.errors import SonosiftError
from sonosift.machine import progress

app = typer.Typer(
    name="sonosift",
    help="Sift an unlabelled ultrasound archive into named groups, and train models from the few labels you give.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Failure(NamedTuple):
    """What went wrong, what to do about it, and the exit code that says which kind it was."""

    message: str
    hint: str
    code: int


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    if version:
        print(f"sonosift {__version__}")
        raise typer.Exit


def main() -> None:
    """Enter from the shell."""
    if sys.platform == "win32":
        print("error: native Windows is not supported\nRun Sonosift in WSL2 instead.", file=sys.stderr)
        raise SystemExit(2)
    app()


def failure_of(error: BaseException) -> Failure:
    """Turn any exception into words for a person."""
    if isinstance(error, KeyboardInterrupt):
        return Failure("interrupted", "The same command continues where this one stopped.", 130)
    if isinstance(error, SonosiftError):
        return Failure(error.message, error.hint, 2)
    if isinstance(error, ValidationError):
        lines = [
            f"{'.'.join(map(str, mistake['loc'])) or error.title} = {mistake['input']!r}: {mistake['msg']}"
            for mistake in error.errors()
        ]
        return Failure(f"the configuration of {error.title} is not valid", "\n".join(lines), 2)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        where = f": {error.filename}" if error.filename else ""
        return Failure(f"no room left on the disk{where}", "Free some space and give the same command again.", 2)
    return Failure(f"unexpected {type(error).__name__}: {error}", "Run again with --debug to see where.", 1)


def command_from_call(call: Callable[..., Any]) -> Callable[..., None]:
    """Wrap a Python call as a command with ``--json``, ``--quiet`` and ``--debug``."""

    @functools.wraps(call)
    def command(**given: Any) -> None:
        as_json, quiet, debug = given.pop("json"), given.pop("quiet"), given.pop("debug")
        progress.set_quiet(quiet)
        try:
            if "set" in given:
                given["settings"] = parse_settings(given.pop("set") or [])
            summary = call(**given)
        except (KeyboardInterrupt, Exception) as error:  # the last line of defence: a sentence, not a traceback
            if debug:
                traceback.print_exc()
            _fail(failure_of(error), as_json)
            raise typer.Exit(failure_of(error).code) from None
        if not quiet and not as_json:
            print(summary.describe())
        if as_json:
            print(json.dumps(summary.model_dump(mode="json"), allow_nan=False))
        if summary.exit_code:
            raise typer.Exit(summary.exit_code)

    signature = command_signature(call)
    command.__signature__ = signature  # type: ignore[attr-defined]
    command.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    command.__doc__ = summary_of_docstring(call.__doc__ or "")
    return command


def _fail(failure: Failure, as_json: bool) -> None:
    print(f"error: {failure.message}", file=sys.stderr)
    if failure.hint:
        print(failure.hint, file=sys.stderr)
    if as_json:
        print(json.dumps({"error": failure.message, "hint": failure.hint}))


for _verb in api.__all__:
    app.command(_verb)(command_from_call(getattr(api, _verb)))

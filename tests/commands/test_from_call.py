from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from sonosift.cli import command_from_call
from sonosift.commands.from_call import command_signature, parse_settings
from sonosift.commands.summary import Summary
from sonosift.errors import SonosiftError


class Echo(Summary):
    out: str
    count: int
    settings: dict[str, Any]


def echo(out: Path, *, count: int = 3, settings: dict[str, Any] | None = None) -> Echo:
    """Say what was given.

    Args:
        out: A path that is only named.
        count: How many.
        settings: Anything.
    """
    if count < 0:
        raise SonosiftError(f"count is {count}", "Give a positive number.")
    if count == 13:
        raise ZeroDivisionError("bad luck")
    return Echo(out=str(out), count=count, settings=settings or {})


@pytest.fixture
def run():
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command("echo")(command_from_call(echo))
    return lambda *arguments: CliRunner().invoke(app, [str(part) for part in arguments])


def test_positional_parameters_are_arguments_and_keywords_are_options(run):
    result = run("/tmp/x", "--count", 5, "--set", "a=1e-3", "--set", "b=[1, 2]", "--json")
    assert result.exit_code == 0
    assert result.stdout == '{"out": "/tmp/x", "count": 5, "settings": {"a": 0.001, "b": [1, 2]}}\n'


def test_the_help_is_the_docstring(run):
    text = run("--help").stdout
    assert "Say what was given." in text
    assert "A path that is only named." in text
    assert "How many." in text
    assert "Args" not in text


def test_a_user_error_is_a_sentence_and_exit_code_2(run):
    result = run("x", "--count", -1, "--json")
    assert result.exit_code == 2
    assert result.stderr == "error: count is -1\nGive a positive number.\n"
    assert result.stdout == '{"error": "count is -1", "hint": "Give a positive number."}\n'


def test_a_bug_is_a_sentence_and_debug_shows_where(run):
    quiet = run("x", "--count", 13)
    assert (quiet.exit_code, "Traceback" in quiet.stderr) == (1, False)
    assert "ZeroDivisionError: bad luck" in quiet.stderr
    assert "Traceback" in run("x", "--count", 13, "--debug").stderr


def test_quiet_prints_nothing(run):
    result = run("x", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_a_setting_without_equals_sign_says_how_to_write_one(run):
    result = run("x", "--set", "rate")
    assert result.exit_code == 2
    assert "--set learning_rate=1e-4" in result.stderr


def test_values_keep_the_type_they_look_like():
    assert parse_settings(["a=3", "b=0.5", "c=yes please", "d=true", "e=null", "f=a=b"]) == {
        "a": 3,
        "b": 0.5,
        "c": "yes please",
        "d": True,
        "e": None,
        "f": "a=b",
    }


def test_every_command_has_the_three_shared_flags():
    assert {"json", "quiet", "debug"} <= set(command_signature(echo).parameters)


def test_a_number_or_a_text_is_a_text_in_a_shell():
    def sized(out: Path, *, size: int | str = 256) -> Echo:
        return Echo(out=str(out), count=len(str(size)), settings={"size": size})

    app = typer.Typer(pretty_exceptions_enable=False)
    app.command("sized")(command_from_call(sized))
    for given, expected in (([], '"size": "256"'), (["--size", "24x40"], '"size": "24x40"')):
        assert expected in CliRunner().invoke(app, ["x", *given, "--json"]).stdout

import os
import select
import sys

from sonosift.machine import progress


def test_quiet_prints_nothing_and_loses_no_item(capsys):
    progress.set_quiet(True)
    try:
        assert list(progress.track([1, 2, 3], "counting")) == [1, 2, 3]
        progress.notice("hello")
    finally:
        progress.set_quiet(False)
    assert capsys.readouterr() == ("", "")


def test_notices_go_to_standard_error_so_that_json_stays_clean(capsys):
    progress.notice("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_in_a_log_a_line_tells_count_rate_time_left_and_the_note(capsys):
    with progress.bar("reading", total=4, unit="files", done=1, seconds_between_lines=0) as shown:
        shown.note("loss 0.5")
        for _ in range(3):
            shown.advance()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("reading: 2/4 files, ")
    assert "ETA" in lines[0]
    assert lines[0].endswith("loss 0.5")
    assert lines[-1].startswith("reading: 4/4 files, ")
    assert "ETA" not in lines[-1]


def test_in_a_log_lines_are_rare(capsys):
    with progress.bar("reading", total=1000) as shown:
        for _ in range(1000):
            shown.advance()
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_in_a_terminal_a_bar_counts_every_step(monkeypatch):
    """A real pseudo-terminal stands for the person's."""
    reader, writer = os.openpty()
    with os.fdopen(writer, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("COLUMNS", "160")
        monkeypatch.setenv("TERM", "xterm")
        with progress.bar("reading", total=4, unit="files", done=1) as shown:
            for _ in range(3):
                shown.advance()
            shown.note("loss 0.5")
        terminal.flush()
        text = ""
        while select.select([reader], [], [], 0.5)[0]:
            text += os.read(reader, 100_000).decode()
    os.close(reader)
    assert "4/4 files" in text
    assert "ETA" in text
    assert "loss 0.5" in text

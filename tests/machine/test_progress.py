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


def test_a_bar_counts_every_step_and_shows_the_total(capsys):
    with progress.bar("reading", total=4, unit="files", done=1) as shown:
        for _ in range(3):
            shown.advance()
        shown.note("loss 0.5")
    text = capsys.readouterr().err
    assert "4/4 files" in text
    assert "ETA" in text
    assert "loss 0.5" in text

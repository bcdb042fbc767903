import pytest

from sonosift.errors import SonosiftError, unknown_name


def test_the_message_and_the_hint_are_both_shown():
    assert str(SonosiftError("no such folder", "Check the path.")) == "no such folder\nCheck the path."
    assert str(SonosiftError("no such folder")) == "no such folder"


def test_a_close_name_is_suggested_and_a_far_one_is_not():
    close = unknown_name("method", "supervized", ["pica", "supervised"])
    assert "'supervised'" in close.hint
    assert unknown_name("method", "zzz", ["pica", "supervised"]).hint == ""


def test_every_allowed_name_is_listed():
    with pytest.raises(SonosiftError, match="allowed: a, b, c"):
        raise unknown_name("thing", "d", ["c", "a", "b"])

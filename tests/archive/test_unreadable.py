import re
from pathlib import Path

import pytest

from sonosift.archive.unreadable import Reason, Unreadable, refusing

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "reasons.md"


def codes_in(text):
    return set(re.findall(r"^\| `(\w+)` \|", text, re.M))


def test_every_code_is_explained_on_the_page_under_the_right_heading():
    quarantined, skipped = PAGE.read_text().split("## Skipped")
    assert codes_in(quarantined) == {str(reason) for reason in Reason if not reason.is_skip}
    assert codes_in(skipped) == {str(reason) for reason in Reason if reason.is_skip}


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (MemoryError(), Reason.TOO_MUCH_MEMORY),
        (RecursionError(), Reason.TOO_DEEP),
        (NotImplementedError(), Reason.UNSUPPORTED_ENCODING),
        (KeyError("MILLER"), Reason.BROKEN_PIXELS),
        (Unreadable(Reason.EMPTY), Reason.EMPTY),
    ],
)
def test_whatever_is_raised_becomes_a_code_without_its_text(raised, reason):
    with pytest.raises(Unreadable) as caught, refusing(Reason.BROKEN_PIXELS):
        raise raised
    assert caught.value.reason is reason
    assert str(caught.value) == str(reason)


def test_an_interruption_is_no_broken_file():
    with pytest.raises(KeyboardInterrupt), refusing(Reason.BROKEN_PIXELS):
        raise KeyboardInterrupt

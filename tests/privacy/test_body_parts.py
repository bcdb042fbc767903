import pytest

from sonosift.privacy.body_parts import BODY_PARTS, IN_PAIRS, mapped_body_part


@pytest.mark.parametrize("term", sorted(BODY_PARTS))
def test_terms_of_the_standard_pass_in_any_spelling_of_case_and_blanks(term):
    assert mapped_body_part(f" {term.title()} ") == term


@pytest.mark.parametrize("text", [None, "", "Liver of Mrs Jones", "LIVER2", "JONES", "LI\\VER", "ＬＩＶＥＲＳ"])
def test_anything_else_does_not(text):
    assert mapped_body_part(text) is None


def test_parts_in_pairs_are_parts():
    assert IN_PAIRS < BODY_PARTS

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonosift.privacy.pseudonyms import Pseudonyms, normalised_identifier

KEY = bytes(range(32))


def test_a_patient_is_the_hmac_of_the_framed_parts():
    parts = [b"patient", b"st.mary", b"0012-a"]
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    expected = hmac.new(KEY, message, hashlib.sha256).hexdigest()[:32]
    assert Pseudonyms(KEY).patient(" St. Mary", "0012-A ") == expected


def test_another_key_gives_other_pseudonyms():
    assert Pseudonyms(KEY).patient("", "1") != Pseudonyms(KEY[::-1]).patient("", "1")


def test_a_short_key_is_refused_and_the_key_is_not_printed():
    with pytest.raises(ValueError, match="at least 32"):
        Pseudonyms(b"short")
    assert KEY.hex() not in repr(Pseudonyms(KEY))
    assert "\\x01" not in repr(Pseudonyms(KEY))


def test_equal_ids_of_two_issuers_are_two_patients():
    names = Pseudonyms(KEY)
    assert names.patient("A", "1") != names.patient("B", "1")


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_moving_a_letter_between_parts_changes_the_name(first, letter, second):
    names = Pseudonyms(KEY)
    moved = normalised_identifier(first + letter) != normalised_identifier(first)
    if moved:
        assert names.patient(first + letter, second) != names.patient(first, letter + second)


@given(st.text(max_size=12))
def test_normalising_twice_is_normalising_once(text):
    once = normalised_identifier(text)
    if normalised_identifier(once) != once:  # rare letters whose folding unfolds again
        assert normalised_identifier(normalised_identifier(once)) == normalised_identifier(once)


def test_kinds_do_not_collide():
    names = Pseudonyms(KEY)
    assert len({names.clip("x"), names.source("x"), names.patient_of_folder("x"), names.patient_number("x")}) == 4


def test_names_that_are_not_unicode_are_taken():
    assert len(Pseudonyms(KEY).source("a\udcff.dcm")) == 32

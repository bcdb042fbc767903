import hashlib
import hmac
import uuid
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonosift.privacy.pseudonyms import LONGEST_SHIFT_DAYS, Pseudonyms, normalised_identifier

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


DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@given(st.binary(min_size=32, max_size=32), st.text(max_size=5), DAYS, DAYS)
def test_shifted_days_keep_the_intervals_and_lie_at_most_half_a_century_back(key, patient, first, second):
    shifted = [Pseudonyms(key).shifted_day(patient, day.strftime("%Y%m%d")) for day in (first, second)]
    assert shifted[1] - shifted[0] == (second - first).days
    assert 1 <= first.toordinal() - shifted[0] <= LONGEST_SHIFT_DAYS


def test_the_shift_depends_on_the_patient_and_on_the_key():
    def back(key, patient):
        return date(2020, 5, 17).toordinal() - Pseudonyms(key).shifted_day(patient, "20200517")

    shifts = [back(KEY, str(patient)) for patient in range(400)]
    other = [back(KEY[::-1], str(patient)) for patient in range(400)]
    assert sum(a == b for a, b in zip(shifts, other, strict=True)) <= 2
    # Uniform over the range: each tenth of it holds some 40 of 400 patients (a chi-square far below its 0.1 % tail).
    tenths = [sum(tenth == (shift - 1) * 10 // LONGEST_SHIFT_DAYS for shift in shifts) for tenth in range(10)]
    assert sum((count - 40) ** 2 / 40 for count in tenths) < 28
    assert {shift % 7 for shift in shifts} == set(range(7))


@pytest.mark.parametrize(
    "written",
    [None, "", "  ", "unknown", "20231301", "20230230", "2023", "00010101", "18991231", "20230101-20230201",
     "2023-0101", "٢٠٢٣٠١٠١", "120230101", "20230101x"],
)  # fmt: skip
def test_a_date_that_is_none_has_no_day(written):
    assert Pseudonyms(KEY).shifted_day("p", written) is None
    assert Pseudonyms(KEY).shifted_date("p", written) == ""


@pytest.mark.parametrize("written", ["20240229", "2024-02-29", "2024.02.29", " 20240229\0", "20240229113000.5+0100"])
def test_one_day_in_several_spellings(written):
    names = Pseudonyms(KEY)
    day = date.fromordinal(names.shifted_day("p", "2024/03/01")) - timedelta(days=1)
    assert names.shifted_day("p", written) == day.toordinal()
    assert names.shifted_date("p", written) == f"{day:%Y%m%d}"


@given(st.text(max_size=64))
def test_a_unique_identifier_is_a_legal_one_and_hides_the_old(name):
    uid = Pseudonyms(KEY).uid(name)
    root, number = uid[:5], int(uid[5:])
    assert root == "2.25."
    assert len(uid) <= 64
    assert str(number) == uid[5:]
    assert uuid.UUID(int=number).version == 8
    assert uuid.UUID(int=number).variant == uuid.RFC_4122
    assert uid != Pseudonyms(KEY[::-1]).uid(name)


def test_an_identifier_padded_as_dicom_pads_it_is_the_same():
    names = Pseudonyms(KEY)
    assert names.uid("1.2.840.1\0") == names.uid("1.2.840.1") != names.uid("1.2.840.10")

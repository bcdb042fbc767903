"""Invented people: enough of them, distinct where it matters, awkward where it hurts."""

from collections import Counter

import numpy as np

from sonosift.phantom.paperwork.identities import draw_hospital, draw_patients, plain_letters
from sonosift.phantom.paperwork.planted import Planted


def test_numbers_are_distinct_and_names_are_not():
    patients = draw_patients(np.random.default_rng(1), 400)
    assert len({patient.number for patient in patients}) == len({patient.key for patient in patients}) == 400
    names = Counter(patient.dicom_name for patient in patients)
    assert max(names.values()) >= 2
    assert any(not patient.dicom_name.isascii() for patient in patients)


def test_four_patients_already_have_namesakes():
    patients = draw_patients(np.random.default_rng(2), 4)
    assert len({patient.dicom_name for patient in patients}) < 4
    assert len({patient.number for patient in patients}) == 4


def test_more_patients_keep_the_earlier_ones():
    few, many = (draw_patients(np.random.default_rng(3), count) for count in (5, 50))
    assert many[:5] == few


def test_everyone_can_be_written_without_accents():
    for patient in draw_patients(np.random.default_rng(4), 300):
        plain = plain_letters(patient.dicom_name)
        assert plain.isascii()
        assert len(plain) >= len(patient.dicom_name)  # nothing is lost, ß even grows


def test_a_hospital_is_repeatable():
    assert draw_hospital(np.random.default_rng(5)) == draw_hospital(np.random.default_rng(5))


def test_planting_keeps_the_token_and_its_plain_spelling():
    planted = Planted("P1")
    assert planted.plant("name", "Müller") == "Müller"
    planted.plant("name", "Müller")
    planted.plant("name", " ")
    assert planted.rows() == [("Muller", "name", "P1"), ("Müller", "name", "P1")]

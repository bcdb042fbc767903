import random

import pytest

from sonosift.ingest.guess_patient import FolderOwners, KnownFile
from sonosift.privacy.pseudonyms import Pseudonyms

NAMES = Pseudonyms(bytes(32))


def known(path, patient, exam="e1", number=None):
    return KnownFile(path, patient, NAMES.patient_number(number or patient), exam)


def test_the_nearest_folder_with_headers_decides_by_majority():
    owners = FolderOwners(NAMES, [known("a/x/1", "A"), known("a/x/2", "A"), known("a/x/3", "B"), known("a/y/1", "B")])
    assert owners.owner_of("a/x/shot.png").patient == "A"
    assert owners.owner_of("a/y/shot.png").patient == "B"


def test_the_exam_is_the_one_of_the_same_folder():
    owners = FolderOwners(NAMES, [known("a/x/1", "A", "one"), known("a/y/1", "A", "two"), known("a/y/2", "A", "two")])
    assert owners.owner_of("a/x/shot.png").exam == "one"
    assert owners.owner_of("a/y/shot.png").exam == "two"
    beside = owners.owner_of("a/z/shot.png")
    assert beside.patient == "A"
    assert beside.exam not in {"one", "two"}


def test_a_patients_id_in_the_path_beats_the_neighbours():
    owners = FolderOwners(NAMES, [known("day/100200_ROE/1", "A", number="100200"), known("day/1", "B", number="55")])
    assert owners.owner_of("day/clips/x_100200.mp4").patient == "A"
    assert owners.owner_of("other/100200/x.mp4").known_from == "patient id in the path"


def test_an_id_that_an_earlier_ingest_met():
    number = NAMES.patient_number("100200")
    owners = FolderOwners(NAMES, [known("a/1", "B", number="55")], [(number, "A")])
    assert owners.owner_of("clips/x_100200.mp4").patient == "A"
    assert set(owners.numbers) == {(number, "A"), (NAMES.patient_number("55"), "B")}
    both = FolderOwners(NAMES, [known("a/1", "B", number="100200")], [(number, "A")])
    assert both.owner_of("clips/x_100200.mp4").patient not in {"A", "B"}


def test_an_id_that_two_issuers_gave_decides_nothing():
    owners = FolderOwners(NAMES, [known("a/1", "A", number="100200"), known("b/1", "B", number="100200")])
    assert owners.owner_of("c/100200.png").patient not in {"A", "B"}


def test_a_folder_of_as_many_strangers_is_no_answer():
    owners = FolderOwners(NAMES, [known("mixed/1", "A"), known("mixed/2", "B")])
    assert owners.owner_of("mixed/shot.png").patient not in {"A", "B"}


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("videos/patient_12_L1.mp4", "videos/patient_12_R2.mp4", True),
        ("videos/patient_12_L1.mp4", "stills/Patient-12.png", True),
        ("videos/patient_12_L1.mp4", "videos/patient_1_L1.mp4", False),
        ("p7/a/1.png", "p7/b/2.png", True),
        ("miller/a/1.png", "smith/a/1.png", False),
        ("one.png", "two.png", True),
    ],
)
def test_without_any_header_names_decide(first, second, same):
    owners = FolderOwners(NAMES, [])
    assert (owners.owner_of(first).patient == owners.owner_of(second).patient) is same


def test_the_exam_of_another_patient_in_the_folder_is_not_taken():
    owners = FolderOwners(NAMES, [known("a/1", "A", "one")])
    assert owners.exam_of("a/2", "A") == "one"
    assert owners.exam_of("a/2", "B") not in {"one", owners.exam_of("a/2", "C")}


def test_the_order_of_the_files_does_not_matter():
    files = [known(f"a/{index}", "AB"[index % 3 == 0], f"e{index % 2}") for index in range(12)]
    expected = FolderOwners(NAMES, files).owner_of("a/x.png")
    for seed in range(5):
        shuffled = random.Random(seed).sample(files, len(files))
        assert FolderOwners(NAMES, shuffled).owner_of("a/x.png") == expected

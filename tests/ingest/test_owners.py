from sonosift.ingest.archive_file import ArchiveFile
from sonosift.ingest.clip_job import Looked
from sonosift.ingest.manifest import Manifest, ManifestRow
from sonosift.ingest.owners import Owners
from sonosift.ingest.patient_pattern import PatientPattern
from sonosift.privacy.pseudonyms import Pseudonyms

NAMES = Pseudonyms(bytes(32))
P1, P2 = NAMES.patient("", "P1"), NAMES.patient("", "P2")
STILL = Looked("x", 1, 1)


def dicom(patient, study):
    pseudonym = NAMES.patient("", patient)
    return Looked(
        "x", 1, 1, patient=pseudonym, patient_number=NAMES.patient_number(patient), exam=NAMES.exam(pseudonym, study)
    )


def owner(path, glance, others=(), rows=None, pattern=None):
    looked = [(ArchiveFile(path), glance), *((ArchiveFile(name), found) for name, found in others)]
    manifest = None if rows is None else Manifest(rows)
    owners = Owners(NAMES, looked, manifest, None if pattern is None else PatientPattern(pattern))
    return owners.owner_of(ArchiveFile(path), glance)


def test_the_table_beats_the_pattern_beats_the_header_beats_the_guess():
    rows = {"P2/e/a": ManifestRow(2, "P3")}
    path, glance = "P2/e/a", dicom("P1", "1.1")
    assert owner(path, glance, rows=rows, pattern="{patient}/*").known_from == "manifest"
    assert owner(path, glance, rows=rows, pattern="{patient}/*").patient == NAMES.patient("", "P3")
    assert owner(path, glance, pattern="{patient}/*").known_from == "path pattern"
    assert owner(path, glance, pattern="{patient}/*").patient == P2
    assert owner(path, glance, pattern="x/{patient}").known_from == "header"
    assert owner(path, glance).patient == P1
    assert owner(path, STILL).known_from == "file or folder name"


def test_a_patient_written_in_the_table_is_the_one_of_the_headers():
    assert owner("a", STILL, rows={"a": ManifestRow(2, "P1")}).patient == owner("b", dicom("P1", "1.1")).patient


def test_exams():
    glance = dicom("P1", "1.1")
    stated = owner("a", glance, rows={"a": ManifestRow(2, "P1", "E9")})
    assert stated.exam == NAMES.exam(P1, "E9")
    assert owner("a", glance, rows={"a": ManifestRow(2, "P1")}).exam == glance.exam
    # Another patient than the header's: the study stays together, but under the patient who was stated.
    moved = {name: ManifestRow(2, "P2") for name in "ab"}
    exams = {owner(name, glance, rows=moved).exam for name in "ab"}
    assert len(exams) == 1
    assert glance.exam not in exams


def test_what_the_user_stated_helps_to_guess_the_rest():
    rows = {"x/a": ManifestRow(2, "P2")}
    others = [("x/a", STILL), ("y/b", dicom("P1", "1.1"))]
    assert owner("x/shot", STILL, others, rows).patient == P2
    assert owner("y/shot", STILL, others, rows).patient == P1


def test_a_row_without_a_patient_states_nothing():
    assert owner("a", dicom("P1", "1.1"), rows={"a": ManifestRow(2, labels=("liver",))}).known_from == "header"


def test_members_of_a_zip_are_named_through_it():
    file = ArchiveFile("day.zip", "P1/IM0")
    owners = Owners(NAMES, [(file, STILL)], None, PatientPattern("day.zip/{patient}/*"))
    assert owners.owner_of(file, STILL).patient == P1
    assert owners.fits_pattern(file)
    assert not owners.fits_pattern(ArchiveFile("night.zip", "P1/IM0"))

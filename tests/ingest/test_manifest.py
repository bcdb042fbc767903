import pytest

from sonosift.errors import SonosiftError
from sonosift.ingest.manifest import ManifestRow, read_manifest
from sonosift.labels.abdomen import ABDOMEN
from sonosift.labels.views import VIEWS


def table(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_columns(tmp_path):
    text = '\ufefffile,Patient,exam,labels,ward\na/b.dcm, 007 ,e1,"liver;Kidney",x\n./c\\d.png,8,,,\n'
    manifest = read_manifest(table(tmp_path, text), ABDOMEN)
    assert manifest.rows == {
        "a/b.dcm": ManifestRow(2, "007", "e1", ("liver", "kidney")),
        "c/d.png": ManifestRow(3, "8", "", ()),
    }
    assert manifest.ignored == ("ward",)
    assert manifest.of("nothing") is None


def test_what_only_one_of_the_two_has(tmp_path):
    manifest = read_manifest(table(tmp_path, "file,patient\na,1\nb,1\nc,2\n"), ABDOMEN)
    assert manifest.compared(["b", "c", "d", "e", "f"]) == {
        "listed and in the archive": 2,
        "listed but not in the archive": 1,
        "in the archive but not listed": 3,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "columns"),
        ("path,patient\na,1\n", "columns path, patient"),
        ("file\na\n", "columns file"),
        ("file,patiens,exam\na,1,2\n", "Is it 'patient'"),
        ("file,patient,patient\na,1,2\n", "twice"),
        ("file,patient\n", "lists no file"),
        ("file,patient\na,1\n,2\n", "line 3: no file"),
        ("file,patient\na,1\nb,2\n./a,2\n", "line 4: a is listed a second time .first in line 2"),
        ("file,labels\na,liver\nb,livr\n", "line 3: .*livr.*\n.*'liver'"),
        ("file,labels\na,liver;other\n", "line 2: .*other"),
        ("file,patient\na,1,2\n", "line 2: not as many fields"),
        ("file,patient\na,1\nb\n", "line 3: not as many fields"),
    ],
)
def test_complaints_name_the_line(tmp_path, text, said):
    with pytest.raises(SonosiftError, match=said):
        read_manifest(table(tmp_path, text), ABDOMEN)


def test_one_label_where_one_is_allowed(tmp_path):
    path = table(tmp_path, f"file,labels\na,{VIEWS.names[0]};{VIEWS.names[1]}\n")
    with pytest.raises(SonosiftError, match="line 2"):
        read_manifest(path, VIEWS)


def test_files_that_are_no_tables(tmp_path):
    with pytest.raises(SonosiftError, match="no manifest"):
        read_manifest(tmp_path / "gone.csv", ABDOMEN)
    (tmp_path / "bytes.csv").write_bytes(b"file,patient\n\xff\xfe,1\n")
    with pytest.raises(SonosiftError, match="UTF-8"):
        read_manifest(tmp_path / "bytes.csv", ABDOMEN)

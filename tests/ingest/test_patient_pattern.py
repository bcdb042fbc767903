import pytest

from sonosift.errors import SonosiftError
from sonosift.ingest.patient_pattern import PathNames, PatientPattern


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("{patient}/{exam}/*", "p1/e1/a.dcm", PathNames("p1", "e1")),
        ("{patient}/{exam}/*", "p1/e1/deep/a.dcm", PathNames("p1", "e1")),
        ("{patient}/{exam}/*", "p1/a.dcm", None),
        ("*/{patient}_*.mp4", "ward/x/P7_left.mp4", PathNames("P7", None)),
        ("{exam}/{patient}/?.png", "e/p/1.png", PathNames("p", "e")),
        ("{exam}/{patient}/?.png", "e/p/12.png", None),
        ("{patient}.(x)/*", "p.(x)/1", PathNames("p", None)),
        (r"(?P<exam>\d{4})/.*-(?P<patient>[A-Z]+)\.\w+", "2024/scan-AB.dcm", PathNames("AB", "2024")),
        (r"(?P<patient>x*)/.*", "/a", None),
    ],
)
def test_what_a_path_says(pattern, path, expected):
    assert PatientPattern(pattern).read(path) == expected


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{exam}/*", "where the patient"),
        ("{patiant}/*", "patiant"),
        ("(?P<patient>[/*", "no pattern"),
        ("(?P<patient>a)(?P<ward>b)", "ward"),
        ("{patient}/{patient}/*", "no pattern"),
        ("", "where the patient"),
    ],
)
def test_patterns_that_cannot_be_meant(pattern, said):
    with pytest.raises(SonosiftError, match=said) as caught:
        PatientPattern(pattern)
    assert "{patient}/{exam}" in caught.value.hint

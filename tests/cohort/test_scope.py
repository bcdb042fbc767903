from fnmatch import fnmatch
from itertools import product

import pytest
import yaml

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.scope import FIELDS, Scope, checked_rule
from sonosift.cohort.settings import read_settings
from sonosift.errors import SonosiftError

PARTS = ("ABDOMEN", "Pelvis", "")
STUDIES = ("US ABDOMEN", "us biopsy liver", "")


def in_scope(part: str, study: str, scope: Scope) -> bool:
    facts = {field: [""] for field in FIELDS[:-1]} | {"body_part": [part], "study_description": [study]}
    return scope.first_failed(facts) is None


def test_against_the_sentence_in_the_docs() -> None:
    scope = Scope(
        include=("body_part=abdomen", "body_part=pelv*", "study_description=us*"),
        exclude=("study_description=*BIOPSY*", "body_part=thyroid"),
    )
    for part, study in product((*PARTS, "thyroid"), STUDIES):
        wanted = part.lower() in ("abdomen", "pelvis") and study.lower().startswith("us")
        assert in_scope(part, study, scope) == (wanted and not fnmatch(study.lower(), "*biopsy*"))


def test_without_rules_everything_comes_in() -> None:
    assert all(in_scope(part, study, Scope()) for part, study in product(PARTS, STUDIES))


def test_what_is_missing_is_the_empty_text() -> None:
    assert in_scope("", "", Scope(include=("body_part=",)))
    assert not in_scope("abdomen", "", Scope(include=("body_part=",)))
    assert not in_scope("", "", Scope(include=("body_part=?*",)))


def test_the_mode_is_judged_last_and_only_when_it_is_known() -> None:
    scope = Scope(exclude=("mode=doppler", "body_part=thyroid"))
    assert [step.field for step in scope.steps] == ["body_part", "mode"]
    assert scope.first_failed({"body_part": ["abdomen"]}) is None
    assert scope.first_failed({"mode": ["dual", "doppler"]}) == 1
    assert scope.first_failed({"mode": ["b"]}) is None


@pytest.mark.parametrize(
    ("rule", "said"),
    [("abdomen", "FIELD=PATTERN"), ("body_prt=x", "body_part"), ("mode=colour", "doppler"), ("=x", "field")],
)
def test_wrong_rules_say_what_is_allowed(rule: str, said: str) -> None:
    with pytest.raises(SonosiftError) as caught:
        checked_rule(rule)
    assert said in str(caught.value)


def test_kept_in_the_settings(tmp_path) -> None:
    scope = Scope(include=("body_part=abdomen",), exclude=("mode=dual",))
    cohort = Cohort.create(tmp_path / "c", size=(32, 48), scope=scope)
    assert Cohort.open(cohort.path).settings.scope == scope
    file = cohort.path / "cohort.yaml"
    content = yaml.safe_load(file.read_text())
    assert content["size"] == [32, 48]
    file.write_text(yaml.safe_dump(content | {"scope": {"include": ["body_part abdomen"]}}))
    with pytest.raises(SonosiftError, match="FIELD=PATTERN"):
        read_settings(file)
    file.write_text(yaml.safe_dump(content | {"scope": {"includes": []}}))
    with pytest.raises(SonosiftError, match="did you mean 'include'"):
        read_settings(file)

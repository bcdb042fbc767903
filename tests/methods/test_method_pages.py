"""Every method has a page that says what it is, when to use it, what it costs, and where its defaults come from."""

import re
from pathlib import Path

import pytest

from sonosift.clusters.temi_config import TemiConfig
from sonosift.methods import registry

PAGES = Path(__file__).parents[2] / "docs" / "methods"
# Names that share a page with the method whose settings are theirs.
SHARED = {"lsd": "pica", "fixmatch": "fixmatch-two-head", "fixmatch-one-head": "fixmatch-two-head"}
LONGEST_IDEA = 7  # lines of print, of what the pages call five


def page_of(name):
    mark = f"<!-- settings of {SHARED.get(name, name)} -->"
    found = [page for page in PAGES.glob("*.md") if mark in page.read_text()]
    assert len(found) == 1, name
    return found[0].read_text()


@pytest.mark.parametrize("name", registry.names())
def test_the_page_of_a_method_has_its_four_parts(name):
    text = page_of(name)
    for part in ("*In five lines.*", "*When to use it.*", "*Cost.*", "## Settings"):
        assert part in text, f"{name}: {part}"
    idea = text.split("*In five lines.*")[1].split("\n\n")[0]
    assert idea.strip()
    assert len(idea.splitlines()) <= LONGEST_IDEA


def test_a_setting_that_a_page_names_exists():
    """In commands (``--set name=value``) and in words (``name=value``)."""
    known = {field for name in registry.names() for field in type(registry.config_of(name, {})).model_fields}
    known |= set(TemiConfig.model_fields)
    for page in PAGES.glob("*.md"):
        named = set(re.findall(r"(?:--set |`)([a-z_]+)=", page.read_text()))
        assert named - {"name"} <= known, (page.name, named - known)

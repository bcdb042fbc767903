import importlib.util
import sys
from pathlib import Path

import pytest

# importmode=importlib keeps test folders out of sys.path; this one file is shared by the tests of the report.
_path = Path(__file__).with_name("made_up_report.py")
_spec = importlib.util.spec_from_file_location("made_up_report", _path)
_module = importlib.util.module_from_spec(_spec)
sys.modules["made_up_report"] = _module
_spec.loader.exec_module(_module)


@pytest.fixture(scope="session")
def world():
    return _module.MadeUp(frames=240)


@pytest.fixture(scope="session")
def content(world):
    return world.content()


@pytest.fixture(scope="session")
def page(content):
    from sonosift.report.page import render

    return render(content)

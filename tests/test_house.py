"""The picture of the house is drawn from the code; here it is held against the code again."""

import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_of_the_house_is_up_to_date():
    house = load(ROOT / "docs" / "draw_house.py")
    assert house.PICTURE.read_text() == house.draw(), "run: python docs/draw_house.py"


def test_every_room_is_in_the_layer_contract():
    house = load(ROOT / "docs" / "draw_house.py")
    package = ROOT / "src" / "sonosift"
    on_disk = {path.name for path in package.iterdir() if (path / "__init__.py").exists()}
    assert on_disk <= {name for name, _ in house.rooms()}


def test_the_rooms_down_to_ingest_load_no_torch():
    """The import contract reads the source; this loads every module and looks."""
    code = (
        "import importlib, pkgutil, sys, sonosift\n"
        "rooms = 'machine labels dicom archive privacy phantom cohort ingest'.split()\n"
        "for room in rooms:\n"
        "    package = importlib.import_module(f'sonosift.{room}')\n"
        "    for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(found.name)\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'torch', 'timm', 'lightning', 'torchvision'}))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert result.stdout.strip() == "[]"

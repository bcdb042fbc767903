"""Draw docs/images/house.svg from the layer contract, the rooms' docstrings and the imports as they are.

Run it after adding a room: ``python docs/draw_house.py``. A test fails while the picture is out of date.
"""

from __future__ import annotations

import ast
import html
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "house.svg"
TORCH_FREE_UNTIL = "ingest"
FLOOR_HEIGHT, WIDTH, LEFT, ARCS = 44, 980, 250, 210


def rooms() -> list[tuple[str, str]]:
    """Return (name, what it is for) of every room, in the order in which data walks through them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    found = []
    for name in reversed(layers):
        folder = ROOT / "src" / "sonosift" / name
        source = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
        summary = (ast.get_docstring(ast.parse(source.read_text())) or "").splitlines()[0]
        found.append((name, summary))
    return found


def imports_between(names: list[str]) -> dict[tuple[str, str], int]:
    """Count the import statements from one room to another."""
    counts: dict[tuple[str, str], int] = {}
    package = ROOT / "src" / "sonosift"
    for path in sorted(package.rglob("*.py")):
        here = path.relative_to(package).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            modules: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
                if node.module == "sonosift":
                    modules = [f"sonosift.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            for module in modules:
                there = module.split(".")[1] if module.startswith("sonosift.") else ""
                if there in names and here in names and there != here:
                    counts[here, there] = counts.get((here, there), 0) + 1
    return counts


def draw() -> str:
    """Return the picture as SVG text."""
    floors = rooms()
    names = [name for name, _ in floors]
    height = FLOOR_HEIGHT * len(floors) + 70
    torch_line = (names.index(TORCH_FREE_UNTIL) + 1) * FLOOR_HEIGHT + 44
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fbfaf7"/>',
        f'<text x="{LEFT}" y="26" font-size="15" fill="#444">Data walks down; a room imports only from rooms above it.'
        " Thicker arcs: more imports.</text>",
    ]
    for (here, there), count in sorted(imports_between(names).items()):
        start = names.index(here) * FLOOR_HEIGHT + 60
        end = names.index(there) * FLOOR_HEIGHT + 60
        reach = LEFT - min(ARCS, 26 + 0.42 * abs(start - end))
        width = min(4.0, 0.6 + 0.25 * count)
        parts.append(
            f'<path d="M{LEFT} {start} C{reach:.0f} {start} {reach:.0f} {end} {LEFT} {end}" fill="none" '
            f'stroke="#3d7ea6" stroke-opacity="0.45" stroke-width="{width:.2f}"><title>{here} imports {there}: '
            f"{count}</title></path>"
        )
    for floor, (name, summary) in enumerate(floors):
        top = floor * FLOOR_HEIGHT + 42
        colour = "#e7f0e4" if floor <= names.index(TORCH_FREE_UNTIL) else "#e6ebf5"
        parts.append(
            f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - 20}" height="{FLOOR_HEIGHT - 8}" rx="6" '
            f'fill="{colour}" stroke="#9aa5b1"/>'
            f'<text x="{LEFT + 14}" y="{top + 23}" font-size="15" font-weight="bold" fill="#1d2733">{name}</text>'
            f'<text x="{LEFT + 130}" y="{top + 23}" font-size="12" fill="#39424e">{html.escape(summary)}</text>'
        )
    parts.append(
        f'<path d="M{LEFT - 10} {torch_line - 6} H{WIDTH - 10}" stroke="#b5651d" stroke-dasharray="6 4"/>'
        f'<text x="{WIDTH - 20}" y="{height - 10}" font-size="12" fill="#b5651d" text-anchor="end">'
        "above the dashed line nothing imports torch</text></svg>"
    )
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw())

"""The map of the code in both READMEs names every feature folder."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(
    folder
    for folder in (ROOT / "services").glob("*/*")
    if (folder / "__init__.py").exists() and folder.name != "migrations"
)


def named(row: str) -> set[str]:
    """The folders of one row: the first in full, those after it beside it."""
    found: set[str] = set()
    base = ""
    for path in re.findall(r"`([a-z_/]+)/`", row.split("|")[1]):
        base = path.rpartition("/")[0] if "/" in path else base
        found.add(path if "/" in path else f"{base}/{path}")
    return found


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_every_feature_folder_is_on_the_map_and_nothing_else(readme: str) -> None:
    rows = [row for row in (ROOT / readme).read_text("utf-8").splitlines() if row.startswith("| `")]
    mapped = {path for row in rows for path in named(row) if path.startswith("services/")}
    folders = {folder.relative_to(ROOT).as_posix() for folder in FOLDERS}
    assert folders <= mapped
    assert [path for path in mapped if not (ROOT / path).is_dir()] == []

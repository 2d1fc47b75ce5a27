"""Benefit rules can be run and proven anywhere: they need the standard library and money only."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "services" / "claims" / "benefits").rglob("*.py"))
IMPURE = {"asyncio", "os", "pathlib", "random", "socket", "sqlite3", "subprocess", "time"}


def imported(path: Path) -> set[str]:
    """Full names of everything a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or ".")
    return names


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_import_the_standard_library_and_money_only(path: Path) -> None:
    ours = ("services.claims.benefits", "shared.money")
    others = {name for name in imported(path) if not name.startswith(ours)}
    assert {name for name in others if name.split(".")[0] not in sys.stdlib_module_names} == set()
    assert others & IMPURE == set()


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_know_no_floats(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    constants = [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    names = [node for node in nodes if isinstance(node, ast.Name) and node.id in {"float", "round"}]
    divisions = [node for node in nodes if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)]
    assert (constants, names, divisions) == ([], [], [])

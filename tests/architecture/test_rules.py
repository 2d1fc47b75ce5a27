"""Rules that a tool checks, because a rule that no tool checks leaks."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted(
    path
    for folder in ("shared", "services", "deploy")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
EVERYTHING = sorted(path for path in CODE + sorted((ROOT / "tests").rglob("*.py")))
MAX_LINES = 400
MAX_FUNCTION_LINES = 50

# The three edges of a transaction, and programs that own a whole connection.
COMMITTERS = {
    "shared/http.py",
    "shared/migrations.py",
    "shared/messaging/consumer.py",
    "shared/messaging/relay.py",
}
# Statements live in repositories and migrations; the kit is its own repository, deployment makes servers.
SQL_HOMES = ("repository.py", "/migrations/", "shared/", "deploy/")
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b", re.DOTALL)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", CODE, ids=name)
def test_nothing_behind_the_edge_commits(path: Path) -> None:
    # Kafka offsets are no transaction of the database.
    found = re.search(r"(?<!kafka)(?<!consumer)\.(commit|rollback)\(", path.read_text())
    assert found is None or name(path) in COMMITTERS


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", CODE, ids=name)
def test_functions_stay_short(path: Path) -> None:
    long = [
        f"{function.name}: {function.end_lineno - function.lineno + 1} lines"
        for function in functions(path)
        if function.end_lineno and function.end_lineno - function.lineno >= MAX_FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize("path", CODE, ids=name)
def test_sql_is_written_in_repositories_only(path: Path) -> None:
    if any(home in name(path) for home in SQL_HOMES):
        return
    texts = [
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [found for found in texts if SQL.search(found)] == []


@pytest.mark.parametrize("path", CODE, ids=name)
def test_what_is_public_says_what_it_promises(path: Path) -> None:
    if name(path).startswith("deploy/demo/"):
        return  # the sample county is no interface
    tree = ast.parse(path.read_text())
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


@pytest.mark.parametrize("path", CODE, ids=name)
def test_a_request_never_leaves_work_for_after_its_reply(path: Path) -> None:
    source = path.read_text()
    assert "BackgroundTask" not in source
    assert "BaseHTTPMiddleware" not in source
    assert not re.search(r"\bSET app\.", source)


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_amount_is_ever_a_float(path: Path) -> None:
    if not name(path).startswith(("services/claims", "services/screening", "services/registry/financing")):
        return
    floats = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    assert floats == []

"""Rules that a tool checks, because a rule that no tool checks leaks."""

import ast
import re
from functools import cache
from pathlib import Path

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


@cache
def source(path: Path) -> str:
    return path.read_text()


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(source(path))))


def constants(path: Path, type_: type) -> list[ast.Constant]:
    return [node for node in nodes(path) if isinstance(node, ast.Constant) and type(node.value) is type_]


def test_nothing_behind_the_edge_commits() -> None:
    # Kafka offsets are no transaction of the database.
    commits = re.compile(r"(?<!kafka)(?<!consumer)\.(commit|rollback)\(")
    assert {name(path) for path in CODE if commits.search(source(path))} <= COMMITTERS


def test_files_stay_short() -> None:
    lines = {name(path): len(source(path).splitlines()) for path in EVERYTHING}
    assert {file: found for file, found in lines.items() if found > MAX_LINES} == {}


def test_functions_stay_short() -> None:
    long = [
        f"{name(path)} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path in CODE
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno
        and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    ]
    assert long == []


def test_sql_is_written_in_repositories_only() -> None:
    found = [
        f"{name(path)}:{text.lineno}"
        for path in CODE
        if not any(home in name(path) for home in SQL_HOMES)
        for text in constants(path, str)
        if SQL.search(str(text.value))
    ]
    assert found == []


def test_what_is_public_says_what_it_promises() -> None:
    silent = [
        f"{name(path)} {node.name}"
        for path in CODE
        if not name(path).startswith("deploy/demo/")  # the sample county is no interface
        for node in ast.parse(source(path)).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_a_request_never_leaves_work_for_after_its_reply() -> None:
    never = re.compile(r"BackgroundTask|BaseHTTPMiddleware|\bSET app\.")
    assert [name(path) for path in CODE if never.search(source(path))] == []


def test_no_amount_is_ever_a_float() -> None:
    money = ("services/claims", "services/screening", "services/registry/financing")
    floats = [
        f"{name(path)}:{number.lineno}"
        for path in CODE
        if name(path).startswith(money)
        for number in constants(path, float)
    ]
    assert floats == []

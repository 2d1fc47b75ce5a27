"""Every problem of every service speaks both languages; every route asks for a scope."""

import importlib
import inspect
import pkgutil
import re
import string
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

import services
import shared
from shared.problems import ProblemSpec
from shared.settings import Settings

SERVICES = ("registry", "claims", "screening")


def modules() -> list[ModuleType]:
    names = [found.name for found in pkgutil.walk_packages(services.__path__, "services.")]
    names += [found.name for found in pkgutil.walk_packages(shared.__path__, "shared.")]
    wanted = [found for found in names if found.endswith("problems")]
    return [*(importlib.import_module(found) for found in wanted)]


SPECS = [value for module in modules() for value in vars(module).values() if isinstance(value, ProblemSpec)]


def parameters(text: str) -> set[str]:
    return {
        re.sub("_(zh|en)$", "", field)
        for _, field, _, _ in string.Formatter().parse(text)
        if field is not None
    }


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.code)
def test_each_problem_tells_the_same_in_chinese_and_english(spec: ProblemSpec) -> None:
    assert re.fullmatch(r"[a-z]+(\.[a-z0-9_]+)+", spec.code)
    assert 400 <= spec.status < 600
    assert re.search("[\u4e00-\u9fff]", spec.zh)
    assert not re.search("[\u4e00-\u9fff]", spec.en)
    assert parameters(spec.zh) == parameters(spec.en)


def test_no_two_problems_share_a_code() -> None:
    codes = [spec.code for spec in {id(spec): spec for spec in SPECS}.values()]
    assert len(codes) == len(set(codes))


@pytest.fixture(params=SERVICES)
def app(request: pytest.FixtureRequest) -> FastAPI:
    main = importlib.import_module(f"services.{request.param}.main")
    settings = Settings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        jwks="unused",
        index_key=b"a2V5" * 12,
        data_keys={"k1": b"a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="},
        active_data_key="k1",
        port=1,
    )
    created: FastAPI = main.create_app(settings)
    return created


def test_every_operation_asks_for_a_scope_and_is_described(app: FastAPI) -> None:
    open_or_silent = []
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            scopes = [scope for entry in operation.get("security", []) for scope in entry.values()]
            if not any(scopes) or not operation.get("description"):
                open_or_silent.append(f"{method} {path}")
    assert open_or_silent == []


def test_no_dependency_takes_the_way_through_the_thread_pool(app: FastAPI) -> None:
    def calls(dependant: Dependant) -> Iterator[Callable[..., object]]:
        for each in dependant.dependencies:
            if each.call is not None:
                yield each.call
            yield from calls(each)

    slow = {
        str(call)
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
        for call in calls(context.original_route.dependant)
        if not any(
            check(part)
            for check in (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
            for part in (call, type(call).__call__)
        )
    }
    assert slow == set()

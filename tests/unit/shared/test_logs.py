"""What a log says of a failure: where and of what class, never the values that it met."""

import asyncio
import json
import logging
from collections.abc import Iterator

import asyncpg
import pytest
import structlog
from sqlalchemy.exc import IntegrityError

from shared import logs

NUMBER = "510101195001010011"


@pytest.fixture(autouse=True)
def _left_as_found() -> Iterator[None]:
    yield
    logging.root.handlers.clear()
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def refused() -> None:
    """Fail as a statement does: the driver's text quotes the row, SQLAlchemy's the parameters."""
    try:
        driver = asyncpg.UniqueViolationError("duplicate key")
        driver.detail = f"Key (number)=({NUMBER}) already exists."
        raise driver
    except asyncpg.UniqueViolationError as error:
        raise IntegrityError("INSERT INTO t VALUES ($1)", (NUMBER,), error) from error


def logged(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    out = capsys.readouterr().out
    assert NUMBER not in out
    found: dict[str, str] = json.loads(out)
    return found


def test_a_traceback_names_places_and_classes_without_the_values(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("claims", "INFO")
    try:
        refused()
    except IntegrityError:
        # As the HTTP server does with what no handler has turned into a reply.
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    exception = logged(capsys)["exception"]
    assert "test_logs.py" in exception
    assert "in refused" in exception
    cause, effect = exception.index("UniqueViolationError"), exception.index("sqlalchemy.exc.IntegrityError")
    assert cause < effect


async def test_a_task_that_nobody_awaited_is_reported_without_its_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("claims", "INFO")

    async def forgotten() -> None:
        refused()

    task = asyncio.create_task(forgotten())
    await asyncio.wait([task])
    del task
    found = logged(capsys)
    assert found["event"] == "Task exception was never retrieved"
    assert "in refused" in found["exception"]

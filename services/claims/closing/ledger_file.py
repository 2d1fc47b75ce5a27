"""The closes of a county as a file: one JSON record a line, all that is needed to check it by itself."""

import json
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg

from services.claims.closing import chain, export_repository
from services.claims.closing.repository import Close, Stated
from shared.db import connect

FORMAT: Final = 1
_PROGRAM: Final = "export-ledger"


class Exported(NamedTuple):
    """What was written: closes, transfers, and the head of the chain (``None`` without a close)."""

    closes: int
    transfers: int
    head: str | None


class MissingTransfer(Exception):
    """A closed transfer is no longer in the ledger, so nothing true can be exported."""


async def export_ledger(url: str, county_code: str, path: Path) -> Exported:
    """Write every close of a county, in one snapshot: its transfers, its provider statements, itself."""
    connection = await connect(url, _PROGRAM)
    try:
        await export_repository.freeze(connection)
        closes = await export_repository.closes(connection, county_code)
        transfers = 0
        # Line by line: a year's ledger need not fit into memory.
        with path.open("w", encoding="utf-8") as file:
            head = {"record": "ledger", "format": FORMAT, "county_code": county_code}
            file.write(_line(head))
            for close in closes:
                async for record in _records(connection, close):
                    transfers += record["record"] == "transfer"
                    file.write(_line(record))
    finally:
        await connection.close()
    return Exported(len(closes), transfers, closes[-1].hash.hex() if closes else None)


async def _records(connection: "asyncpg.Connection[Any]", close: Close) -> AsyncIterator[dict[str, Any]]:
    async for no, row, link in export_repository.transfers(connection, close.id):
        if row is None:
            raise MissingTransfer(f"transfer {no} of close {close.no} is not in the ledger any more")
        values = json.loads(row)
        yield {"record": "transfer", **dict(zip(chain.TRANSFER, values, strict=True)), "link": link.hex()}
    for stated in await export_repository.statements(connection, close.id):
        yield {"record": "statement", **_statement(stated)}
    yield {"record": "close", **close_values(close), "hash": close.hash.hex()}


def close_values(close: Close) -> dict[str, Any]:
    """The fields of a close as they are hashed and exported."""
    told = {
        **close._asdict(),
        "business_date": close.business_date.isoformat(),
        "closed_at": close.closed_at.astimezone(UTC).strftime(chain.INSTANT),
        "previous_hash": close.previous_hash.hex(),
        "last_link": close.last_link.hex(),
    }
    return {name: told[name] for name in chain.CLOSE}


def _statement(stated: Stated) -> dict[str, Any]:
    return dict(zip(chain.STATEMENT, [*stated[:-1], stated.moved()], strict=True))


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"

"""Lines of bills are in the row of their settlement, also those that were stored as rows of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from alembic import command

from services.claims.settlements.fields import MAX_CHARGES
from shared.cli import alembic_config
from tests.integration.claims.conftest import World
from tests.support import claims as build

pytestmark = pytest.mark.integration
LINES = "SELECT * FROM settlement_charges ORDER BY settlement_id, line_no"
NEW = "{charges,medicine_fen,herbal_medicine_fen}"
SUMS = "SELECT row::text FROM current_report_sums AS row ORDER BY 1"
COPY = (
    "INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, row)).* FROM unnest($1::jsonb[]) AS row"
)
NAME = '"进口" \\ 阿司匹林肠溶片, [100 mg]'


async def bills(world: World) -> None:
    """Three bills: one line, lines that need care in JSON, and more lines than a page of a table holds."""
    number = await world.insure(categories=["dibao"])
    await world.settle(build.visit(number, "ONE"))
    odd = [
        build.charge("100.00", name=NAME),
        build.charge("40.00", "B", self_pay_rate="0.1", price_limit="12.3456"),
        build.charge("0.00", "C", category="herbal"),
    ]
    await world.settle(build.visit(number, "ODD", charges=odd, total="140.00"))
    many = [build.charge(f"{no}.00", category="herbal") for no in range(1, 301)]
    await world.settle(build.visit(number, "MANY", charges=many, total=f"{sum(range(1, 301))}.00"))


@asynccontextmanager
async def database_at(
    revision: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A database of its own as a migration left it; what migrates next goes there."""
    name = f"claims_at_{revision}"
    admin = await asyncpg.connect(world.platform.system.config.admin_dsn)
    await admin.execute(f"CREATE DATABASE {name} OWNER claims_owner TEMPLATE template0 ENCODING 'UTF8'")
    owner = at(world.platform.system.config.dsn("claims", "owner"), name)
    monkeypatch.setenv("KANGFU_OWNER_DATABASE_URL", owner)
    await asyncio.to_thread(command.upgrade, alembic_config("claims"), revision)
    connection = await asyncpg.connect(at(world.platform.system.config.admin_dsn, name))
    yield connection
    await connection.close()
    await admin.execute(f"DROP DATABASE {name}")
    await admin.close()


@pytest.fixture
async def before(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A database as the migration before left it."""
    async with database_at("0022", world, monkeypatch) as connection:
        yield connection


def at(address: str, database: str) -> str:
    return urlunsplit(urlsplit(address)._replace(path=f"/{database}"))


async def test_the_migration_shows_the_lines_and_the_reports_of_what_was_stored_as_rows(
    world: World, before: "asyncpg.Connection[Any]"
) -> None:
    await bills(world)
    lines = await world.rows(LINES)
    for table in ("settlements", "settlement_charges", "settlement_payers"):
        stored = await world.rows(f"SELECT (to_jsonb(row) - '{NEW}'::text[])::text FROM {table} AS row")
        await before.execute(COPY.format(table=table), [row[0] for row in stored])
    earlier = await before.fetch(LINES), await before.fetch(SUMS)
    await asyncio.to_thread(command.upgrade, alembic_config("claims"), "0023")
    assert (await before.fetch(LINES), await before.fetch(SUMS)) == earlier
    assert [tuple(line) for line in earlier[0]] == [tuple(line) for line in lines]
    assert len(lines) == 1 + 3 + 300
    assert earlier[1]
    assert await before.fetchval("SELECT count(*) FROM settlement_charge_rows") == 0
    assert await before.fetchval("SELECT count(*) FROM settlements WHERE charges IS NULL") == 0


async def test_what_a_process_of_the_version_before_stores_are_lines_of_the_bill(world: World) -> None:
    await bills(world)
    lines = [tuple(row) for row in await world.rows(LINES)]
    sent = [(*line[:9], line[10], line[9]) for line in lines]
    reported = await world.rows(SUMS)
    api = await asyncpg.connect(world.platform.system.config.dsn("claims", "api"))
    stored = await world.rows(f"SELECT (to_jsonb(row) - '{NEW}'::text[])::text FROM settlements AS row")
    await world.platform.empty("claims", "settlements")
    async with api.transaction():
        await api.execute("SELECT set_config('app.jurisdiction', '{990101}', true)")
        await api.execute(
            f"WITH settled AS ({COPY.format(table='settlements')} RETURNING id), charged AS ("
            " INSERT INTO settlement_charges (settlement_id, line_no, item_code, name, category, item_class,"
            " self_pay_rate_bp, quantity_milli, unit_price_e4, amount_fen, price_limit_e4)"
            " SELECT * FROM unnest($2::new_charge[])) SELECT FROM settled",
            [row[0] for row in stored],
            sent,
        )
        assert [tuple(row) for row in await api.fetch(LINES)] == lines
        await api.execute("SELECT set_config('app.jurisdiction', '{990102}', true)")
        assert await api.fetch(LINES) == []
    await api.close()
    assert [tuple(row) for row in await world.rows(LINES)] == lines
    assert await world.rows(SUMS) == reported


async def test_lines_are_seen_by_whoever_sees_their_settlement(world: World) -> None:
    await bills(world)
    api = await asyncpg.connect(world.platform.system.config.dsn("claims", "api"))
    async with api.transaction():
        for county, seen in (("990101", 304), ("990102", 0)):
            await api.execute("SELECT set_config('app.jurisdiction', $1, true)", f"{{{county}}}")
            assert len(await api.fetch(LINES)) == seen
    await api.close()


async def test_the_longest_bill_there_may_be_is_read_back_line_by_line(world: World) -> None:
    number = await world.insure()
    names = [f"{no} 一次性使用输液器" for no in range(MAX_CHARGES)]
    charges = [build.charge("1.00", name=name) for name in names]
    await world.settle(build.visit(number, "LONG", charges=charges, total=f"{MAX_CHARGES}.00"))
    stored = await world.rows("SELECT line_no, name, amount_fen FROM settlement_charges ORDER BY line_no")
    assert [tuple(row) for row in stored] == [(no, name, 100) for no, name in enumerate(names, 1)]

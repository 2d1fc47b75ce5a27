"""A claims service with providers and people, on the real database, emptied before every test."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from services.claims.handlers import on_financing_planned, on_person_recorded
from services.claims.main import create_app
from shared.crypto import BlindIndex
from shared.events.registry import FinancingPlanned, PersonRecorded
from tests.support import claims as build
from tests.support import nhsa
from tests.support.office import PACK_TABLES, Office
from tests.support.platform import Client, Platform, bearer, serve

TABLES = (
    "providers",
    "insured_persons",
    "visits",
    "settlements",
    "settlement_charge_rows",
    "settlement_payer_rows",
    "accumulator_years",
    "accumulator_movement_rows",
    "transfers",
    "financing_plans",
    "relapse_claims",
    "relapse_claim_steps",
    "relapse_objections",
    "one_off_batches",
    "one_off_lines",
    "one_off_grants",
    "relapse_policies",
    "sponsorship_batches",
    "sponsorship_lines",
    "sponsored_people",
    "stays",
    "settlement_invoices",
    "item_days",
    "item_uses",
    "referrals",
    "admissions",
    "holds",
    "charge_parts",
    "uploaded_charges",
    "event_log",
    "idempotency_keys",
    "audit_log",
    "audit_chain",
    "settlement_revisions",
    "readjudications",
    "readjudication_lines",
    "readjudication_due",
    "provider_programmes",
    "designation_changes",
    *nhsa.TABLES,
    "day_closes",
    "closed_transfers",
    "provider_statements",
    "reconciliations",
    "audit_runs",
    "audit_findings",
    "audit_finding_steps",
    "fund_operations",
    "earmark_steps",
    "earmark_allocations",
    "earmark_funds",
    "earmark_deposits",
    "earmark_runs",
    "payee_accounts",
    "payment_batches",
    "payment_steps",
    "payment_items",
    "payment_item_transfers",
    "payment_advances",
    "payment_set_offs",
    "payment_results",
    "payment_returns",
    "card_due_persons",
    "subsidy_runs",
    "subsidy_lines",
    "report_sums",
    "report_head_counts",
    "report_populations",
)
WRITTEN_BY_SETTLEMENT = tuple(
    table
    for table in TABLES
    if table not in {"providers", "insured_persons", "financing_plans", "audit_chain", "report_sums"}
)


@dataclass
class World:
    """The service under test and the means to speak to it as anybody."""

    platform: Platform
    client: Client
    other: Client
    index: BlindIndex
    clock: build.FixedClock
    sent: int = 0

    def as_hospital(self, facility: str = build.COUNTY_HOSPITAL) -> dict[str, str]:
        """Headers of a hospital's programme, with a fresh Idempotency-Key."""
        return self.headers(f"hospital:{facility}")

    def headers(self, role: str) -> dict[str, str]:
        """Headers of a role of the sample county, with a fresh Idempotency-Key."""
        self.sent += 1
        return {**bearer(self.platform.token(role)), "Idempotency-Key": f"test-key-{self.sent:06d}"}

    async def record(self, *people: PersonRecorded) -> None:
        """Let the registry's events arrive."""
        async with self.platform.worker_session("claims") as session:
            await on_person_recorded(session, [build.envelope(each) for each in people])

    async def plan(self, *plans: FinancingPlanned) -> None:
        """Let financing plans arrive."""
        async with self.platform.worker_session("claims") as session:
            await on_financing_planned(session, [build.envelope(each) for each in plans])

    async def insure(self, order: int = 1, categories: Sequence[str] = (), **changes: Any) -> str:
        """A new insured person; the ID number."""
        number = build.id_number(order)
        await self.record(build.person(self.index, number, categories=categories, **changes))
        return number

    async def refer(
        self, number: str, referral_no: str = "ZZ1", to: str = build.CITY_HOSPITAL, **changes: Any
    ) -> dict[str, Any]:
        """File a referral from the county hospital that must be accepted."""
        body = build.referral(number, referral_no, to, **changes)
        headers = self.as_hospital(body["from_facility_code"])
        reply = await self.client.post("/v1/referrals", json=body, headers=headers)
        assert reply.status_code == 201, reply.text
        filed: dict[str, Any] = reply.json()
        return filed

    async def settle(self, message: Mapping[str, Any], **headers: str) -> dict[str, Any]:
        """Settle a visit that must be accepted."""
        sent = {**self.as_hospital(message["facility_code"]), **headers}
        reply = await self.client.post("/v1/settlements", json=message, headers=sent)
        assert reply.status_code == 201, reply.text
        settled: dict[str, Any] = reply.json()
        return settled

    async def until_waiting(self, transactions: int, or_done: asyncio.Task[None] | None = None) -> None:
        """Wait until so many transactions wait for another one, or the task is done."""
        for _ in range(1_000):
            [(waiting,)] = await self.rows("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if waiting >= transactions or (or_done is not None and or_done.done()):
                return
            await asyncio.sleep(0.01)
        raise TimeoutError

    async def counts(self, tables: Sequence[str] = WRITTEN_BY_SETTLEMENT) -> dict[str, int]:
        """Number of rows by table."""
        async with self.platform.worker_session("claims") as session:
            asked = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)
            return {str(row[0]): int(row[1]) for row in (await session.execute(text(asked))).all()}

    async def changed_since(self, before: Mapping[str, int]) -> set[str]:
        """Tables whose number of rows is not what it was."""
        after = await self.counts(list(before))
        return {table for table in after if after[table] != before[table]}

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """What a query gives to the worker, who sees everything."""
        async with self.platform.worker_session("claims") as session:
            return list((await session.execute(text(statement), values)).all())


@pytest.fixture(scope="session")
async def running(platform: Platform) -> AsyncIterator[tuple[Client, Client, build.FixedClock]]:
    """One service for all tests, as two processes would serve it, and its clock."""
    clock = build.FixedClock()
    first, second = (create_app(platform.settings("claims"), clock) for _ in range(2))
    async with serve(first, platform) as client, serve(second, platform) as other:
        yield client, other, clock


@pytest.fixture
async def world(platform: Platform, running: tuple[Client, Client, build.FixedClock]) -> World:
    """An empty claims service with four providers."""
    client, other, clock = running
    clock.instant = build.NOW
    build.forget_stays()
    emptied = [f"DELETE FROM {table}" for table in TABLES]
    await platform.as_administrator("claims", *emptied, _providers())
    index = BlindIndex(platform.settings("claims").index_key)
    return World(platform, client, other, index, clock)


@pytest.fixture
async def his(world: World) -> nhsa.His:
    """The county hospital at the national interface, signed in."""
    return await nhsa.His(world).sign_in()


@pytest.fixture
async def office(world: World) -> AsyncIterator[Office]:
    """A county that has no policy pack yet, other than in every other test."""
    yield Office(world)
    await world.platform.empty("claims", *PACK_TABLES)


def _providers() -> str:
    rows = ", ".join(
        f"('{code}', '{name}', {level}, '{division}', '{{{','.join(build.EVERY_VISIT_TYPE)}}}', 1, now())"
        for code, (name, level, division) in build.PROVIDERS.items()
    )
    columns = "facility_code, name, level, division_code, visit_types, version, updated_at"
    return f"INSERT INTO providers ({columns}) VALUES {rows}"

"""Every statement of the settlement path: four round trips, however many visits are settled at once."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

from services.claims.coverage.insured import Held, Insured
from services.claims.settlements.visit import AccumulatorKey, Asked, Provider
from shared.messaging.event_log import INSERT_EVENTS, EventColumns

Connection: TypeAlias = "asyncpg.Connection[Any]"


class Settled(NamedTuple):
    """An earlier posting of a visit number."""

    settlement_id: UUID
    digest: bytes


class Found(NamedTuple):
    """What the database knows about one message."""

    provider: Provider | None
    insured: Insured | None
    settled: Settled | None


# The newest of several people with one ID number: a correction of two numbers arrives as two events.
_FIND = """
SELECT provider.level, provider.division_code AS provider_division, provider.visit_types,
       person.person_id, person.household_id, person.division_code, person.birth_date, person.sex,
       person.categories::text, person.enrolments::text,
       visit.settlement_id, visit.content_digest
FROM unnest($1::text[], $2::text[], $3::bytea[])
     WITH ORDINALITY AS asked (facility_code, visit_no, id_index, no)
LEFT JOIN providers AS provider ON provider.facility_code = asked.facility_code
LEFT JOIN LATERAL (
  SELECT * FROM insured_persons WHERE insured_persons.id_index = asked.id_index
  ORDER BY alive DESC, recorded_at DESC LIMIT 1
) AS person ON true
LEFT JOIN visits AS visit
  ON visit.facility_code = asked.facility_code AND visit.visit_no = asked.visit_no
ORDER BY asked.no
"""


async def find(connection: Connection, asked: Sequence[Asked]) -> list[Found]:
    """Provider, patient and earlier posting of each message, in the same order."""
    rows = await connection.fetch(
        _FIND,
        [each.request.facility_code for each in asked],
        [each.request.visit_no for each in asked],
        [each.id_index for each in asked],
    )
    return [_found(row) for row in rows]


def _found(row: asyncpg.Record) -> Found:
    provider = insured = settled = None
    if row["level"] is not None:
        provider = Provider(row["level"], row["provider_division"], row["visit_types"])
    if row["person_id"] is not None:
        insured = Insured(
            row["person_id"],
            row["household_id"],
            row["division_code"],
            row["birth_date"],
            row["sex"],
            tuple(Held(*held) for held in json.loads(row["categories"])),
            tuple(Held(*held) for held in json.loads(row["enrolments"])),
        )
    if row["settlement_id"] is not None:
        settled = Settled(row["settlement_id"], row["content_digest"])
    return Found(provider, insured, settled)


# A visit number whose first posting is still in flight is waited for; so two requests never post one visit.
_CLAIM = """
WITH claimed AS (
  INSERT INTO visits (facility_code, visit_no, settlement_id, content_digest, division_code)
  SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bytea[], $5::text[])
    AS new (facility_code, visit_no, settlement_id, content_digest, division_code)
  ORDER BY facility_code, visit_no
  ON CONFLICT (facility_code, visit_no) DO NOTHING
  RETURNING settlement_id
), opened AS (
  INSERT INTO accumulators (person_id, year, kind, division_code, used_fen)
  SELECT person_id, year, kind, division_code, 0
  FROM unnest($6::uuid[], $7::smallint[], $8::text[], $9::text[])
    AS new (person_id, year, kind, division_code)
  ORDER BY person_id, year, kind
  ON CONFLICT (person_id, year, kind) DO NOTHING
)
SELECT settlement_id FROM claimed
"""
_LOCK = """
SELECT stored.person_id, stored.year, stored.kind, stored.used_fen
FROM unnest($1::uuid[], $2::smallint[], $3::text[]) AS wanted (person_id, year, kind)
JOIN accumulators AS stored USING (person_id, year, kind)
ORDER BY stored.person_id, stored.year, stored.kind
FOR UPDATE OF stored
"""
_READ = """
SELECT stored.person_id, stored.year, stored.kind, stored.used_fen
FROM unnest($1::uuid[], $2::smallint[], $3::text[]) AS wanted (person_id, year, kind)
JOIN accumulators AS stored USING (person_id, year, kind)
"""

Claim = tuple[str, str, UUID, bytes, str]
"""Facility, visit number, settlement id, content digest, division."""


async def claim(
    connection: Connection, visits: Sequence[Claim], accumulators: Sequence[tuple[AccumulatorKey, str]]
) -> set[UUID]:
    """Claim visit numbers and open missing accumulators; the settlements whose number was still free."""
    keys = [key for key, _ in accumulators]
    rows = await connection.fetch(
        _CLAIM, *_columns(visits, 5), *_columns(keys, 3), [division for _, division in accumulators]
    )
    return {row["settlement_id"] for row in rows}


async def lock(connection: Connection, keys: Sequence[AccumulatorKey]) -> dict[AccumulatorKey, int]:
    """What the accumulators hold, locked until the transaction ends, in the order of their keys.

    Its own statement, so that it sees what earlier holders of the locks committed.
    """
    rows = await connection.fetch(_LOCK, *_columns(keys, 3))
    if len(rows) != len(keys):
        # Reading an unseen accumulator as zero would pay a deductible or a cap twice.
        raise RuntimeError("accumulators of the patient are not visible to the caller")
    return {AccumulatorKey(*row[:3]): row[3] for row in rows}


async def read(connection: Connection, keys: Sequence[AccumulatorKey]) -> dict[AccumulatorKey, int]:
    """What the accumulators hold, without locking; missing ones are left out."""
    rows = await connection.fetch(_READ, *_columns(keys, 3))
    return {AccumulatorKey(*row[:3]): row[3] for row in rows}


class Batch(NamedTuple):
    """Rows to write, by table; every list is in the order of the columns of its statement."""

    settlements: list[tuple[Any, ...]]
    charges: list[tuple[Any, ...]]
    payers: list[tuple[Any, ...]]
    movements: list[tuple[Any, ...]]
    transfers: list[tuple[Any, ...]]
    used: list[tuple[Any, ...]]


_SETTLEMENT_COLUMNS = (
    ("id", "uuid"), ("facility_code", "text"), ("visit_no", "text"), ("division_code", "text"),
    ("person_id", "uuid"), ("household_id", "uuid"), ("id_number_masked", "text"), ("visit_type", "text"),
    ("admitted_on", "date"), ("discharged_on", "date"), ("year", "smallint"), ("referral_no", "text"),
    ("chronic_code", "text"), ("diagnoses", "text"), ("place", "text"), ("referral", "text"),
    ("provider_level", "smallint"), ("categories", "text"), ("policy_pack", "text"),
    ("policy_version", "text"), ("settled_at", "timestamptz"), ("settled_by", "text"),
    ("total_fen", "bigint"), ("non_covered_fen", "bigint"), ("over_limit_fen", "bigint"),
    ("upfront_copay_fen", "bigint"), ("eligible_fen", "bigint"), ("person_pays_fen", "bigint"),
    ("personal_share_bp", "integer"), ("ceiling_bp", "integer"), ("ceiling_base_fen", "bigint"),
    ("steps", "text"),
)  # fmt: skip
_CHARGE_COLUMNS = (
    ("settlement_id", "uuid"), ("line_no", "smallint"), ("item_code", "text"), ("name", "text"),
    ("category", "text"), ("item_class", "text"), ("self_pay_rate_bp", "integer"),
    ("quantity_milli", "bigint"), ("unit_price_e4", "bigint"), ("amount_fen", "bigint"),
    ("price_limit_e4", "bigint"),
)  # fmt: skip
_PAYER_COLUMNS = (
    ("settlement_id", "uuid"), ("line_no", "smallint"), ("payer", "text"), ("amount_fen", "bigint"),
)  # fmt: skip
_MOVEMENT_COLUMNS = (
    ("settlement_id", "uuid"), ("kind", "text"), ("person_id", "uuid"), ("year", "smallint"),
    ("amount_fen", "bigint"),
)  # fmt: skip
_TRANSFER_COLUMNS = (
    ("booked_at", "timestamptz"), ("county_code", "text"), ("year", "smallint"), ("facility_code", "text"),
    ("kind", "text"), ("debit_account", "text"), ("credit_account", "text"), ("amount_fen", "bigint"),
    ("settlement_id", "uuid"),
)  # fmt: skip
_USED_COLUMNS = (("person_id", "uuid"), ("year", "smallint"), ("kind", "text"), ("amount_fen", "bigint"))
# Lists and documents travel as text: PostgreSQL's arrays of arrays would have to be rectangular.
_READ_AS = {
    "diagnoses": "string_to_array(diagnoses, ' ')",
    "categories": "string_to_array(categories, ' ')",
    "steps": "steps::jsonb",
}


def _unnest(columns: Sequence[tuple[str, str]], first: int) -> str:
    arrays = ", ".join(f"${first + no}::{type_}[]" for no, (_, type_) in enumerate(columns))
    return f"unnest({arrays}) AS new ({', '.join(name for name, _ in columns)})"


def _insert(table: str, columns: Sequence[tuple[str, str]], first: int) -> str:
    names = ", ".join(name for name, _ in columns)
    values = ", ".join(_READ_AS.get(name, name) for name, _ in columns)
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {_unnest(columns, first)}"


def _write_statement() -> str:
    """One statement for all tables, so that posting is one round trip."""
    first, parts = 1, []
    for name, table, columns in (
        ("settled", "settlements", _SETTLEMENT_COLUMNS),
        ("charged", "settlement_charges", _CHARGE_COLUMNS),
        ("paid", "settlement_payers", _PAYER_COLUMNS),
        ("moved", "accumulator_movements", _MOVEMENT_COLUMNS),
        ("booked", "transfers", _TRANSFER_COLUMNS),
    ):
        parts.append(f"{name} AS ({_insert(table, columns, first)})")
        first += len(columns)
    return (
        f"WITH {', '.join(parts)} UPDATE accumulators AS stored"
        f" SET used_fen = stored.used_fen + new.amount_fen FROM {_unnest(_USED_COLUMNS, first)}"
        " WHERE (stored.person_id, stored.year, stored.kind) = (new.person_id, new.year, new.kind)"
    )


_WRITE = _write_statement()
_WIDTHS = (32, 11, 4, 5, 9, 4)


async def write(connection: Connection, batch: Batch, events: EventColumns) -> None:
    """Post settlements with lines, payers, movements, transfers, new accumulator values, and their events.

    The accumulators are locked by the caller, so the order of events of a person is the order of posting.
    """
    arrays = [column for rows, width in zip(batch, _WIDTHS, strict=True) for column in _columns(rows, width)]
    await connection.execute(_WRITE, *arrays)
    await connection.execute(INSERT_EVENTS, *events)


_ADD_BASES = """
INSERT INTO explanation_bases (id, content)
SELECT id, content::jsonb FROM unnest($1::text[], $2::text[]) AS new (id, content) ORDER BY id
ON CONFLICT (id) DO NOTHING
"""


async def add_bases(connection: Connection, bases: Sequence[tuple[str, str]]) -> None:
    """Keep the words and the arithmetic that explanations refer to; those known already stay as they are."""
    await connection.execute(_ADD_BASES, *_columns(bases, 2))


def _columns(rows: Iterable[Sequence[Any]], width: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) or [()] * width

"""Statements of the day close. Everything is computed by the database over what is swept, once per close."""

import json
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw

# One close of a county at a time. The lock is a statement of its own: the next one sees what it waited for.
_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended('day_close/' || $1::text, 0)),
  set_config('statement_timeout', '300000', true)
"""
_LAST = """
SELECT no, business_date, closed_at, hash,
  COALESCE((
    SELECT max(last_no) FROM day_closes AS settled
    WHERE settled.county_code = $1 AND swept_at < now() - interval '1 hour'), 0) AS horizon
FROM day_closes WHERE county_code = $1 ORDER BY no DESC LIMIT 1
"""
_SWEEP = """
WITH swept AS (
  INSERT INTO closed_transfers (transfer_no, close_id, county_code, link)
  SELECT no, $2::uuid, county_code,
    ledger_chain(ledger_line(entry), $3::bytea) OVER (ORDER BY no ROWS UNBOUNDED PRECEDING)
  FROM transfers AS entry
  WHERE county_code = $1 AND no > $4
    AND NOT EXISTS (SELECT 1 FROM closed_transfers AS closed WHERE closed.transfer_no = entry.no)
  RETURNING transfer_no, link
)
SELECT count(*)::integer, min(transfer_no), max(transfer_no),
  COALESCE((SELECT link FROM swept ORDER BY transfer_no DESC LIMIT 1), $3::bytea)
FROM swept
"""
# For every settlement that was posted or reversed: its charge lines, what the ledger gave the provider, and
# what the settlement says, each with the sign of the posting. Settlements that the ledger does not know at
# all are looked for among those since the last close. Sums are looked up one by one, through indexes: nobody
# knows the size of a close when the statement is planned.
_TIED = """
WITH swept AS MATERIALIZED (
  SELECT transfers.* FROM closed_transfers JOIN transfers ON no = transfer_no WHERE close_id = $1
), posted AS (
  SELECT settlement_id AS id, max(facility_code) AS facility_code,
    max((reference IS NULL)::integer) AS settled, max((kind = 'reversal')::integer) AS reversed,
    sum(amount_fen * ((credit_account ^@ 'provider_')::integer - (debit_account ^@ 'provider_')::integer))
      AS booked_fen
  FROM swept WHERE settlement_id IS NOT NULL GROUP BY settlement_id
  UNION ALL
  SELECT id, facility_code, 1, 0, 0 FROM settlements
  WHERE division_code ^@ $2 AND settled_at >= $3 AND total_fen > 0
    AND NOT EXISTS (SELECT 1 FROM transfers WHERE transfers.settlement_id = settlements.id)
), tied AS MATERIALIZED (
  SELECT posted.id, posted.facility_code, settled, reversed, booked_fen,
    (settled - reversed) * COALESCE((
      SELECT sum(amount_fen) FROM settlement_charges WHERE settlement_id = posted.id), 0) AS charged_fen,
    (settled - reversed) * (COALESCE((
      SELECT sum(amount_fen) FROM settlement_payers WHERE settlement_id = posted.id), 0)
      + COALESCE(person_pays_fen, 0)) AS stated_fen,
    settlement.facility_code IS NOT DISTINCT FROM posted.facility_code AS at_home
  FROM posted LEFT JOIN settlements AS settlement USING (id)
), differing AS MATERIALIZED (
  SELECT id, facility_code, charged_fen, booked_fen, stated_fen FROM tied
  WHERE charged_fen <> booked_fen OR booked_fen <> stated_fen OR NOT at_home
)
"""
_STATE = f"""
{_TIED}, side AS (
  SELECT substr(credit_account, 14) AS facility_code, kind, amount_fen FROM swept
  WHERE credit_account ^@ 'provider_due:'
  UNION ALL
  SELECT substr(debit_account, 14), kind, -amount_fen FROM swept WHERE debit_account ^@ 'provider_due:'
), moved AS (
  SELECT facility_code, sum(fen) AS fen,
    jsonb_agg(jsonb_build_array(kind, number, fen) ORDER BY kind COLLATE "C") AS movements
  FROM (
    SELECT facility_code, kind, count(*) AS number, sum(amount_fen) AS fen FROM side GROUP BY 1, 2
  ) AS by_kind GROUP BY facility_code
), bills AS (
  SELECT facility_code, sum(settled)::integer AS settlements, sum(reversed)::integer AS reversals,
    sum(charged_fen) AS charged_fen, sum(booked_fen) AS booked_fen, sum(stated_fen) AS stated_fen
  FROM tied GROUP BY facility_code
), stated AS (
  INSERT INTO provider_statements (
    close_id, facility_code, county_code, close_no, settlements, reversals, charged_fen, booked_fen,
    stated_fen, due_before_fen, due_after_fen, movements)
  SELECT $1, facility_code, $2, $4, COALESCE(settlements, 0), COALESCE(reversals, 0),
    COALESCE(charged_fen, 0), COALESCE(booked_fen, 0), COALESCE(stated_fen, 0),
    COALESCE(before.fen, 0), COALESCE(before.fen, 0) + COALESCE(moved.fen, 0),
    COALESCE(movements, '[]')
  FROM bills FULL JOIN moved USING (facility_code)
  LEFT JOIN LATERAL (
    SELECT due_after_fen AS fen FROM provider_statements AS earlier
    WHERE earlier.county_code = $2
      AND earlier.facility_code = COALESCE(bills.facility_code, moved.facility_code)
    ORDER BY close_no DESC LIMIT 1
  ) AS before ON true
  WHERE NOT EXISTS (SELECT 1 FROM differing)
)
SELECT id, facility_code, charged_fen::bigint, booked_fen::bigint, stated_fen::bigint,
  (SELECT count(*) FROM differing) AS number
FROM differing ORDER BY id LIMIT 20
"""
_AMOUNT = """
SELECT COALESCE(sum(amount_fen), 0)::bigint
FROM closed_transfers JOIN transfers ON no = transfer_no WHERE close_id = $1
"""


class Last(NamedTuple):
    """The last close of a county, and behind which number transfers may be in no close yet."""

    no: int
    business_date: date
    closed_at: datetime
    hash: bytes
    horizon: int


class Swept(NamedTuple):
    """What a close has taken in: number, first and last transfer, the end of the chain."""

    transfers: int
    first_no: int | None
    last_no: int | None
    last_link: bytes


class Differing(NamedTuple):
    """A settlement whose three sides differ; ``number`` is how many do."""

    id: UUID
    facility_code: str
    charged_fen: int
    booked_fen: int
    stated_fen: int
    number: int


async def lock_last(session: AsyncSession, county_code: str) -> Last | None:
    """Keep others from closing the county's day until the transaction ends; its last close."""
    connection = await raw(session)
    await connection.execute(_LOCK, county_code)
    row = await connection.fetchrow(_LAST, county_code)
    return Last(*row) if row else None


async def sweep(
    session: AsyncSession, county_code: str, close_id: UUID, previous: bytes, horizon: int
) -> Swept:
    """Take every transfer of a county that is in no close yet into this one, in order, link by link."""
    [row] = await (await raw(session)).fetch(_SWEEP, county_code, close_id, previous, horizon)
    return Swept(*row)


async def state_providers(
    session: AsyncSession, close_id: UUID, county_code: str, since: datetime, close_no: int
) -> list[Differing]:
    """Write the provider statements of what a close has swept; or, if charges, ledger and settlements differ
    anywhere, nothing: then the first settlements that do."""
    rows = await (await raw(session)).fetch(_STATE, close_id, county_code, since, close_no)
    return [Differing(*row) for row in rows]


async def amount(session: AsyncSession, close_id: UUID) -> int:
    """The sum of the transfers of a close: its debits, and its credits."""
    return int(await (await raw(session)).fetchval(_AMOUNT, close_id))


class Close(NamedTuple):
    """A close as it is stored."""

    id: UUID
    county_code: str
    no: int
    business_date: date
    closed_at: datetime
    closed_by: str
    transfers: int
    first_no: int | None
    last_no: int | None
    amount_fen: int
    settlements: int
    reversals: int
    charged_fen: int
    booked_fen: int
    stated_fen: int
    previous_hash: bytes
    last_link: bytes
    hash: bytes


class Stated(NamedTuple):
    """The figures of a provider statement, in the order in which they are hashed; ``movements`` is JSON."""

    facility_code: str
    settlements: int
    reversals: int
    charged_fen: int
    booked_fen: int
    stated_fen: int
    due_before_fen: int
    due_after_fen: int
    movements: str

    def moved(self) -> list[tuple[str, int, int]]:
        """By what kind of transfer, how many, the amount due to the provider changed, in fen."""
        return [(kind, number, fen) for kind, number, fen in json.loads(self.movements)]


class Statement(NamedTuple):
    """What a close says to one provider."""

    close_id: UUID
    county_code: str
    close_no: int
    business_date: date
    closed_at: datetime
    stated: Stated


_NAMES = ", ".join(Close._fields)
_ADD = f"""
INSERT INTO day_closes ({_NAMES})
VALUES ({", ".join(f"${no}" for no in range(1, len(Close._fields) + 1))})
"""
_GET = f"SELECT {_NAMES} FROM day_closes WHERE id = $1"
_PAGE = f"""
SELECT {_NAMES} FROM day_closes
WHERE ($1::text IS NULL OR county_code = $1) AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""
_FIGURES = """
facility_code, stated.settlements, stated.reversals, stated.charged_fen, stated.booked_fen, stated.stated_fen,
due_before_fen, due_after_fen, movements::text
"""
OF_CLOSE = f"""
SELECT {_FIGURES} FROM provider_statements AS stated WHERE close_id = $1 ORDER BY facility_code COLLATE "C"
"""
_STATEMENTS = f"""
SELECT close_id, stated.county_code, close_no, business_date, closed_at, {_FIGURES}
FROM provider_statements AS stated JOIN day_closes AS close ON close.id = close_id
"""
_OF_PROVIDER = f"{_STATEMENTS} WHERE close_id = $1 AND facility_code = $2"
_PROVIDER_PAGE = f"""
{_STATEMENTS}
WHERE facility_code = $1 AND ($2::uuid IS NULL OR close_id < $2) ORDER BY close_id DESC LIMIT $3
"""


async def add(session: AsyncSession, close: Close) -> None:
    """Store a close; from now on it stands."""
    await (await raw(session)).execute(_ADD, *close)


async def get(session: AsyncSession, close_id: UUID) -> Close | None:
    """One close; ``None`` where the caller sees none."""
    row = await (await raw(session)).fetchrow(_GET, close_id)
    return Close(*row) if row else None


async def page(
    session: AsyncSession, county_code: str | None, before: UUID | None, limit: int
) -> list[Close]:
    """Closes, the newest first."""
    return [Close(*row) for row in await (await raw(session)).fetch(_PAGE, county_code, before, limit)]


async def statements(session: AsyncSession, close_id: UUID) -> list[Stated]:
    """The figures of a close's provider statements, by provider."""
    return [Stated(*row) for row in await (await raw(session)).fetch(OF_CLOSE, close_id)]


async def statement(session: AsyncSession, close_id: UUID, facility_code: str) -> Statement | None:
    """What a close says to one provider; ``None`` where the caller sees none."""
    row = await (await raw(session)).fetchrow(_OF_PROVIDER, close_id, facility_code)
    return _statement(row) if row else None


async def statements_of(
    session: AsyncSession, facility_code: str, before: UUID | None, limit: int
) -> list[Statement]:
    """A provider's statements, the newest first."""
    rows = await (await raw(session)).fetch(_PROVIDER_PAGE, facility_code, before, limit)
    return [_statement(row) for row in rows]


def _statement(row: asyncpg.Record) -> Statement:
    close_id, county_code, close_no, business_date, closed_at, *figures = row
    return Statement(close_id, county_code, close_no, business_date, closed_at, Stated(*figures))

"""Statements on open visits, under the caller's row-level security."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

from services.claims.benefits.facts import Charge
from services.claims.visits.refunds import Uploaded

Connection: TypeAlias = "asyncpg.Connection[Any]"


class VisitKey(NamedTuple):
    """The natural key of a visit."""

    facility_code: str
    visit_no: str


class Admission(NamedTuple):
    """An admission as stored; ``entitlements`` and ``diagnoses`` are JSON text."""

    facility_code: str
    visit_no: str
    division_code: str
    person_id: UUID
    id_index: bytes
    id_number_masked: str
    visit_type: str
    admitted_on: date
    diagnoses: str
    referral_no: str | None
    chronic_code: str | None
    estimated_total_fen: int | None
    content_digest: bytes
    entitlements: str
    opened_at: datetime
    opened_by: str
    state: str = "open"
    closed_at: datetime | None = None
    settlement_id: UUID | None = None

    @property
    def key(self) -> VisitKey:
        """The visit's natural key."""
        return VisitKey(self.facility_code, self.visit_no)


class HoldRow(NamedTuple):
    """A payer's share of an estimate, in fen."""

    payer: str
    county_code: str
    year: int
    amount_fen: int


class PartRow(NamedTuple):
    """An uploaded part of a bill."""

    part_no: int
    content_digest: bytes
    lines: int
    amount_fen: int
    uploaded_at: datetime


# The number is claimed as a settlement would claim it, and given up in the same transaction: until that ends,
# nobody settles the visit without seeing what was opened here.
_RESERVE = """
INSERT INTO visits (facility_code, visit_no, settlement_id, content_digest, division_code)
VALUES ($1, $2, $3, '', $4) ON CONFLICT (facility_code, visit_no) DO NOTHING RETURNING settlement_id
"""
_UNRESERVE = "DELETE FROM visits WHERE facility_code = $1 AND visit_no = $2 AND settlement_id = $3"


async def reserve(connection: Connection, key: VisitKey, division_code: str, id_: UUID) -> bool:
    """Keep settlements of this visit number waiting until the transaction ends; false when it is settled."""
    if await connection.fetchval(_RESERVE, *key, id_, division_code) is None:
        return False
    await connection.execute(_UNRESERVE, *key, id_)
    return True


_COLUMNS = """
facility_code, visit_no, division_code, person_id, id_index, id_number_masked, visit_type, admitted_on,
diagnoses::text, referral_no, chronic_code, estimated_total_fen, content_digest, entitlements::text,
opened_at, opened_by, state, closed_at, settlement_id
"""
_GET = f"SELECT {_COLUMNS} FROM admissions WHERE facility_code = $1 AND visit_no = $2"
_LOCK = f"{_GET} FOR UPDATE"
_ADD = """
INSERT INTO admissions (facility_code, visit_no, division_code, person_id, id_index, id_number_masked,
  visit_type, admitted_on, diagnoses, referral_no, chronic_code, estimated_total_fen, content_digest,
  entitlements, opened_at, opened_by, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12, $13, $14::jsonb, $15, $16, 'open')
"""
_HOLD = """
INSERT INTO holds (facility_code, visit_no, payer, county_code, year, division_code, amount_fen, held_at)
SELECT $1, $2, payer, county_code, year, $3, amount_fen, $4
FROM unnest($5::text[], $6::text[], $7::smallint[], $8::bigint[])
  AS new (payer, county_code, year, amount_fen)
"""
_OPEN = f"""
SELECT {_COLUMNS} FROM admissions
WHERE state = 'open' AND ($1::text IS NULL OR facility_code = $1)
  AND ($2::date IS NULL OR admitted_on <= $2)
  AND (facility_code, admitted_on, visit_no) > ($3::text, $4::date, $5::text)
ORDER BY facility_code, admitted_on, visit_no LIMIT $6
"""


async def get(connection: Connection, key: VisitKey) -> Admission | None:
    """An admission that the caller may see."""
    row = await connection.fetchrow(_GET, *key)
    return Admission(*row) if row else None


async def lock(connection: Connection, key: VisitKey) -> Admission | None:
    """An admission, locked until the transaction ends: before anything else is, in every transaction."""
    row = await connection.fetchrow(_LOCK, *key)
    return Admission(*row) if row else None


async def add(connection: Connection, admission: Admission, holds: Sequence[HoldRow]) -> None:
    """Open a visit with its holds; its number is reserved."""
    await connection.execute(_ADD, *admission[:16])
    if holds:
        columns = zip(*holds, strict=True)
        await connection.execute(
            _HOLD, *admission.key, admission.division_code, admission.opened_at, *map(list, columns)
        )


async def open_page(
    connection: Connection,
    facility_code: str | None,
    admitted_until: date | None,
    after: tuple[str, date, str] | None,
    limit: int,
) -> list[Admission]:
    """Open visits by provider and day of admission, after one of them."""
    position = after or ("", date(1900, 1, 1), "")
    rows = await connection.fetch(_OPEN, facility_code, admitted_until, *position, limit)
    return [Admission(*row) for row in rows]


_CANCEL = """
WITH cancelled AS (
  UPDATE admissions SET state = 'cancelled', closed_at = $3
  WHERE facility_code = $1 AND visit_no = $2 AND state = 'open' RETURNING facility_code, visit_no
)
DELETE FROM holds USING cancelled
WHERE (holds.facility_code, holds.visit_no) = (cancelled.facility_code, cancelled.visit_no)
"""
_REOPEN = """
UPDATE admissions SET state = 'open', closed_at = NULL, settlement_id = NULL
WHERE facility_code = $1 AND visit_no = $2 AND settlement_id = $3
"""
_HOLDS = """
SELECT facility_code, visit_no, payer, amount_fen
FROM unnest($1::text[], $2::text[]) AS asked (facility_code, visit_no)
JOIN holds USING (facility_code, visit_no) ORDER BY payer
"""
_HELD = """
SELECT county_code, year, payer, count(*) AS visits, sum(amount_fen)::bigint AS amount_fen FROM holds
WHERE ($1::text IS NULL OR county_code = $1) AND ($2::smallint IS NULL OR year = $2)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


async def cancel(connection: Connection, key: VisitKey, now: datetime) -> None:
    """Close an open visit without a settlement, and its holds with it."""
    await connection.execute(_CANCEL, *key, now)


async def reopen(connection: Connection, key: VisitKey, settlement_id: UUID) -> None:
    """Open a visit again whose settlement is reversed, so that its bill can be put right; nothing is held."""
    await connection.execute(_REOPEN, *key, settlement_id)


async def holds(connection: Connection, keys: Sequence[VisitKey]) -> dict[VisitKey, list[tuple[str, int]]]:
    """Payers and amounts in fen of the holds of visits."""
    found: dict[VisitKey, list[tuple[str, int]]] = {key: [] for key in keys}
    for facility_code, visit_no, payer, amount in await connection.fetch(
        _HOLDS, [key.facility_code for key in keys], [key.visit_no for key in keys]
    ):
        found[VisitKey(facility_code, visit_no)].append((payer, amount))
    return found


async def held(connection: Connection, county_code: str | None, year: int | None) -> list[asyncpg.Record]:
    """Sums of holds by county, year and payer."""
    return list(await connection.fetch(_HELD, county_code, year))


_PARTS = """
SELECT facility_code, visit_no, part_no, content_digest, lines, amount_fen, uploaded_at
FROM unnest($1::text[], $2::text[]) AS asked (facility_code, visit_no)
JOIN charge_parts USING (facility_code, visit_no) ORDER BY part_no
"""
_KNOWN_LINES = """
SELECT line_id FROM uploaded_charges
WHERE facility_code = $1 AND visit_no = $2 AND line_id = ANY($3::text[])
"""
_UPLOAD = """
WITH part AS (
  INSERT INTO charge_parts (facility_code, visit_no, part_no, division_code, content_digest, lines,
                            amount_fen, uploaded_at, uploaded_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
)
INSERT INTO uploaded_charges (
  facility_code, visit_no, part_no, division_code, line_id, line_no, item_code, name, category, item_class,
  self_pay_rate_bp, quantity_milli, unit_price_e4, amount_fen, price_limit_e4, refund_of)
SELECT $1, $2, $3, $4, line.* FROM unnest($10::uploaded_charge[], $11::text[]) AS line
"""
_WITHDRAW = """
WITH part AS (
  DELETE FROM charge_parts WHERE facility_code = $1 AND visit_no = $2 AND part_no = $3
), lines AS (
  DELETE FROM uploaded_charges WHERE facility_code = $1 AND visit_no = $2 AND part_no = $3
)
SELECT 1
"""
_WITHDRAW_LINES = """
DELETE FROM uploaded_charges WHERE facility_code = $1 AND visit_no = $2 AND line_id = ANY($3::text[])
RETURNING part_no
"""
# What is left of a part is no longer what was sent as that part.
_COUNT_AGAIN = """
WITH left_over AS (
  SELECT part.part_no, count(line.line_id) AS lines, COALESCE(sum(line.amount_fen), 0) AS amount_fen
  FROM charge_parts AS part LEFT JOIN uploaded_charges AS line USING (facility_code, visit_no, part_no)
  WHERE facility_code = $1 AND visit_no = $2 AND part.part_no = ANY($3::smallint[])
  GROUP BY part.part_no
), emptied AS (
  DELETE FROM charge_parts AS part USING left_over
  WHERE part.facility_code = $1 AND part.visit_no = $2 AND part.part_no = left_over.part_no
    AND left_over.lines = 0
  RETURNING part.part_no
), changed AS (
  UPDATE charge_parts AS part
  SET lines = left_over.lines, amount_fen = left_over.amount_fen, content_digest = ''
  FROM left_over
  WHERE part.facility_code = $1 AND part.visit_no = $2 AND part.part_no = left_over.part_no
    AND left_over.lines > 0
)
SELECT part_no FROM emptied ORDER BY part_no
"""
_LINES = """
SELECT part_no, line_id, refund_of, item_code, name, category, item_class, self_pay_rate_bp, quantity_milli,
       unit_price_e4, amount_fen, price_limit_e4
FROM uploaded_charges WHERE facility_code = $1 AND visit_no = $2 ORDER BY part_no, line_no
"""
_REFUNDED = """
SELECT EXISTS (
  SELECT FROM uploaded_charges WHERE facility_code = $1 AND visit_no = $2 AND quantity_milli < 0)
"""
_REVERSED = """
SELECT settlement_id FROM visits WHERE facility_code = $1 AND visit_no = $2 AND reversed
"""


async def parts(connection: Connection, keys: Sequence[VisitKey]) -> dict[VisitKey, list[PartRow]]:
    """The uploaded parts of visits in the order of their numbers."""
    found: dict[VisitKey, list[PartRow]] = {key: [] for key in keys}
    for facility_code, visit_no, *part in await connection.fetch(
        _PARTS, [key.facility_code for key in keys], [key.visit_no for key in keys]
    ):
        found[VisitKey(facility_code, visit_no)].append(PartRow(*part))
    return found


async def known_lines(connection: Connection, key: VisitKey, line_ids: Sequence[str]) -> set[str]:
    """Which of these lines the visit has already."""
    return {row[0] for row in await connection.fetch(_KNOWN_LINES, *key, line_ids)}


async def upload(
    connection: Connection,
    admission: Admission,
    part: PartRow,
    subject: str,
    lines: Sequence[Uploaded],
) -> None:
    """Add a part of the bill of a locked admission; line ids and part number are new."""
    rows = [(line.line_id, no, *line.charge) for no, line in enumerate(lines, 1)]
    await connection.execute(
        _UPLOAD,
        *admission.key,
        part.part_no,
        admission.division_code,
        part.content_digest,
        part.lines,
        part.amount_fen,
        part.uploaded_at,
        subject,
        rows,
        [line.refund_of for line in lines],
    )


async def withdraw(connection: Connection, key: VisitKey, part_no: int) -> None:
    """Take a part of the bill of a locked admission out again."""
    await connection.execute(_WITHDRAW, *key, part_no)


async def withdraw_lines(connection: Connection, key: VisitKey, line_ids: Sequence[str]) -> list[int]:
    """Take lines out of the bill of a locked admission; the parts of which nothing is left."""
    parts = {row[0] for row in await connection.fetch(_WITHDRAW_LINES, *key, line_ids)}
    return [row[0] for row in await connection.fetch(_COUNT_AGAIN, *key, sorted(parts))]


async def lines(connection: Connection, key: VisitKey) -> list[Uploaded]:
    """The bill so far as it was sent, in the order of parts and lines."""
    rows = await connection.fetch(_LINES, *key)
    return [Uploaded(part, line, refund_of, Charge(*rest)) for part, line, refund_of, *rest in rows]


async def has_refunds(connection: Connection, key: VisitKey) -> bool:
    """Whether a line of the bill takes something back."""
    return bool(await connection.fetchval(_REFUNDED, *key))


async def reversed_settlement(connection: Connection, key: VisitKey) -> UUID | None:
    """The last settlement of a visit, if that is reversed."""
    id_: UUID | None = await connection.fetchval(_REVERSED, *key)
    return id_

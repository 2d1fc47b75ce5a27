"""Statements on own payments of the year, under the caller's row-level security."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw
from shared.money import Fen

MAX_SETTLEMENTS = 1_000


class HolderRow(NamedTuple):
    """A person or household with its own payment of the year; the household of a household is empty."""

    holder: UUID
    kind: str
    household_id: UUID | None
    division_code: str
    used_fen: Fen


class Wanted(NamedTuple):
    """Which own payments to list: of a county and year, of some kinds, of at least an amount."""

    county: str
    year: int
    kinds: list[str]
    at_least_fen: Fen


class After(NamedTuple):
    """The row behind which a page begins."""

    used_fen: Fen
    kind: str
    holder: UUID


class SettlementRow(NamedTuple):
    """A settlement and what it now counts for a burden."""

    settlement_id: UUID
    person_id: UUID
    facility_code: str
    visit_no: str
    visit_type: str
    discharged_on: date
    own_payment_fen: Fen


_PAGE = """
WITH burden AS (
  SELECT holder_id, division_code, own_payment_fen,
         CASE holder WHEN 'person' THEN 'own_payment' ELSE 'household.own_payment' END AS kind
  FROM accumulator_years WHERE year = $1 AND division_code ^@ $3 AND holder <> 'county'
)
SELECT holder_id, kind, person.household_id, burden.division_code, own_payment_fen
FROM burden LEFT JOIN insured_persons AS person ON person.person_id = holder_id
WHERE kind = ANY($2::text[]) AND own_payment_fen >= $4
  AND ($5::bigint IS NULL OR own_payment_fen < $5
    OR (own_payment_fen = $5 AND (kind, holder_id) > ($6, $7::uuid)))
ORDER BY own_payment_fen DESC, kind, holder_id LIMIT $8
"""
_PERSON = "SELECT household_id, division_code FROM insured_persons WHERE person_id = $1"
_USED = "SELECT used_fen FROM accumulators WHERE person_id = $1 AND year = $2 AND kind = $3"
# By person, household and year, for which there are indexes, and from there by settlement.
_BEHIND = f"""
SELECT id, person_id, facility_code, visit_no, visit_type, discharged_on, own_payment_fen
FROM settlements AS settlement CROSS JOIN LATERAL (
  SELECT sum(amount_fen)::bigint AS own_payment_fen FROM accumulator_movements AS moved
  WHERE moved.settlement_id = settlement.id AND (moved.person_id, moved.year, moved.kind) = ($1, $2, $3)
) AS counted
WHERE $1 IN (person_id, household_id) AND year = $2 AND own_payment_fen <> 0
ORDER BY discharged_on, id LIMIT {MAX_SETTLEMENTS}
"""


async def page(session: AsyncSession, wanted: Wanted, after: After | None, limit: int) -> list[HolderRow]:
    """People and households by own payment, the highest first."""
    rows = await (await raw(session)).fetch(
        _PAGE,
        wanted.year,
        wanted.kinds,
        wanted.county,
        wanted.at_least_fen,
        *(after or (None, None, None)),
        limit,
    )
    return [HolderRow(*row) for row in rows]


async def home_of(session: AsyncSession, person_id: UUID) -> tuple[UUID, str] | None:
    """Household and village of a person; ``None`` where the caller may not see the person."""
    row = await (await raw(session)).fetchrow(_PERSON, person_id)
    return (row["household_id"], row["division_code"]) if row else None


async def own_payment(session: AsyncSession, holder: UUID, year: int, kind: str) -> Fen:
    """What a person or household has paid in a year; nothing if nothing was settled."""
    return int(await (await raw(session)).fetchval(_USED, holder, year, kind) or 0)


async def settlements_behind(
    session: AsyncSession, holder: UUID, year: int, kind: str
) -> list[SettlementRow]:
    """The settlements that make up a burden, by day of discharge; those taken back entirely are left out."""
    rows = await (await raw(session)).fetch(_BEHIND, holder, year, kind)
    return [SettlementRow(*row) for row in rows]

"""Statements that read posted settlements, under the caller's row-level security."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from services.claims.settlements.record import Settlement

Connection: TypeAlias = "asyncpg.Connection[Any]"

_COLUMNS = """
settlement.id, facility_code, visit_no, division_code, person_id, household_id, id_number_masked, visit_type,
admitted_on, discharged_on, year, referral_no, chronic_code, diagnoses, place, referral, provider_level,
categories, policy_pack, policy_version, settled_at, settled_by, total_fen, non_covered_fen, over_limit_fen,
upfront_copay_fen, eligible_fen, person_pays_fen, personal_share_bp, ceiling_bp, ceiling_base_fen,
steps::text, referral_reason
"""
_PAYERS = """
ARRAY(SELECT payer FROM settlement_payers WHERE settlement_id = settlement.id ORDER BY line_no) AS payers,
ARRAY(SELECT amount_fen FROM settlement_payers WHERE settlement_id = settlement.id ORDER BY line_no)
  AS amounts
"""
_BY_IDS = f"SELECT {_COLUMNS}, {_PAYERS} FROM settlements AS settlement WHERE settlement.id = ANY($1::uuid[])"
_PAGE = f"""
SELECT {_COLUMNS}, {_PAYERS} FROM settlements AS settlement
WHERE ($1::text IS NULL OR facility_code = $1)
  AND ($2::timestamptz IS NULL OR settled_at >= $2)
  AND ($3::timestamptz IS NULL OR settled_at < $3)
  AND ($4::uuid IS NULL OR settlement.id > $4)
ORDER BY settlement.id LIMIT $5
"""
_BASES = "SELECT id, content::text FROM explanation_bases WHERE id = ANY($1::text[])"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which settlements to list; ``None`` does not restrict. Instants: from inclusive, until exclusive."""

    facility_code: str | None
    settled_from: datetime | None
    settled_until: datetime | None


async def by_ids(connection: Connection, ids: Sequence[UUID]) -> list[Settlement]:
    """The settlements with these ids that the caller may see."""
    return [_settlement(row) for row in await connection.fetch(_BY_IDS, ids)]


async def page(connection: Connection, only: Filter, after: UUID | None, limit: int) -> list[Settlement]:
    """Settlements in the order in which they were posted, after one of them."""
    rows = await connection.fetch(
        _PAGE, only.facility_code, only.settled_from, only.settled_until, after, limit
    )
    return [_settlement(row) for row in rows]


async def bases(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What short steps refer to, by id."""
    rows = await connection.fetch(_BASES, ids)
    return {row["id"]: json.loads(row["content"]) for row in rows}


def _settlement(row: asyncpg.Record) -> Settlement:
    values = dict(row)
    payers, amounts = values.pop("payers"), values.pop("amounts")
    return Settlement(**values, payers=tuple(zip(payers, amounts, strict=True)))

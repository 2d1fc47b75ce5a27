"""Statements that read posted settlements, under the caller's row-level security."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

from services.claims.settlements.record import REVERSAL, REVERSED, SETTLED, Settlement

Connection: TypeAlias = "asyncpg.Connection[Any]"

_NAMES = """
id, facility_code, visit_no, division_code, person_id, household_id, id_number_masked, visit_type,
admitted_on, discharged_on, year, referral_no, chronic_code, diagnoses, place, referral, provider_level,
categories, policy_pack, policy_version, settled_at, settled_by, total_fen, non_covered_fen, over_limit_fen,
upfront_copay_fen, eligible_fen, person_pays_fen, personal_share_bp, ceiling_bp, ceiling_base_fen,
steps::text, referral_reason, designated_for, chronic_reason
"""
CURRENT = f"""
SELECT {_NAMES}, revision, status, payers, payer_fen FROM current_settlements AS settlement
"""
"""Settlements with their current figures, for ``settlement_from_row``."""

_BY_IDS = f"{CURRENT} WHERE settlement.id = ANY($1::uuid[])"
_PAGE = f"""
{CURRENT}
WHERE ($1::text IS NULL OR facility_code = $1)
  AND ($2::timestamptz IS NULL OR settled_at >= $2)
  AND ($3::timestamptz IS NULL OR settled_at < $3)
  AND ($4::uuid IS NULL OR settlement.id > $4)
ORDER BY settlement.id LIMIT $5
"""
# The version before stored payers as rows.
_ORIGINAL = f"""
SELECT {_NAMES}, 0::smallint AS revision, 'settled' AS status,
  COALESCE(payers, ARRAY(
    SELECT payer FROM settlement_payer_rows WHERE settlement_id = settlement.id ORDER BY line_no)) AS payers,
  COALESCE(payer_fen, ARRAY(
    SELECT amount_fen FROM settlement_payer_rows WHERE settlement_id = settlement.id ORDER BY line_no))
    AS payer_fen
FROM settlements AS settlement WHERE settlement.id = $1
"""
_REVISIONS = """
SELECT revision, kind, recorded_at, recorded_by, reason, readjudication_id, categories, policy_pack,
       policy_version, total_fen, non_covered_fen, over_limit_fen, upfront_copay_fen, eligible_fen,
       person_pays_fen, personal_share_bp, ceiling_bp, ceiling_base_fen, steps::text, designated_for,
       chronic_reason, payers, payer_fen
FROM settlement_revisions WHERE settlement_id = $1 ORDER BY revision
"""
_BASES = "SELECT id, content::text FROM explanation_bases WHERE id = ANY($1::text[])"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which settlements to list; ``None`` does not restrict. Instants: from inclusive, until exclusive."""

    facility_code: str | None
    settled_from: datetime | None
    settled_until: datetime | None


class Revision(NamedTuple):
    """One revision: what happened, and the settlement as it was from then on."""

    kind: str
    recorded_at: datetime
    recorded_by: str
    reason: str | None
    readjudication_id: UUID | None
    settlement: Settlement


async def by_ids(connection: Connection, ids: Sequence[UUID]) -> list[Settlement]:
    """The settlements with these ids that the caller may see, with their current figures."""
    return [settlement_from_row(row) for row in await connection.fetch(_BY_IDS, ids)]


async def page(connection: Connection, only: Filter, after: UUID | None, limit: int) -> list[Settlement]:
    """Settlements in the order in which they were posted, after one of them."""
    rows = await connection.fetch(
        _PAGE, only.facility_code, only.settled_from, only.settled_until, after, limit
    )
    return [settlement_from_row(row) for row in rows]


async def revisions(connection: Connection, settlement_id: UUID) -> list[Revision]:
    """Everything that a settlement has been, oldest first; empty when the caller sees none."""
    row = await connection.fetchrow(_ORIGINAL, settlement_id)
    if row is None:
        return []
    original = settlement_from_row(row)
    first = Revision("settlement", original.settled_at, original.settled_by, None, None, original)
    later = await connection.fetch(_REVISIONS, settlement_id)
    return [first, *(_revision(original, revised) for revised in later)]


async def bases(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What short steps refer to, by id."""
    rows = await connection.fetch(_BASES, ids)
    return {row["id"]: json.loads(row["content"]) for row in rows}


def settlement_from_row(row: Mapping[str, Any]) -> Settlement:
    """The settlement that a row of ``CURRENT`` holds."""
    values = dict(row)
    payers, amounts = values.pop("payers"), values.pop("payer_fen")
    return Settlement(**values, payers=tuple(zip(payers, amounts, strict=True)))


def _revision(original: Settlement, row: asyncpg.Record) -> Revision:
    values = dict(row)
    kind, recorded_at, recorded_by, reason, run = (values.pop(name) for name in Revision._fields[:-1])
    payers = tuple(zip(values.pop("payers"), values.pop("payer_fen"), strict=True))
    status = REVERSED if kind == REVERSAL else SETTLED
    settlement = original._replace(**values, payers=payers, status=status)
    return Revision(kind, recorded_at, recorded_by, reason, run, settlement)

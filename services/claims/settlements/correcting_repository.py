"""Statements of corrections: what is locked first, what stands, what is written."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.claims.ledger.postings import REVERSAL
from services.claims.settlements.repository import Connection
from services.claims.settlements.visit import AccumulatorKey

# Whoever corrects locks the visits of what is corrected, then accumulators; so no two correct one settlement.
_LOCK_VISITS = """
SELECT visit.settlement_id FROM visits AS visit
WHERE (visit.facility_code, visit.visit_no) IN (
  SELECT facility_code, visit_no FROM settlements WHERE id = ANY($1::uuid[]))
ORDER BY visit.facility_code, visit.visit_no FOR UPDATE
"""
_MOVED = """
SELECT settlement_id, person_id, year, kind, sum(amount_fen)::bigint AS amount_fen
FROM accumulator_movements WHERE settlement_id = ANY($1::uuid[])
GROUP BY settlement_id, person_id, year, kind HAVING sum(amount_fen) <> 0
ORDER BY settlement_id, person_id, year, kind
"""
_FREE_VISITS = """
UPDATE visits SET reversed = true WHERE (facility_code, visit_no) IN (
  SELECT facility_code, visit_no FROM settlements WHERE id = ANY($1::uuid[]))
AND settlement_id = ANY($1::uuid[])
"""


async def lock_visits(connection: Connection, settlement_ids: Sequence[UUID]) -> None:
    """Keep others from correcting these settlements until the transaction ends."""
    await connection.execute(_LOCK_VISITS, settlement_ids)


async def moved(
    connection: Connection, settlement_ids: Sequence[UUID]
) -> dict[UUID, dict[AccumulatorKey, int]]:
    """By what each settlement, with all its revisions, has moved accumulators."""
    found: dict[UUID, dict[AccumulatorKey, int]] = {id_: {} for id_ in settlement_ids}
    for row in await connection.fetch(_MOVED, settlement_ids):
        found[row[0]][AccumulatorKey(*row[1:4])] = row[4]
    return found


async def free_visits(connection: Connection, settlement_ids: Sequence[UUID]) -> None:
    """Let other content be settled under the visit numbers of reversed settlements."""
    await connection.execute(_FREE_VISITS, settlement_ids)


class Rows(NamedTuple):
    """Rows to write, in the order of the types ``revised_settlement``, ``new_revision_movement`` …"""

    revisions: list[tuple[Any, ...]]
    movements: list[tuple[Any, ...]]
    transfers: list[tuple[Any, ...]]
    reversed: list[tuple[UUID, str]]
    """Settlements whose transfers are mirrored, and under which reference."""
    years: list[tuple[Any, ...]]
    """What the accumulators then hold."""


_WRITE = """
WITH revised AS (
  INSERT INTO settlement_revisions (
    settlement_id, revision, kind, readjudication_id, facility_code, division_code, person_id, year,
    recorded_at, recorded_by, reason, categories, policy_pack, policy_version, total_fen, non_covered_fen,
    over_limit_fen, upfront_copay_fen, eligible_fen, person_pays_fen, personal_share_bp, ceiling_bp,
    ceiling_base_fen, steps, designated_for, chronic_reason, payers, payer_fen)
  SELECT
    settlement_id, revision, kind, readjudication_id, facility_code, division_code, person_id, year,
    recorded_at, recorded_by, reason, categories, policy_pack, policy_version, total_fen, non_covered_fen,
    over_limit_fen, upfront_copay_fen, eligible_fen, person_pays_fen, personal_share_bp, ceiling_bp,
    ceiling_base_fen, steps::json, designated_for, chronic_reason, payers, payer_fen
  FROM unnest($1::revised_settlement[])
), moved AS (
  INSERT INTO accumulator_movement_rows (settlement_id, kind, person_id, year, amount_fen, revision)
  SELECT * FROM unnest($2::new_revision_movement[])
), booked AS (
  INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account, credit_account,
                         amount_fen, settlement_id, reference)
  SELECT * FROM unnest($3::new_revision_transfer[])
), mirrored AS (
  INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account, credit_account,
                         amount_fen, settlement_id, reference, reverses)
  SELECT $6::timestamptz, county_code, year, facility_code, $7::text, credit_account, debit_account,
         amount_fen, old.settlement_id, back.reference, no
  FROM unnest($4::uuid[], $5::text[]) AS back (settlement_id, reference)
  JOIN transfers AS old ON old.settlement_id = back.settlement_id
  WHERE old.reverses IS NULL
    AND NOT EXISTS (SELECT 1 FROM transfers AS mirror WHERE mirror.reverses = old.no)
  ORDER BY no
)
UPDATE accumulator_years AS stored SET used = new.used::json
FROM unnest($8::used_in_year[]) AS new
WHERE (stored.holder_id, stored.year) = (new.holder_id, new.year)
"""


async def write(connection: Connection, rows: Rows, now: datetime) -> None:
    """Post corrections with everything that belongs to them but their events."""
    ids, references = [id_ for id_, _ in rows.reversed], [reference for _, reference in rows.reversed]
    await connection.execute(
        _WRITE,
        rows.revisions,
        rows.movements,
        rows.transfers,
        ids,
        references,
        now,
        REVERSAL,
        rows.years,
    )

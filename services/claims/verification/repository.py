"""Statements that look for records that do not add up. Each gives bad records only, in a stable order."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

CHECKS: Final[Mapping[str, str]] = {
    "accumulators equal their movements": """
SELECT person_id, year, kind, coalesce(used_fen, 0) AS stored_fen, coalesce(moved_fen, 0) AS movements_fen
FROM accumulators FULL JOIN (
  SELECT person_id, year, kind, sum(amount_fen) AS moved_fen FROM accumulator_movements GROUP BY 1, 2, 3
) AS moved USING (person_id, year, kind)
WHERE coalesce(used_fen, 0) <> coalesce(moved_fen, 0) ORDER BY 1, 2, 3
""",
    "payers and person add up to the total": """
SELECT id, total_fen, coalesce(payers_fen, 0) AS payers_fen, person_pays_fen
FROM settlements LEFT JOIN (
  SELECT settlement_id AS id, sum(amount_fen) AS payers_fen FROM settlement_payers GROUP BY 1
) AS paid USING (id)
WHERE coalesce(payers_fen, 0) + person_pays_fen <> total_fen ORDER BY 1
""",
    "charge lines add up to the total": """
SELECT id, total_fen, coalesce(charged_fen, 0) AS charged_fen
FROM settlements LEFT JOIN (
  SELECT settlement_id AS id, sum(amount_fen) AS charged_fen FROM settlement_charges GROUP BY 1
) AS charged USING (id)
WHERE coalesce(charged_fen, 0) <> total_fen ORDER BY 1
""",
    "transfers of a settlement add up to its total": """
SELECT id, total_fen, coalesce(booked_fen, 0) AS booked_fen
FROM settlements LEFT JOIN (
  SELECT settlement_id AS id, sum(amount_fen) AS booked_fen FROM transfers
  WHERE settlement_id IS NOT NULL GROUP BY 1
) AS booked USING (id)
WHERE coalesce(booked_fen, 0) <> total_fen ORDER BY 1
""",
    "each payer's transfer equals its line": """
SELECT settlement_id, payer, line_fen, booked_fen FROM (
  SELECT settlement_id, payer, sum(amount_fen) AS line_fen FROM settlement_payers GROUP BY 1, 2
) AS line FULL JOIN (
  SELECT settlement_id, split_part(debit_account, ':', 2) AS payer, sum(amount_fen) AS booked_fen
  FROM transfers WHERE settlement_id IS NOT NULL AND kind = 'payer' GROUP BY 1, 2
) AS booked USING (settlement_id, payer)
WHERE line_fen IS DISTINCT FROM booked_fen ORDER BY 1, 2
""",
    "every visit has its settlement, every settlement its visit": """
SELECT facility_code, visit_no, visit.settlement_id, settlement.id
FROM visits AS visit FULL JOIN settlements AS settlement USING (facility_code, visit_no)
WHERE visit.settlement_id IS DISTINCT FROM settlement.id ORDER BY 1, 2
""",
    "no line, payer, movement or transfer without its settlement": """
SELECT origin, settlement_id FROM (
  SELECT 'settlement_charges' AS origin, settlement_id FROM settlement_charges
  UNION SELECT 'settlement_payers', settlement_id FROM settlement_payers
  UNION SELECT 'accumulator_movements', settlement_id FROM accumulator_movements
  UNION SELECT 'transfers', settlement_id FROM transfers WHERE settlement_id IS NOT NULL
) AS part
WHERE NOT EXISTS (SELECT 1 FROM settlements WHERE id = settlement_id) ORDER BY 1, 2
""",
    "a reversal mirrors the transfer it reverses": """
SELECT reversal.no, reversal.reverses
FROM transfers AS reversal LEFT JOIN transfers AS original ON original.no = reversal.reverses
WHERE reversal.reverses IS NOT NULL AND (reversal.debit_account, reversal.credit_account, reversal.amount_fen)
  IS DISTINCT FROM (original.credit_account, original.debit_account, original.amount_fen)
ORDER BY 1
""",
}
_COUNT = text("SELECT count(*) FROM settlements")
# One snapshot for all checks, and no limit on time: this reads the whole database.
_BEGIN = (
    text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"),
    text("SET LOCAL statement_timeout = 0"),
)


async def begin(connection: AsyncConnection) -> int:
    """Freeze what is looked at; how many settlements there are."""
    for statement in _BEGIN:
        await connection.execute(statement)
    return int(await connection.scalar(_COUNT) or 0)


async def first_bad(connection: AsyncConnection, check: str) -> Mapping[str, Any] | None:
    """The first record that fails a check, ``None`` if all hold."""
    row = (await connection.execute(text(f"{CHECKS[check]} LIMIT 1"))).mappings().one_or_none()
    return dict(row) if row is not None else None

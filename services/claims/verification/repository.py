"""Statements that look for records that do not add up. Each gives bad records only, in a stable order."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.claims.verification.audit_repository import AUDIT_CHECKS
from services.claims.verification.closing_repository import CLOSING_CHECKS
from services.claims.verification.entitlements_repository import ENTITLEMENT_CHECKS
from services.claims.verification.funds_repository import FUND_CHECKS
from services.claims.verification.payments_repository import PAYMENT_CHECKS
from services.claims.verification.reports_repository import REPORT_CHECKS

_UUID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_AMOUNT: Final = '"[^"]+":-?[0-9]{1,18}'
_AMOUNTS: Final = rf"\{{({_AMOUNT}(,{_AMOUNT})*)?\}}"
_OF_HOLDER: Final = f'"{_UUID}":{_AMOUNTS}'

CHECKS: Final[Mapping[str, str]] = {
    # First, because what is written otherwise cannot be added up.
    "what settlements moved and holders have used is written as amounts": rf"""
SELECT 'settlements' AS origin, id, moved::text AS content
FROM settlements WHERE replace(moved::text, ' ', '') !~ '^\{{({_OF_HOLDER}(,{_OF_HOLDER})*)?\}}$'
UNION ALL
SELECT 'accumulator_years', holder_id, used::text
FROM accumulator_years WHERE replace(used::text, ' ', '') !~ '^{_AMOUNTS}$'
ORDER BY 1, 2
""",
    "accumulators equal their movements": """
SELECT person_id, year, kind, coalesce(used_fen, 0) AS stored_fen, coalesce(moved_fen, 0) AS movements_fen
FROM accumulators FULL JOIN (
  SELECT person_id, year, kind, sum(amount_fen) AS moved_fen FROM accumulator_movements GROUP BY 1, 2, 3
) AS moved USING (person_id, year, kind)
WHERE coalesce(used_fen, 0) <> coalesce(moved_fen, 0) ORDER BY 1, 2, 3
""",
    "what a person has used lies where the person lives": """
SELECT holder_id, year, stored.division_code, person.division_code AS lives_in
FROM accumulator_years AS stored JOIN insured_persons AS person ON person.person_id = holder_id
WHERE holder = 'person' AND stored.division_code <> person.division_code ORDER BY 1, 2
""",
    "payers and person add up to the total": """
SELECT id, revision, total_fen, coalesce(payers_fen, 0) AS payers_fen, person_pays_fen FROM (
  SELECT id, 0 AS revision, total_fen, person_pays_fen,
    (SELECT sum(amount_fen) FROM settlement_payers WHERE settlement_id = id) AS payers_fen FROM settlements
  UNION ALL
  SELECT settlement_id, revision, total_fen, person_pays_fen,
    (SELECT sum(part) FROM unnest(payer_fen) AS part) FROM settlement_revisions
) AS figures
WHERE coalesce(payers_fen, 0) + person_pays_fen <> total_fen ORDER BY 1, 2
""",
    "charge lines are not negative and add up to the total": """
SELECT id, total_fen, coalesce(charged_fen, 0) AS charged_fen, coalesce(least_fen, 0) AS least_fen
FROM settlements LEFT JOIN (
  SELECT settlement_id AS id, sum(amount_fen) AS charged_fen, min(amount_fen) AS least_fen
  FROM settlement_charges GROUP BY 1
) AS charged USING (id)
WHERE coalesce(charged_fen, 0) <> total_fen OR least_fen < 0 ORDER BY 1
""",
    "what a settlement brings its provider is its current total": """
SELECT id, total_fen, coalesce(booked_fen, 0) AS booked_fen
FROM current_settlements LEFT JOIN (
  SELECT settlement_id AS id, sum(CASE
    WHEN credit_account ^@ 'provider_' THEN amount_fen
    WHEN debit_account ^@ 'provider_' THEN -amount_fen ELSE 0 END) AS booked_fen
  FROM transfers WHERE settlement_id IS NOT NULL GROUP BY 1
) AS booked USING (id)
WHERE coalesce(booked_fen, 0) <> total_fen ORDER BY 1
""",
    "what a settlement costs each payer's fund is its current line": """
SELECT settlement_id, payer, line_fen, booked_fen FROM (
  SELECT settlement_id, payer, sum(amount_fen) AS line_fen FROM current_payers GROUP BY 1, 2
) AS line FULL JOIN (
  SELECT settlement_id, sum(amount_fen) AS booked_fen,
    CASE WHEN account ^@ 'fund:' THEN split_part(account, ':', 2) ELSE 'provider' END AS payer
  FROM (
    SELECT settlement_id, debit_account AS account, amount_fen FROM transfers
    UNION ALL SELECT settlement_id, credit_account, -amount_fen FROM transfers
  ) AS side
  WHERE settlement_id IS NOT NULL AND (account ^@ 'fund:' OR account ^@ 'borne_by_provider:')
  GROUP BY settlement_id, payer HAVING sum(amount_fen) <> 0
) AS booked USING (settlement_id, payer)
WHERE line_fen IS DISTINCT FROM booked_fen ORDER BY 1, 2
""",
    "what the person paid and is due by card is the current part": """
SELECT id, person_pays_fen, coalesce(booked_fen, 0) AS booked_fen
FROM current_settlements LEFT JOIN (
  SELECT settlement_id AS id, sum(amount_fen) AS booked_fen FROM (
    SELECT settlement_id, debit_account AS account, amount_fen FROM transfers
    UNION ALL SELECT settlement_id, credit_account, -amount_fen FROM transfers
  ) AS side
  WHERE settlement_id IS NOT NULL AND (account ^@ 'patients:' OR account ^@ 'card_due:') GROUP BY 1
) AS booked USING (id)
WHERE coalesce(booked_fen, 0) <> person_pays_fen ORDER BY 1
""",
    "revisions count from one and nothing follows a reversal": """
SELECT settlement_id, revision, kind FROM (
  SELECT settlement_id, revision, kind, row_number() OVER by_number AS expected,
    lag(kind) OVER by_number AS previous, posting_no, lag(posting_no) OVER by_number AS earlier_no
  FROM settlement_revisions WINDOW by_number AS (PARTITION BY settlement_id ORDER BY revision)
) AS numbered
WHERE revision <> expected OR previous = 'reversal' OR posting_no <= earlier_no ORDER BY 1, 2
""",
    # From each reversal to its settlement: as a join the view would read every settlement.
    "a reversed settlement has moved nothing": """
SELECT settlement_id, moved.kind, moved_fen
FROM settlement_revisions AS revised CROSS JOIN LATERAL (
  SELECT movement.kind, sum(amount_fen) AS moved_fen FROM accumulator_movements AS movement
  WHERE movement.settlement_id = revised.settlement_id GROUP BY 1 HAVING sum(amount_fen) <> 0
) AS moved
WHERE revised.kind = 'reversal' ORDER BY 1, 2
""",
    "own payments of person and household count what the person pays now": """
SELECT settlement.id, person_pays_fen, coalesce(person_fen, 0) AS person_fen,
       coalesce(household_fen, 0) AS household_fen
FROM current_settlements AS settlement LEFT JOIN (
  SELECT moved.settlement_id AS id,
    sum(amount_fen) FILTER (WHERE kind = 'own_payment' AND moved.person_id = settled.person_id) AS person_fen,
    sum(amount_fen) FILTER (WHERE kind = 'household.own_payment' AND moved.person_id = settled.household_id)
      AS household_fen
  FROM accumulator_movements AS moved JOIN settlements AS settled ON settled.id = moved.settlement_id
  WHERE kind IN ('own_payment', 'household.own_payment') GROUP BY 1
) AS counted USING (id)
WHERE (coalesce(person_fen, 0), coalesce(household_fen, 0)) <> (person_pays_fen, person_pays_fen) ORDER BY 1
""",
    **ENTITLEMENT_CHECKS,
    "every visit has its settlement, every settlement its visit": """
SELECT visit.facility_code, visit.visit_no, visit.settlement_id, settlement.id
FROM (
  SELECT facility_code, visit_no, settlement_id, reversed FROM visits
  UNION ALL
  SELECT facility_code, visit_no, unnest(earlier_settlements), true FROM visits
) AS visit FULL JOIN current_settlements AS settlement
  ON (settlement.id, settlement.facility_code, settlement.visit_no)
   = (visit.settlement_id, visit.facility_code, visit.visit_no)
WHERE settlement.id IS NULL OR visit.settlement_id IS NULL
  OR visit.reversed <> (settlement.status = 'reversed')
ORDER BY 1, 2
""",
    "no line, payer, movement, revision or transfer without its settlement": """
SELECT origin, settlement_id FROM (
  SELECT 'settlement_payer_rows' AS origin, settlement_id FROM settlement_payer_rows
  UNION SELECT 'accumulator_movement_rows', settlement_id FROM accumulator_movement_rows
  UNION SELECT 'settlement_revisions', settlement_id FROM settlement_revisions
  UNION SELECT 'transfers', settlement_id FROM transfers WHERE settlement_id IS NOT NULL
  UNION SELECT 'settlement_charge_rows', settlement_id FROM settlement_charge_rows
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
    "money is held for open visits only": """
SELECT facility_code, visit_no, payer, state
FROM holds LEFT JOIN admissions USING (facility_code, visit_no)
WHERE state IS DISTINCT FROM 'open' ORDER BY 1, 2, 3
""",
    "days, invoices and daily limits are taken by settlements that stand": """
SELECT origin, settlement_id FROM (
  SELECT 'stays' AS origin, settlement_id FROM stays
  UNION ALL SELECT 'settlement_invoices', settlement_id FROM settlement_invoices
  UNION ALL SELECT 'item_uses', settlement_id FROM item_uses
) AS taken LEFT JOIN current_settlements AS settlement ON settlement.id = settlement_id
WHERE status IS DISTINCT FROM 'settled' ORDER BY 1, 2
""",
    "what a day holds of an item equals its uses": """
SELECT person_id, item_code, day, coalesce(stored.quantity_milli, 0) AS stored_milli,
  coalesce(used.quantity_milli, 0) AS used_milli
FROM item_days AS stored FULL JOIN (
  SELECT person_id, item_code, day, division_code, sum(quantity_milli) AS quantity_milli
  FROM item_uses GROUP BY 1, 2, 3, 4
) AS used USING (person_id, item_code, day, division_code)
WHERE coalesce(stored.quantity_milli, 0) <> coalesce(used.quantity_milli, 0) ORDER BY 1, 2, 3
""",
    **CLOSING_CHECKS,
    **AUDIT_CHECKS,
    **FUND_CHECKS,
    **PAYMENT_CHECKS,
    **REPORT_CHECKS,
}
_COUNT = text("SELECT count(*) FROM settlements")
# One snapshot for all checks, and no limit on time: this reads the whole database. It is taken once a
# migration that moves what belongs to settlements is over: what that has emptied is empty in all snapshots.
_BEGIN = (
    text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"),
    text("SET LOCAL statement_timeout = 0"),
    text("LOCK TABLE settlements IN ACCESS SHARE MODE"),
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


_HEAD = text("SELECT EXISTS (SELECT 1 FROM day_closes WHERE encode(hash, 'hex') = lower(:head))")


async def closed_with(connection: AsyncConnection, head: str) -> bool:
    """Whether a day close has this hash (hexadecimal)."""
    return bool(await connection.scalar(_HEAD, {"head": head}))

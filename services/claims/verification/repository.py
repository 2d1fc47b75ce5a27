"""Statements that look for records that do not add up. Each gives bad records only, in a stable order."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.claims.verification.funds_repository import FUND_CHECKS
from services.claims.verification.payments_repository import PAYMENT_CHECKS

_REPORT_KEY: Final = (
    "county_code, month, payer, facility_code, visit_type, provider_level, place, referral, ceiling_bp,"
    " categories"
)
_REPORT_SUMS: Final = (
    *("visits", "total_fen", "eligible_fen", "person_pays_fen", "ceiling_base_fen", "above_ceiling"),
    *("drug_fen", "herbal_fen", "paid_fen"),
)
_REPORT_SETTLED: Final = (
    "substr(division_code, 1, 6) AS county_code, discharged_on - extract(day FROM discharged_on)::integer + 1"
    " AS month, facility_code, visit_type, provider_level, place, referral,"
    " coalesce(ceiling_bp, -1) AS ceiling_bp, categories"
)
_REPORT_GROUPS: Final = "1, 2, 3, 4, 5, 6, 7, 8, 9"
CHECKS: Final[Mapping[str, str]] = {
    "accumulators equal their movements": """
SELECT person_id, year, kind, coalesce(used_fen, 0) AS stored_fen, coalesce(moved_fen, 0) AS movements_fen
FROM accumulators FULL JOIN (
  SELECT person_id, year, kind, sum(amount_fen) AS moved_fen FROM accumulator_movements GROUP BY 1, 2, 3
) AS moved USING (person_id, year, kind)
WHERE coalesce(used_fen, 0) <> coalesce(moved_fen, 0) ORDER BY 1, 2, 3
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
    "charge lines add up to the total": """
SELECT id, total_fen, coalesce(charged_fen, 0) AS charged_fen
FROM settlements LEFT JOIN (
  SELECT settlement_id AS id, sum(amount_fen) AS charged_fen FROM settlement_charges GROUP BY 1
) AS charged USING (id)
WHERE coalesce(charged_fen, 0) <> total_fen ORDER BY 1
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
    "a reversed settlement has moved nothing": """
SELECT settlement_id, kind, sum(amount_fen) AS moved_fen FROM accumulator_movements AS movement
WHERE EXISTS (SELECT 1 FROM settlement_revisions AS revised
              WHERE revised.settlement_id = movement.settlement_id AND revised.kind = 'reversal')
GROUP BY 1, 2 HAVING sum(amount_fen) <> 0 ORDER BY 1, 2
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
    "a relapse claim is booked once when it is paid": """
SELECT coalesce(reference, 'relapse_claim/' || id) AS reference, payout_fen, booked_fen
FROM (SELECT id, payout_fen FROM relapse_claims WHERE state = 'paid') AS paid FULL JOIN (
  SELECT reference, sum(amount_fen) AS booked_fen FROM transfers WHERE kind = 'relapse_payout' GROUP BY 1
) AS booked ON booked.reference = 'relapse_claim/' || paid.id
WHERE payout_fen IS DISTINCT FROM booked_fen ORDER BY 1
""",
    "one-off aid is booked once for each line of an approved batch": """
SELECT coalesce(reference, 'one_off/' || batch_id || '/' || line_no) AS reference, amount_fen, booked_fen
FROM (
  SELECT batch_id, line_no, amount_fen FROM one_off_lines
  WHERE refusal IS NULL AND batch_id IN (SELECT id FROM one_off_batches WHERE state = 'approved')
) AS aided FULL JOIN (
  SELECT reference, sum(amount_fen) AS booked_fen FROM transfers WHERE kind = 'one_off_aid' GROUP BY 1
) AS booked ON booked.reference = 'one_off/' || batch_id || '/' || line_no
WHERE amount_fen IS DISTINCT FROM booked_fen ORDER BY 1
""",
    "premiums are booked once for each approved policy and each approved batch of sponsored people": """
SELECT coalesce(booked.reference, paid.reference) AS reference, paid_fen, booked_fen
FROM (
  SELECT 'relapse_policy/' || id AS reference, premium_fen AS paid_fen FROM relapse_policies
  WHERE state = 'approved'
  UNION ALL
  SELECT 'sponsorship/' || id, sum(line.sponsored_fen) FROM sponsorship_batches
  JOIN sponsorship_lines AS line ON line.batch_id = id WHERE state = 'approved' GROUP BY id
) AS paid FULL JOIN (
  SELECT reference, sum(amount_fen) AS booked_fen FROM transfers
  WHERE kind IN ('relapse_premium', 'sponsored_premium') GROUP BY 1
) AS booked ON booked.reference = paid.reference
WHERE paid_fen IS DISTINCT FROM booked_fen ORDER BY 1
""",
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
  SELECT 'settlement_charges' AS origin, settlement_id FROM settlement_charges
  UNION SELECT 'settlement_payers', settlement_id FROM settlement_payers
  UNION SELECT 'accumulator_movements', settlement_id FROM accumulator_movements
  UNION SELECT 'settlement_revisions', settlement_id FROM settlement_revisions
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
    "a closed transfer is what it was when it was closed": """
SELECT transfer_no AS no, close_no FROM (
  SELECT transfer_no, close.no AS close_no, link, ledger_link(
    coalesce(lag(link) OVER (PARTITION BY close_id ORDER BY transfer_no), previous_hash), ledger_line(entry)
  ) AS expected
  FROM closed_transfers JOIN day_closes AS close ON close.id = close_id
  LEFT JOIN transfers AS entry ON entry.no = transfer_no
) AS linked
WHERE link IS DISTINCT FROM expected ORDER BY 1
""",
    "a close carries the hash of its records and of the close before": """
SELECT county_code, no FROM (
  SELECT county_code, no, hash, ledger_link(last_link, day_close_line(entry)) AS expected,
    previous_hash, lag(hash, 1, sha256(convert_to(county_code, 'UTF8'))) OVER by_number AS before,
    row_number() OVER by_number AS place, last_link, coalesce((
      SELECT link FROM closed_transfers WHERE close_id = entry.id ORDER BY transfer_no DESC LIMIT 1
    ), previous_hash) AS end_link
  FROM day_closes AS entry WINDOW by_number AS (PARTITION BY county_code ORDER BY no)
) AS chained
WHERE (hash, previous_hash, last_link, no) IS DISTINCT FROM (expected, before, end_link, place) ORDER BY 1, 2
""",
    "no transfer is behind every close": """
SELECT no, county_code FROM transfers JOIN (
  SELECT county_code, max(last_no) FILTER (WHERE swept_at < newest - interval '1 hour') AS horizon FROM (
    SELECT county_code, last_no, swept_at, max(swept_at) OVER (PARTITION BY county_code) AS newest
    FROM day_closes
  ) AS timed GROUP BY county_code
) AS passed USING (county_code)
WHERE no <= horizon AND NOT EXISTS (SELECT 1 FROM closed_transfers WHERE transfer_no = no) ORDER BY 1
""",
    "a deduction is booked to funds as decided, and given back when no bill is left": """
SELECT coalesce(booked.reference, 'audit_finding/' || decided.id) AS reference, decided.state, deducted_fen,
  given_back_fen, booked_fen, stands_fen
FROM (
  SELECT id, state, deducted_fen, given_back_fen, settlement_id, facility_code, county_code
  FROM audit_findings WHERE state IN ('deducted', 'given_back')
) AS decided FULL JOIN (
  SELECT deduction.reference,
    sum(deduction.amount_fen) FILTER (WHERE deduction.no < first_mirror_no IS NOT FALSE) AS booked_fen,
    sum(deduction.amount_fen) FILTER (WHERE mirror_no IS NULL) AS stands_fen,
    bool_and(deduction.debit_account = 'provider_due:' || deduction.facility_code
      AND deduction.credit_account ^@ 'fund:' AND deduction.settlement_id IS NULL) AS to_funds,
    max(deduction.facility_code) AS facility_code, max(deduction.county_code) AS county_code
  FROM (
    SELECT first.*, mirror.no AS mirror_no,
      min(mirror.no) OVER (PARTITION BY first.reference) AS first_mirror_no
    FROM transfers AS first LEFT JOIN transfers AS mirror ON mirror.reverses = first.no
    WHERE first.kind = 'audit_deduction'
  ) AS deduction GROUP BY deduction.reference
) AS booked ON booked.reference = 'audit_finding/' || decided.id
LEFT JOIN current_settlements AS settlement ON settlement.id = decided.settlement_id
WHERE (deducted_fen, decided.facility_code, decided.county_code, true)
    IS DISTINCT FROM (booked_fen, booked.facility_code, booked.county_code, to_funds)
  OR coalesce(stands_fen, 0)
    <> CASE WHEN decided.state = 'deducted' THEN deducted_fen - given_back_fen ELSE 0 END
  OR (settlement.status = 'reversed' AND decided.state = 'deducted')
ORDER BY 1
""",
    "what is deducted from a provider's month is no more than each fund paid of it": """
SELECT county_code, facility_code, month, payer, year, deducted_fen, paid_fen
FROM (
  SELECT finding.county_code, finding.facility_code, finding.month, booked.year,
    split_part(booked.credit_account, ':', 2) AS payer, sum(booked.amount_fen) AS deducted_fen
  FROM audit_findings AS finding JOIN transfers AS booked ON booked.reference = 'audit_finding/' || finding.id
  WHERE booked.kind = 'audit_deduction' AND finding.state = 'deducted'
    AND NOT EXISTS (SELECT FROM transfers AS mirror WHERE mirror.reverses = booked.no)
  GROUP BY 1, 2, 3, 4, 5
) AS taken CROSS JOIN LATERAL (
  SELECT coalesce(sum(part.amount_fen), 0) AS paid_fen
  FROM current_settlements AS settlement JOIN current_payers AS part ON part.settlement_id = settlement.id
  WHERE settlement.facility_code = taken.facility_code AND settlement.division_code ^@ taken.county_code
    AND discharged_on >= month AND discharged_on < month + interval '1 month' AND status = 'settled'
    AND part.payer = taken.payer AND settlement.year = taken.year
) AS paid
WHERE deducted_fen > paid_fen ORDER BY 1, 2, 3, 4, 5
""",
    **FUND_CHECKS,
    **PAYMENT_CHECKS,
    "reports count every settlement once, as it now stands": f"""
SELECT {_REPORT_KEY}, {", ".join(f"counted.{name} AS counted_{name}, now.{name}" for name in _REPORT_SUMS)}
FROM (
  SELECT {_REPORT_KEY}, {", ".join(f"sum({name}) AS {name}" for name in _REPORT_SUMS)}
  FROM current_report_sums GROUP BY {_REPORT_KEY}
) AS counted FULL JOIN (
  SELECT {_REPORT_SETTLED}, '' AS payer, count(*) AS visits, sum(total_fen) AS total_fen,
    sum(eligible_fen) AS eligible_fen, sum(person_pays_fen) AS person_pays_fen,
    sum(coalesce(ceiling_base_fen, 0)) AS ceiling_base_fen,
    count(*) FILTER (WHERE person_pays_fen > ceiling_base_fen * ceiling_bp / 10000) AS above_ceiling,
    sum(coalesce(drug_fen, 0)) AS drug_fen, sum(coalesce(herbal_fen, 0)) AS herbal_fen, 0 AS paid_fen
  FROM current_settlements LEFT JOIN (
    SELECT settlement_id AS id, sum(amount_fen) AS drug_fen,
      sum(amount_fen) FILTER (WHERE category = 'herbal') AS herbal_fen
    FROM settlement_charges WHERE category IN ('western_medicine', 'chinese_patent_medicine', 'herbal')
    GROUP BY 1
  ) AS drugs USING (id)
  WHERE status = 'settled' GROUP BY {_REPORT_GROUPS}
  UNION ALL
  SELECT {_REPORT_SETTLED}, payer, count(DISTINCT id), 0, 0, 0, 0, 0, 0, 0, sum(amount_fen)
  FROM current_settlements JOIN current_payers ON settlement_id = id
  WHERE status = 'settled' GROUP BY {_REPORT_GROUPS}, payer
) AS now USING ({_REPORT_KEY})
WHERE {" OR ".join(f"coalesce(counted.{name}, 0) <> coalesce(now.{name}, 0)" for name in _REPORT_SUMS)}
ORDER BY {_REPORT_KEY}
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


_HEAD = text("SELECT EXISTS (SELECT 1 FROM day_closes WHERE encode(hash, 'hex') = lower(:head))")


async def closed_with(connection: AsyncConnection, head: str) -> bool:
    """Whether a day close has this hash (hexadecimal)."""
    return bool(await connection.scalar(_HEAD, {"head": head}))

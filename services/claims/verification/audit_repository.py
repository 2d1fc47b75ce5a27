"""Statements that look for deductions of audits that do not add up."""

from collections.abc import Mapping
from typing import Final

AUDIT_CHECKS: Final[Mapping[str, str]] = {
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
  FROM current_settlements AS settlement
  CROSS JOIN LATERAL unnest(payers, payer_fen) AS part (payer, amount_fen)
  WHERE settlement.facility_code = taken.facility_code AND settlement.division_code ^@ taken.county_code
    AND discharged_on >= month AND discharged_on < month + interval '1 month' AND status = 'settled'
    AND part.payer = taken.payer AND settlement.year = taken.year
) AS paid
WHERE deducted_fen > paid_fen ORDER BY 1, 2, 3, 4, 5
""",
}

"""Statements that look for fund operations and lineage that do not add up; like those of ``repository``."""

from collections.abc import Mapping
from typing import Final

FUND_CHECKS: Final[Mapping[str, str]] = {
    "a fund operation is booked once when it is approved": """
SELECT coalesce(reference, 'fund_operation/' || id) AS reference, expected_fen, booked_fen
FROM (
  SELECT operation.id, operation.amount_fen
    * CASE WHEN coalesce(original.kind, operation.kind) = 'advance' THEN 2 ELSE 1 END AS expected_fen
  FROM fund_operations AS operation LEFT JOIN fund_operations AS original ON original.id = operation.reverses
  WHERE operation.state IN ('approved', 'reversed')
) AS decided FULL JOIN (
  SELECT reference, sum(amount_fen) AS booked_fen FROM transfers
  WHERE reference ^@ 'fund_operation/' GROUP BY 1
) AS booked ON booked.reference = 'fund_operation/' || decided.id
WHERE expected_fen IS DISTINCT FROM booked_fen ORDER BY 1
""",
    "every movement of a fund is taken into the lineage once": """
SELECT coalesce(transfer.no, step.transfer_no) AS transfer_no, transfer.amount_fen AS booked_fen,
  step.amount_fen AS taken_fen
FROM (
  SELECT no, amount_fen FROM transfers
  WHERE debit_account ^@ 'fund:' OR credit_account ^@ 'fund:'
    OR debit_account ^@ 'financing_due:' OR credit_account ^@ 'financing_due:'
) AS transfer FULL JOIN (
  SELECT DISTINCT transfer_no, amount_fen FROM earmark_steps
) AS step ON step.transfer_no = transfer.no
WHERE transfer.amount_fen IS DISTINCT FROM step.amount_fen
  AND (step.transfer_no IS NOT NULL OR transfer.no <= (SELECT coalesce(max(behind_no), 0) FROM earmark_runs))
ORDER BY 1
""",
    "every fen that a fund moves is attributed": """
SELECT transfer_no, county_code, year, payer, moved_fen, allocated_fen FROM (
  SELECT step.transfer_no, step.county_code, step.year, step.payer, CASE
    WHEN arrived.deposit_no IS NOT NULL OR withdrawn.deposit_no IS NOT NULL THEN 0
    WHEN step.kind = 'use' OR original.kind = 'return' THEN step.amount_fen
    WHEN step.kind = 'return' OR original.kind = 'use' THEN -step.amount_fen ELSE 0 END AS moved_fen
  FROM earmark_steps AS step
  LEFT JOIN earmark_steps AS original ON (original.transfer_no, original.county_code, original.year,
    original.payer) = (step.reverses, step.county_code, step.year, step.payer)
  LEFT JOIN earmark_deposits AS arrived ON (arrived.deposit_no, arrived.county_code, arrived.year,
    arrived.payer) = (step.transfer_no, step.county_code, step.year, step.payer)
  LEFT JOIN earmark_deposits AS withdrawn ON (withdrawn.deposit_no, withdrawn.county_code, withdrawn.year,
    withdrawn.payer) = (step.reverses, step.county_code, step.year, step.payer)
) AS moved FULL JOIN (
  SELECT transfer_no, county_code, year, payer, sum(amount_fen) AS allocated_fen
  FROM earmark_allocations GROUP BY 1, 2, 3, 4
) AS allocated USING (transfer_no, county_code, year, payer)
WHERE coalesce(moved_fen, 0) <> coalesce(allocated_fen, 0) ORDER BY 1
""",
    "no use holds less than nothing of a deposit": """
SELECT county_code, year, payer, use_no, deposit_no, sum(amount_fen) AS held_fen
FROM earmark_allocations GROUP BY 1, 2, 3, 4, 5 HAVING sum(amount_fen) < 0 ORDER BY 1, 2, 3, 4, 5
""",
    "no use waits for money while there is some left": """
SELECT county_code, year, payer, unfunded_fen, sum(amount_fen - used_fen) AS left_fen
FROM earmark_funds JOIN earmark_deposits USING (county_code, year, payer)
WHERE unfunded_fen > 0 AND NOT withdrawn GROUP BY 1, 2, 3, 4
HAVING sum(amount_fen - used_fen) > 0 ORDER BY 1, 2, 3
""",
    "deposits and funds stand as what was allocated says": """
SELECT origin, no, booked_fen, amount_fen, kept_fen, allocated_fen FROM (
  SELECT 'earmark_deposits' AS origin, coalesce(kept.deposit_no, taken.deposit_no)::text AS no,
    (SELECT amount_fen FROM transfers WHERE transfers.no = kept.deposit_no) AS booked_fen, amount_fen,
    coalesce(used_fen, 0) AS kept_fen, coalesce(allocated_fen, 0) AS allocated_fen
  FROM earmark_deposits AS kept FULL JOIN (
    SELECT deposit_no, sum(amount_fen) AS allocated_fen
    FROM earmark_allocations WHERE deposit_no IS NOT NULL GROUP BY 1
  ) AS taken ON taken.deposit_no = kept.deposit_no
  UNION ALL
  SELECT 'earmark_funds', concat_ws(':', payer, county_code, year), 0, 0, coalesce(unfunded_fen, 0),
    coalesce(allocated_fen, 0)
  FROM earmark_funds FULL JOIN (
    SELECT county_code, year, payer, sum(amount_fen) AS allocated_fen
    FROM earmark_allocations WHERE deposit_no IS NULL GROUP BY 1, 2, 3
  ) AS waiting USING (county_code, year, payer)
) AS standing
WHERE kept_fen <> allocated_fen OR booked_fen IS DISTINCT FROM amount_fen ORDER BY 1, 2
""",
}

"""Statements that look for relapse payouts, one-off aid and premiums booked otherwise than decided."""

from collections.abc import Mapping
from typing import Final

ENTITLEMENT_CHECKS: Final[Mapping[str, str]] = {
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
}

"""Statements that look for payments that do not add up. Each gives bad records only, in a stable order."""

from collections.abc import Mapping
from typing import Final

_BOOKED = """
SELECT split_part(reference, '/', 2) AS id,
  sum(amount_fen) FILTER (WHERE kind = 'payment') AS payment_fen,
  sum(amount_fen) FILTER (WHERE kind = 'advance_set_off') AS set_off_fen,
  sum(amount_fen) FILTER (WHERE kind = 'bank_paid') AS bank_fen,
  sum(amount_fen) FILTER (WHERE kind = 'reversal') AS back_fen
FROM transfers WHERE reference ^@ 'payment_item/' GROUP BY 1
"""

PAYMENT_CHECKS: Final[Mapping[str, str]] = {
    "a payment pays what its transfers come to, less what is set off": """
SELECT item.id, gross_fen, coalesce(held_fen, 0) AS held_fen, set_off_fen, coalesce(used_fen, 0) AS used_fen
FROM payment_items AS item JOIN payment_batches AS batch ON batch.id = item.batch_id
LEFT JOIN (
  SELECT batch_id, payee, sum(amount_fen) AS held_fen FROM payment_item_transfers WHERE held GROUP BY 1, 2
) AS kept ON (kept.batch_id, kept.payee) = (item.batch_id, item.payee)
LEFT JOIN (
  SELECT item_id, sum(amount_fen) AS used_fen FROM payment_set_offs WHERE held GROUP BY 1
) AS used ON used.item_id = item.id
WHERE CASE WHEN item.state IN ('unpayable', 'carried_forward', 'cancelled')
  THEN (coalesce(held_fen, 0), coalesce(used_fen, 0)) <> (0, 0)
  ELSE (CASE WHEN kind = 'advance' THEN gross_fen ELSE coalesce(held_fen, 0) END, coalesce(used_fen, 0))
    <> (gross_fen, set_off_fen) END
ORDER BY 1
""",
    "a payment is booked once when it is approved, and confirmed or taken back once": f"""
SELECT coalesce(item.id::text, booked.id) AS id, item.state, amount_fen, payment_fen, booked.set_off_fen,
  bank_fen, back_fen
FROM (
  SELECT item.*, item.state IN ('in_payment', 'paid', 'failed', 'bank_returned', 'retried', 'returned')
      AS went,
    EXISTS (SELECT 1 FROM payment_returns AS back WHERE back.item_id = item.id) AS came_back,
    item.state = 'offset' AND batch.state NOT IN ('prepared', 'cancelled') AS was_set_off
  FROM payment_items AS item JOIN payment_batches AS batch ON batch.id = item.batch_id
) AS item FULL JOIN ({_BOOKED}) AS booked ON booked.id = item.id::text
WHERE item.id IS NULL OR
  (coalesce(payment_fen, 0), coalesce(booked.set_off_fen, 0), coalesce(bank_fen, 0), coalesce(back_fen, 0))
  <> (CASE WHEN went THEN amount_fen ELSE 0 END,
      CASE WHEN went OR was_set_off THEN item.set_off_fen ELSE 0 END,
      CASE WHEN item.state = 'paid' OR came_back THEN amount_fen ELSE 0 END,
      CASE WHEN item.state IN ('failed', 'bank_returned', 'retried', 'returned') THEN amount_fen ELSE 0 END
        + CASE WHEN came_back THEN amount_fen ELSE 0 END)
  OR came_back AND item.state NOT IN ('bank_returned', 'retried', 'returned')
  OR item.state = 'bank_returned' AND NOT came_back
ORDER BY 1
""",
    "what is on its way to the bank is what the bank has not decided": """
SELECT coalesce(county, county_code) AS county_code, coalesce(booked_fen, 0) AS booked_fen,
  coalesce(waiting_fen, 0) AS waiting_fen
FROM (
  SELECT split_part(account, ':', 2) AS county, sum(amount_fen) AS booked_fen FROM (
    SELECT credit_account AS account, amount_fen FROM transfers
    UNION ALL SELECT debit_account, -amount_fen FROM transfers
  ) AS side WHERE account ^@ 'in_payment:' GROUP BY 1
) AS booked FULL JOIN (
  SELECT county_code, sum(amount_fen) AS waiting_fen FROM payment_items WHERE state = 'in_payment' GROUP BY 1
) AS waiting ON county = county_code
WHERE coalesce(booked_fen, 0) <> coalesce(waiting_fen, 0) ORDER BY 1
""",
    "what came back from the bank is what had been paid, booked back once": """
SELECT back.item_id, back.amount_fen, item.amount_fen AS paid_fen, item.state FROM payment_returns AS back
LEFT JOIN payment_items AS item ON item.id = back.item_id
WHERE item.amount_fen IS DISTINCT FROM back.amount_fen OR item.batch_id IS DISTINCT FROM back.batch_id
ORDER BY 1
""",
    "an advance is set off after it is paid, and no further than that": """
SELECT coalesce(used.advance_item_id::text, again.id) AS id, item.state, item.amount_fen, used_fen, again_fen
FROM (
  SELECT advance_item_id, sum(amount_fen) AS used_fen FROM payment_set_offs WHERE held GROUP BY 1
) AS used FULL JOIN (
  SELECT split_part(reference, '/', 2) AS id, sum(amount_fen) AS again_fen
  FROM transfers WHERE kind = 'set_off_returned' GROUP BY 1
) AS again ON again.id = used.advance_item_id::text
LEFT JOIN payment_items AS item ON item.id = used.advance_item_id
LEFT JOIN payment_returns AS back ON back.item_id = item.id
WHERE used_fen > coalesce(item.amount_fen, 0)
  OR coalesce(again_fen, 0) <> CASE WHEN item.state = 'paid' THEN 0 WHEN back.item_id IS NULL THEN -1
                               ELSE coalesce(used_fen, 0) END
ORDER BY 1
""",
    "a run of a subsidy is booked once when it is approved": """
SELECT coalesce(line.reference, booked.reference) AS reference, line_fen, booked_fen FROM (
  SELECT 'subsidy/' || run_id || '/' || person_id AS reference, sum(due_fen - paid_fen) AS line_fen
  FROM subsidy_lines JOIN subsidy_runs AS run ON run.id = run_id WHERE state = 'approved' GROUP BY 1
) AS line FULL JOIN (
  SELECT reference, sum(CASE WHEN credit_account ^@ 'card_due:' THEN amount_fen ELSE -amount_fen END)
    AS booked_fen
  FROM transfers WHERE kind = 'subsidy' GROUP BY 1
) AS booked ON booked.reference = line.reference
WHERE coalesce(line_fen, 0) <> coalesce(booked_fen, 0) ORDER BY 1
""",
    "a run of a subsidy goes on from what the runs before it paid": """
SELECT run_id, person_id, month, paid_fen, before_fen FROM (
  SELECT run_id, line.person_id, month, paid_fen, coalesce(lag(due_fen) OVER earlier, 0) AS before_fen
  FROM subsidy_lines AS line JOIN subsidy_runs AS run ON run.id = run_id
  LEFT JOIN insured_persons AS person ON person.person_id = line.person_id
  WHERE state = 'approved'
  WINDOW earlier AS (
    PARTITION BY line.programme, coalesce(id_index, uuid_send(line.person_id)), month ORDER BY run_id)
) AS line WHERE paid_fen <> before_fen ORDER BY 1, 2, 3
""",
}

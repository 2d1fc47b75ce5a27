"""Properties of the county's money: paid once, booked once, placed once, and nothing left half-way."""

from collections.abc import Sequence

from tests.faults.checks.properties import Property

# How a transfer moves an account whose name begins so: up when it is credited.
_DUE = "CASE WHEN credit_account ^@ '{0}' THEN moved.amount_fen ELSE -moved.amount_fen END"
_SIGNED = (
    f"CASE WHEN credit_account ^@ 'provider_due:' OR debit_account ^@ 'provider_due:'"
    f" THEN {_DUE.format('provider_due:')} ELSE {_DUE.format('card_due:')} END"
)
_BALANCES = """
SELECT split_part(account, ':', 2) AS county, sum(amount_fen) AS fen FROM (
  SELECT debit_account AS account, amount_fen FROM transfers
  UNION ALL SELECT credit_account, -amount_fen FROM transfers
) AS side WHERE account ^@ '{0}:' GROUP BY 1
"""
_NOT_PAID = "'failed', 'bank_returned', 'retried', 'returned'"
_OF_ITEMS = """
SELECT split_part(reference, '/', 2) AS id,
  sum(amount_fen) FILTER (WHERE kind = 'payment') AS approved,
  sum(amount_fen) FILTER (WHERE kind = 'bank_paid') AS confirmed,
  sum(amount_fen) FILTER (WHERE reverses IS NOT NULL) AS back
FROM transfers WHERE reference ^@ 'payment_item/' GROUP BY 1
"""
_DECIDED = """
SELECT 'one_off/' || line.batch_id || '/' || line.line_no AS reference, line.amount_fen AS fen
FROM one_off_lines AS line JOIN one_off_batches AS batch ON batch.id = line.batch_id
WHERE batch.state = 'approved' AND line.refusal IS NULL
UNION ALL
SELECT 'subsidy/' || run_id || '/' || person_id, sum(due_fen - paid_fen)
FROM subsidy_lines JOIN subsidy_runs AS run ON run.id = run_id WHERE run.state = 'approved' GROUP BY 1
UNION ALL
SELECT 'sponsorship/' || id, sponsored_fen FROM sponsorship_batches WHERE state = 'approved'
UNION ALL
SELECT 'relapse_claim/' || id, payout_fen FROM relapse_claims WHERE state = 'paid'
UNION ALL
SELECT 'audit_finding/' || id, deducted_fen FROM audit_findings WHERE state IN ('deducted', 'given_back')
UNION ALL
SELECT 'fund_operation/' || operation.id, operation.amount_fen * CASE WHEN operation.kind = 'advance' THEN 2
  ELSE 1 END FROM fund_operations AS operation WHERE state IN ('approved', 'reversed')
"""
_KINDS = ("one_off", "subsidy", "sponsorship", "relapse_claim", "audit_finding", "fund_operation")
_BOOKED = f"""
SELECT reference, sum(amount_fen) AS fen FROM transfers
WHERE split_part(reference, '/', 1) IN ({", ".join(f"'{kind}'" for kind in _KINDS)}) GROUP BY 1
"""
# Tables with a state, and the states from which somebody has to go on.
_HALF_WAY = {
    "payment_batches": ("prepared", "approved", "exported", "partly_confirmed"),
    "payment_items": ("in_payment",),
    "payee_accounts": ("proposed",),
    "fund_operations": ("prepared",),
    "subsidy_runs": ("prepared",),
    "one_off_batches": ("prepared",),
    "sponsorship_batches": ("prepared",),
    "audit_findings": ("notified", "stated"),
    "relapse_claims": ("alert", "home_verification", "public_notice", "payable"),
    "admissions": ("open",),
}
_STATES = "\nUNION ALL\n".join(
    f"SELECT '{table}' AS what, state, count(*) AS n FROM {table} WHERE state = ANY('{{{','.join(states)}}}')"
    " GROUP BY state"
    for table, states in _HALF_WAY.items()
)

MONEY: Sequence[Property] = (
    Property(
        "a transfer is in one payment at most",
        "SELECT transfer_no FROM payment_item_transfers WHERE held GROUP BY transfer_no HAVING count(*) > 1",
    ),
    Property(
        "a payment comes to what the transfers in it come to",
        f"""
        SELECT item.id, item.state, item.gross_fen, held.fen
        FROM payment_items AS item JOIN payment_batches AS batch ON batch.id = item.batch_id
        LEFT JOIN (
          SELECT batch_id, payee, sum({_SIGNED}) AS fen
          FROM payment_item_transfers AS kept JOIN transfers AS moved ON no = transfer_no
          WHERE held GROUP BY batch_id, payee
        ) AS held ON (held.batch_id, held.payee) = (item.batch_id, item.payee)
        WHERE batch.kind <> 'advance' AND COALESCE(held.fen, 0) <>
          CASE WHEN item.state IN ('unpayable', 'carried_forward', 'cancelled') THEN 0 ELSE item.gross_fen END
        """,
    ),
    Property(
        "a payment is booked when it is approved, and confirmed or taken back, each once",
        f"""
        SELECT item.id, item.state, item.amount_fen, booked.*
        FROM payment_items AS item FULL JOIN ({_OF_ITEMS}) AS booked ON booked.id = item.id::text
        LEFT JOIN payment_returns AS sent_back ON sent_back.item_id = item.id
        WHERE item.id IS NULL
          OR COALESCE(approved, 0) <> CASE WHEN item.state IN
            ('in_payment', 'paid', {_NOT_PAID}) THEN item.amount_fen ELSE 0 END
          OR COALESCE(confirmed, 0) <> CASE WHEN item.state = 'paid' OR sent_back.item_id IS NOT NULL
            THEN item.amount_fen ELSE 0 END
          OR COALESCE(back, 0) <> CASE WHEN item.state IN ({_NOT_PAID}) THEN item.amount_fen ELSE 0 END
            + COALESCE(sent_back.amount_fen, 0)
        """,
    ),
    Property(
        "the special account holds what arrived, less what the upper level took back and the bank has paid",
        f"""
        SELECT county, booked.fen AS booked, moved.fen AS moved
        FROM ({_BALANCES.format("bank")}) AS booked FULL JOIN (
          SELECT county_code AS county, sum(fen) AS fen FROM (
            SELECT county_code, CASE kind WHEN 'clawback' THEN -amount_fen ELSE amount_fen END AS fen
            FROM fund_operations WHERE state = 'approved' AND kind IN ('receipt', 'advance', 'clawback')
            UNION ALL SELECT county_code, -amount_fen FROM payment_items WHERE state = 'paid'
          ) AS part GROUP BY county_code
        ) AS moved USING (county) WHERE COALESCE(booked.fen, 0) <> COALESCE(moved.fen, 0)
        """,
    ),
    Property(
        "no more is promised than the special account holds",
        f"""
        SELECT county, held.fen AS held, -promised.fen AS promised
        FROM ({_BALANCES.format("bank")}) AS held FULL JOIN ({_BALANCES.format("in_payment")}) AS promised
        USING (county) WHERE COALESCE(held.fen, 0) < COALESCE(-promised.fen, 0)
        """,
    ),
    Property(
        "what is decided is booked once, and nothing is booked that is not decided",
        f"""
        SELECT reference, decided.fen AS decided, booked.fen AS booked
        FROM ({_DECIDED}) AS decided FULL JOIN ({_BOOKED}) AS booked USING (reference)
        WHERE COALESCE(decided.fen, 0) <> COALESCE(booked.fen, 0)
        """,
    ),
    Property(
        "a settlement that is taken back has given everything back, once",
        """
        SELECT settlement.id, settlement.status, original.no, count(mirror.no) AS mirrors
        FROM current_settlements AS settlement
        JOIN transfers AS original ON original.settlement_id = settlement.id AND original.reverses IS NULL
        LEFT JOIN transfers AS mirror ON mirror.reverses = original.no
          AND (mirror.debit_account, mirror.credit_account, mirror.amount_fen)
            = (original.credit_account, original.debit_account, original.amount_fen)
        GROUP BY settlement.id, settlement.status, original.no
        HAVING count(mirror.no) <> (settlement.status = 'reversed')::int
        """,
    ),
    Property(
        "every movement of a fund is in its lineage once",
        """
        SELECT no, kind, count(step.transfer_no) AS steps FROM transfers
        LEFT JOIN (SELECT DISTINCT transfer_no, county_code, year, payer FROM earmark_steps) AS step
          ON step.transfer_no = no
        WHERE debit_account ^@ 'fund:' OR credit_account ^@ 'fund:'
        GROUP BY no, kind HAVING count(step.transfer_no) = 0
        UNION ALL
        SELECT transfer_no, kind, count(*) FROM earmark_steps
        GROUP BY transfer_no, kind, county_code, year, payer HAVING count(*) > 1
        """,
    ),
    Property(
        "a deposit is used as far as was placed on it, and no further than it goes",
        """
        SELECT deposit_no, amount_fen, used_fen, placed.fen FROM earmark_deposits
        FULL JOIN (
          SELECT deposit_no, sum(amount_fen) AS fen FROM earmark_allocations
          WHERE deposit_no IS NOT NULL GROUP BY deposit_no
        ) AS placed USING (deposit_no)
        WHERE COALESCE(used_fen, 0) <> COALESCE(placed.fen, 0) OR used_fen > amount_fen
        """,
    ),
    Property("nothing is left half-way", _STATES),
)

_LATER = ("every movement of a fund is in its lineage once", "nothing is left half-way")
AT_ANY_MOMENT = [each for each in MONEY if each.sentence not in _LATER]
"""What holds between any two commits, not only when everything has come to rest."""

"""What the offices asked for against what is there: everything that was answered, once, and nothing else."""

from collections.abc import Sequence
from typing import NamedTuple

from tests.faults.money import cashier, hospital, inspection, treasury, welfare


class Trace(NamedTuple):
    """Which rows of claims a kind of operation leaves behind, by name."""

    kind: str
    rows: str


TRACES: Sequence[Trace] = (
    Trace(cashier.ACCOUNT, "SELECT DISTINCT change_id::text FROM payee_accounts"),
    Trace(
        cashier.ACCOUNT_APPROVAL,
        "SELECT DISTINCT change_id::text FROM payee_accounts WHERE decided_by IS NOT NULL",
    ),
    Trace(cashier.BATCH, "SELECT id::text FROM payment_batches"),
    Trace(cashier.APPROVAL, "SELECT id::text FROM payment_batches WHERE approved_by IS NOT NULL"),
    Trace(cashier.CANCELLING, "SELECT id::text FROM payment_batches WHERE state = 'cancelled'"),
    Trace(cashier.EXPORT, "SELECT id::text FROM payment_batches WHERE exported_at IS NOT NULL"),
    Trace(cashier.RESULT, "SELECT batch_id || '/' || encode(digest, 'hex') FROM payment_results"),
    Trace(cashier.RETURN, "SELECT DISTINCT batch_id::text FROM payment_steps WHERE action = 'return'"),
    Trace(treasury.OPERATION, "SELECT id::text FROM fund_operations"),
    Trace(
        treasury.DECISION,
        "SELECT id || '/' || CASE state WHEN 'reversed' THEN 'approved' ELSE state END FROM fund_operations"
        " WHERE state <> 'prepared'",
    ),
    Trace(welfare.SUBSIDY, "SELECT id::text FROM subsidy_runs"),
    Trace(welfare.SUBSIDY_DECISION, "SELECT id || '/' || state FROM subsidy_runs WHERE state <> 'prepared'"),
    Trace(welfare.ONE_OFF, "SELECT id::text FROM one_off_batches"),
    Trace(
        welfare.ONE_OFF_DECISION, "SELECT id || '/' || state FROM one_off_batches WHERE state <> 'prepared'"
    ),
    Trace(welfare.SPONSORSHIP, "SELECT id::text FROM sponsorship_batches"),
    Trace(
        welfare.SPONSORSHIP_DECISION,
        "SELECT id || '/' || state FROM sponsorship_batches WHERE state <> 'prepared'",
    ),
    Trace(welfare.RELAPSE, "SELECT id::text FROM relapse_claims"),
    Trace(welfare.RELAPSE_APPROVAL, "SELECT id::text FROM relapse_claims WHERE approved_by IS NOT NULL"),
    Trace(welfare.RELAPSE_PAYMENT, "SELECT id::text FROM relapse_claims WHERE state = 'paid'"),
    Trace(inspection.RUN, "SELECT id::text FROM audit_runs"),
    Trace(
        inspection.DECISION,
        "SELECT id || '/' || CASE state WHEN 'given_back' THEN 'deducted' ELSE state END"
        " FROM audit_findings WHERE state IN ('dismissed', 'deducted', 'given_back')",
    ),
    Trace(inspection.CLOSE, "SELECT id::text FROM day_closes"),
)
NATIONAL = hospital.FACILITY
"""Settlements of this facility come by the national interface; its own books say which stand."""
STANDING = (
    f"SELECT id::text FROM current_settlements WHERE facility_code = '{NATIONAL}' AND status = 'settled'"
)

"""Payments that the bank returns after it had paid them, and money that a county's special account holds.

Revision ID: 0017
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0017"
down_revision = "0016"

_RETURNS = """
CREATE TABLE payment_returns (
  item_id uuid CONSTRAINT pk_payment_returns PRIMARY KEY,
  batch_id uuid NOT NULL,
  county_code text NOT NULL,
  amount_fen bigint NOT NULL,
  returned_on date NOT NULL,
  reason text NOT NULL,
  booked_at timestamptz NOT NULL,
  booked_by text NOT NULL,
  CONSTRAINT ck_payment_returns_amount CHECK (amount_fen > 0)
);

CREATE INDEX ix_payment_returns_batch_id ON payment_returns (batch_id);

ALTER TABLE payment_items
  DROP CONSTRAINT ck_payment_items_state,
  DROP CONSTRAINT ck_payment_items_payable,
  DROP CONSTRAINT ck_payment_items_failed;

ALTER TABLE payment_items
  ADD CONSTRAINT ck_payment_items_state CHECK (
    state IN ('payable', 'unpayable', 'carried_forward', 'offset', 'cancelled', 'in_payment', 'paid',
              'failed', 'bank_returned', 'retried', 'returned')),
  ADD CONSTRAINT ck_payment_items_payable CHECK (
    state NOT IN ('payable', 'in_payment', 'paid', 'failed', 'bank_returned', 'retried', 'returned')
    OR amount_fen > 0 AND account_id IS NOT NULL),
  ADD CONSTRAINT ck_payment_items_failed CHECK (
    state NOT IN ('failed', 'bank_returned', 'retried', 'returned')
    OR failure IS NOT NULL AND decided_on IS NOT NULL);

ALTER TABLE payment_results
  ADD COLUMN returned integer NOT NULL DEFAULT 0,
  ADD COLUMN returned_fen bigint NOT NULL DEFAULT 0
"""
_SPECIAL_ACCOUNT = """
CREATE INDEX ix_transfers_bank_debit ON transfers (debit_account)
  WHERE debit_account ^@ 'bank:' OR debit_account ^@ 'in_payment:';

CREATE INDEX ix_transfers_bank_credit ON transfers (credit_account)
  WHERE credit_account ^@ 'bank:' OR credit_account ^@ 'in_payment:'
"""


def upgrade() -> None:
    """Create the tables, who may do what with them, and who sees which rows."""
    for part in (_RETURNS, _SPECIAL_ACCOUNT):
        for statement in part.split(";\n\n"):
            op.execute(statement)
    grant("payment_returns", "claims", api="SELECT, INSERT", worker="SELECT")
    protect("payment_returns", "claims", column="county_code")
    append_only("payment_returns")

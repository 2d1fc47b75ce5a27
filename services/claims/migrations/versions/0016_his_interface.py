"""Refund lines of open visits; reconciliations that came as messages.

A refund is an uploaded line of negative quantity that takes back what was charged before; it may name its
line. Rows of before are charges and stay as they are.

A run of 3201 or 3202 is kept like any other reconciliation, with the message that asked for it.

Revision ID: 0016
"""

from alembic import op

revision = "0016"
down_revision = "0015"

_REFUNDS = """
ALTER TABLE uploaded_charges ADD COLUMN refund_of text;

ALTER TABLE uploaded_charges DROP CONSTRAINT ck_uploaded_charges_amount;

ALTER TABLE uploaded_charges ADD CONSTRAINT ck_uploaded_charges_amount CHECK (
  CASE WHEN quantity_milli < 0 THEN amount_fen <= 0 ELSE amount_fen >= 0 AND refund_of IS NULL END)
  NOT VALID;

ALTER TABLE uploaded_charges VALIDATE CONSTRAINT ck_uploaded_charges_amount
"""
_RECONCILIATIONS = """
ALTER TABLE reconciliations ADD COLUMN scheme text;

ALTER TABLE reconciliations ADD COLUMN msgid text;

CREATE UNIQUE INDEX uq_reconciliations_msgid ON reconciliations (msgid) WHERE msgid IS NOT NULL
"""


def upgrade() -> None:
    """Let lines take back what was charged before, and runs say which message asked."""
    for script in (_REFUNDS, _RECONCILIATIONS):
        for statement in script.split(";\n\n"):
            op.execute(statement)

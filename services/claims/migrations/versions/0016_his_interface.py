"""Refund lines of open visits; reconciliations that came as messages; messages whose time is over.

A refund is an uploaded line of negative quantity that takes back what was charged before; it may name its
line. Rows of before are charges and stay as they are.

A run of 3201 or 3202 is kept like any other reconciliation, with the message that asked for it.

The worker lets go of old messages: of one that settled the number stays, without reply and digest, because
queries name it; any other is deleted.

Revision ID: 0016
"""

from alembic import op

from shared.migrations import grant

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
_MESSAGES = """
ALTER TABLE nhsa_messages DROP CONSTRAINT ck_nhsa_messages_reply;

ALTER TABLE nhsa_messages ADD CONSTRAINT ck_nhsa_messages_reply CHECK (
  CASE WHEN outcome = 'never' THEN num_nonnulls(content_digest, reply) = 0
    WHEN settlement_id IS NOT NULL THEN num_nonnulls(content_digest, reply) IN (0, 2)
    ELSE num_nonnulls(content_digest, reply) = 2 END) NOT VALID;

ALTER TABLE nhsa_messages VALIDATE CONSTRAINT ck_nhsa_messages_reply;

CREATE INDEX ix_nhsa_messages_received_at ON nhsa_messages (received_at)
  WHERE reply IS NOT NULL OR outcome = 'never'
"""


def upgrade() -> None:
    """Add what the three need, and let the worker prune."""
    for script in (_REFUNDS, _RECONCILIATIONS, _MESSAGES):
        for statement in script.split(";\n\n"):
            op.execute(statement)
    grant("nhsa_messages", "claims", worker="UPDATE (reply, content_digest), DELETE")
    grant("nhsa_sign_ins", "claims", worker="DELETE")

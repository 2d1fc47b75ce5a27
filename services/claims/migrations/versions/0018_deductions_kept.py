"""What of a deduction goes back when bills behind it are taken back or worked out anew.

``deducted_fen`` stays what was decided; ``given_back_fen`` is what of it no bill is left for. A provider's
month has an index, because every correction of a bill looks for deductions from it.

Revision ID: 0018
"""

from alembic import op

revision = "0018"
down_revision = "0017"

_STATEMENTS = (
    "ALTER TABLE audit_findings ADD COLUMN given_back_fen bigint NOT NULL DEFAULT 0",
    # Whoever migrates is no caller with a jurisdiction, but the owner.
    "ALTER TABLE audit_findings NO FORCE ROW LEVEL SECURITY",
    "UPDATE audit_findings SET given_back_fen = deducted_fen WHERE state = 'given_back'",
    "ALTER TABLE audit_findings FORCE ROW LEVEL SECURITY",
    "ALTER TABLE audit_findings ADD CONSTRAINT ck_audit_findings_given_back CHECK ("
    " given_back_fen = 0 OR (given_back_fen > 0 AND deducted_fen IS NOT NULL"
    " AND given_back_fen <= deducted_fen AND (state = 'given_back') = (given_back_fen = deducted_fen)))",
    "CREATE INDEX ix_audit_findings_facility_code_month ON audit_findings (facility_code, month)",
    "GRANT UPDATE (given_back_fen) ON audit_findings TO claims_api",
)


def upgrade() -> None:
    """Add the column, who may write it, and the index."""
    for statement in _STATEMENTS:
        op.execute(statement)

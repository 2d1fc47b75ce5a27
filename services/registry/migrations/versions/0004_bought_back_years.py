"""Years without insurance that were paid for afterwards (补缴), kept with the enrolment that they precede.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the number of years; what is recorded so far says that none were bought back."""
    op.execute(
        "ALTER TABLE enrolments ADD COLUMN bought_back_years smallint NOT NULL DEFAULT 0"
        " CONSTRAINT ck_enrolments_bought_back_years CHECK (bought_back_years BETWEEN 0 AND 50)"
    )

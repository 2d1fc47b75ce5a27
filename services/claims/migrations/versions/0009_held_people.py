"""Who settles holds the patients' rows, so that facts about them do not change until the settlement stands.

PostgreSQL lets only a role lock rows that may change something in them: the one column here says when the
newest event about a person came, and nothing is decided by it but which of two people with one number counts.

Revision ID: 0009
"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Let the API hold people."""
    op.execute("GRANT UPDATE (recorded_at) ON insured_persons TO claims_api")

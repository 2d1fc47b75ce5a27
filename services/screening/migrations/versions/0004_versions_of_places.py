"""The list of a township's places has a version, so that nobody replaces what he has not read.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Lists that exist begin with version 1."""
    op.execute("ALTER TABLE places ADD COLUMN version bigint NOT NULL DEFAULT 1")
    op.execute("ALTER TABLE places ALTER COLUMN version DROP DEFAULT")
    op.execute("ALTER TABLE places ADD CONSTRAINT ck_places_version CHECK (version > 0)")

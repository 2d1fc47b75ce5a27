"""People as the registry announces them, and the places where a township's people are examined.

Revision ID: 0002
"""

from alembic import op

from shared.migrations import grant, protect

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Create participants (written by the worker) and places (written by the API)."""
    op.execute("""
    CREATE TABLE participants (
      person_id uuid CONSTRAINT pk_participants PRIMARY KEY,
      household_id uuid NOT NULL,
      division_code varchar(12) NOT NULL,
      id_index bytea NOT NULL,
      birth_date date NOT NULL,
      sex text NOT NULL,
      alive boolean NOT NULL,
      enrolments jsonb NOT NULL,
      version bigint NOT NULL
    )""")
    op.execute("CREATE INDEX ix_participants_id_index ON participants (id_index)")
    op.execute("CREATE INDEX ix_participants_division_code ON participants (division_code, person_id)")
    op.execute("""
    CREATE TABLE places (
      programme text NOT NULL,
      division_code varchar(9) NOT NULL,
      facility_code text NOT NULL,
      kind text NOT NULL CONSTRAINT ck_places_kind CHECK (kind IN ('own', 'nearby', 'paired')),
      recorded_at timestamptz NOT NULL,
      recorded_by text NOT NULL,
      CONSTRAINT pk_places PRIMARY KEY (programme, division_code, facility_code)
    )""")
    for table in ("participants", "places"):
        protect(table, "screening")
    grant("participants", "screening", api="SELECT", worker="SELECT, INSERT, UPDATE")
    grant("places", "screening", api="SELECT, INSERT, DELETE", worker="SELECT")

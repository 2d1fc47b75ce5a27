"""Less work for each settlement: what is sent once instead of twice, and texts that stay texts.

``open_and_lock`` opens accumulators that are missing and locks all, in one round trip, and gives what they
hold in the order in which they were asked for; those that the caller does not see are left out. In a
volatile function each statement sees what was committed before it began: the lock sees what its earlier
holders left. In a stable one it would not.

Short explanations and payloads of events are never searched: as ``jsonb`` each was taken apart when written
and put together when read, and an explanation took nearly twice the room.

Revision ID: 0021
"""

from alembic import op

from shared.migrations import grant, lighter_event_log_v2

revision = "0021"
down_revision = "0020"

# Nearly all are there: looking first costs less than trying to insert. Two may still open one at once.
_OPEN_AND_LOCK = """
CREATE FUNCTION open_and_lock(wanted new_accumulator[]) RETURNS bigint[] LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  INSERT INTO accumulators (person_id, year, kind, division_code, used_fen)
  SELECT person_id, year, kind, division_code, 0 FROM unnest(wanted) AS key
  WHERE NOT EXISTS (
    SELECT FROM accumulators AS stored
    WHERE (stored.person_id, stored.year, stored.kind) = (key.person_id, key.year, key.kind)
  )
  ORDER BY person_id, year, kind
  ON CONFLICT (person_id, year, kind) DO NOTHING;
  RETURN (
    SELECT array_agg(locked.used_fen ORDER BY locked.place) FROM (
      SELECT key.place, stored.used_fen
      FROM unnest(wanted) WITH ORDINALITY AS key (person_id, year, kind, division_code, place)
      JOIN accumulators AS stored USING (person_id, year, kind)
      ORDER BY stored.person_id, stored.year, stored.kind FOR UPDATE OF stored
    ) AS locked
  );
END $$
"""
# The type of a column that a view shows cannot be changed: the view goes and comes back as it was.
_STEPS_AS_JSON = """
DO $$ DECLARE shown text := pg_get_viewdef('current_settlements'::regclass); BEGIN
  DROP VIEW current_settlements;
  ALTER TABLE settlements ALTER COLUMN steps TYPE json USING steps::text::json;
  ALTER TABLE settlement_revisions ALTER COLUMN steps TYPE json USING steps::text::json;
  EXECUTE 'CREATE VIEW current_settlements WITH (security_invoker = true) AS ' || shown;
END $$
"""


def upgrade() -> None:
    """The function and the columns. The type ``used_amount`` stays for processes of the version before."""
    # All at once: one lock after the other would wait for a settlement that waits for it.
    op.execute("LOCK TABLE settlements, settlement_revisions, event_log IN ACCESS EXCLUSIVE MODE")
    op.execute(_OPEN_AND_LOCK)
    op.execute(_STEPS_AS_JSON)
    grant("current_settlements", "claims", api="SELECT", worker="SELECT")
    lighter_event_log_v2()

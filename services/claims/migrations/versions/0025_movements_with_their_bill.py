"""What a settlement moves of accumulators is stored in its row.

It never changes and is read with its settlement. As rows of a table of their own, some four for each, with
two entries of indexes for many of them, movements were a fifth of what PostgreSQL did to write a settlement.
``settlements.moved`` holds fen by holder and kind; the year is the settlement's.

``accumulator_movement_rows`` keeps what reversals and adjustments move, and what a settlement moved where a
process of the version before stored it. The view ``accumulator_movements`` shows all of it as the table of
that name did, and takes what those processes store. They go on working; only their lists of the settlements
behind a burden take long, because they look for them by holder.

``settled_bill``, ``new_movement`` and the function of the view may go with the next version.

Revision ID: 0025
"""

from alembic import op

from shared.migrations import grant

revision = "0025"
down_revision = "0024"

# No movement is of nothing, as the constraint of the rows says.
_COLUMN = """
ALTER TABLE settlements ADD COLUMN moved json
  CONSTRAINT ck_settlements_moved CHECK (moved::text !~ ': ?0[,}]');

ALTER TABLE settlements ALTER COLUMN moved SET STATISTICS 0;

CREATE TYPE posted_bill AS (
  id uuid, facility_code text, visit_no text, division_code text, person_id uuid, household_id uuid,
  id_number_masked text, visit_type text, admitted_on date, discharged_on date, year smallint,
  referral_no text, chronic_code text, diagnoses text[], place text, referral text, provider_level smallint,
  categories text[], policy_pack text, policy_version text, settled_at timestamptz, settled_by text,
  total_fen bigint, non_covered_fen bigint, over_limit_fen bigint, upfront_copay_fen bigint,
  eligible_fen bigint, person_pays_fen bigint, personal_share_bp integer, ceiling_bp integer,
  ceiling_base_fen bigint, steps text, referral_reason text, designated_for text[], chronic_reason text,
  charges text, medicine_fen bigint, herbal_medicine_fen bigint, moved text)
"""
_FILLED_FROM = ("settlements", "accumulator_movements")
# What is not of the settlement's year, of which there is nothing, or of no settlement stays a row.
_FILL = """
ALTER TABLE settlements DISABLE TRIGGER append_only;

UPDATE settlements SET moved = bill.moved
FROM (
  SELECT settlement_id, year, jsonb_object_agg(person_id, kinds)::text::json AS moved FROM (
    SELECT settlement_id, year, person_id, jsonb_object_agg(kind, amount_fen) AS kinds
    FROM accumulator_movements WHERE revision = 0 GROUP BY settlement_id, year, person_id
  ) AS of_holder
  GROUP BY settlement_id, year
) AS bill
WHERE (settlements.id, settlements.year) = (bill.settlement_id, bill.year);

ALTER TABLE settlements ENABLE TRIGGER append_only;

CREATE TEMPORARY TABLE movements_left ON COMMIT DROP AS
SELECT * FROM accumulator_movements AS movement
WHERE revision > 0 OR NOT EXISTS (
  SELECT FROM settlements WHERE (id, year) = (movement.settlement_id, movement.year));

ALTER TABLE accumulator_movements DISABLE TRIGGER no_truncate;

TRUNCATE accumulator_movements;

ALTER TABLE accumulator_movements ENABLE TRIGGER no_truncate;

DROP INDEX ix_accumulator_movements_burden;

INSERT INTO accumulator_movements SELECT * FROM movements_left
"""
# Settlements behind a burden are found by person, for which there is an index, or by household.
_ROWS_OF_BEFORE = """
CREATE INDEX ix_settlements_household_id_year ON settlements (household_id, year);

ALTER TABLE accumulator_movements RENAME TO accumulator_movement_rows;

ALTER INDEX pk_accumulator_movements RENAME TO pk_accumulator_movement_rows;

ALTER TABLE accumulator_movement_rows
RENAME CONSTRAINT ck_accumulator_movements_amount TO ck_accumulator_movement_rows_amount
"""
_VIEW = """
CREATE VIEW accumulator_movements WITH (security_invoker = true) AS
SELECT settlement.id AS settlement_id, kind, holder::uuid AS person_id, settlement.year,
  fen::bigint AS amount_fen, 0::smallint AS revision
FROM settlements AS settlement
CROSS JOIN LATERAL json_each(moved) AS of_holder (holder, kinds)
CROSS JOIN LATERAL json_each_text(kinds) AS movement (kind, fen)
UNION ALL
SELECT settlement_id, kind, person_id, year, amount_fen, revision FROM accumulator_movement_rows;

ALTER VIEW accumulator_movements ALTER COLUMN revision SET DEFAULT 0;

CREATE FUNCTION keep_movement_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO accumulator_movement_rows (settlement_id, kind, person_id, year, amount_fen, revision)
  SELECT NEW.*;
  RETURN NEW;
END $$;

CREATE TRIGGER keep_row INSTEAD OF INSERT ON accumulator_movements
FOR EACH ROW EXECUTE FUNCTION keep_movement_row()
"""


def upgrade() -> None:
    """The column with what is stored, the rows that stay rows, and the view of both."""
    # All at once: one lock after the other would wait for a settlement that waits for it.
    op.execute("LOCK TABLE settlements, accumulator_movements IN ACCESS EXCLUSIVE MODE")
    for statement in _COLUMN.split(";\n\n"):
        op.execute(statement)
    for table in _FILLED_FROM:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in _FILL.split(";\n\n"):
        op.execute(statement)
    for table in _FILLED_FROM:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for part in (_ROWS_OF_BEFORE, _VIEW):
        for statement in part.split(";\n\n"):
            op.execute(statement)
    grant("accumulator_movements", "claims", api="SELECT, INSERT", worker="SELECT")

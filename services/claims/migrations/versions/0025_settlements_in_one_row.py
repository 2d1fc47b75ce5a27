"""What a settlement moves of accumulators, and what which payer pays of it, are stored in its row.

Neither ever changes, and both are read with their settlement. As rows of tables of their own, more than five
for each settlement, with their entries of indexes, they were more than a quarter of what PostgreSQL did to
write one. ``settlements.moved`` holds fen by holder and kind of accumulator, of the settlement's year;
``payers`` and ``payer_fen`` are what they are in ``settlement_revisions``.

``accumulator_movement_rows`` keeps what reversals and adjustments move. It and ``settlement_payer_rows`` also
hold what processes of the version before store; a settlement whose ``moved`` and ``payers`` are null has its
own there. The views ``accumulator_movements`` and ``settlement_payers`` show everything as the tables of
those names did, and take what those processes store. They go on working; only their lists of the settlements
behind a burden take long, because they look for movements by holder.

``settled_bill``, ``new_movement``, ``new_payer`` and the functions of the views may go with the next version.

Revision ID: 0025
"""

from importlib import import_module

from alembic import op

from shared.migrations import grant

revision = "0025"
down_revision = "0024"

# What the constraints of the rows say: no movement is of nothing, every payer is named and pays something.
_COLUMNS = """
ALTER TABLE settlements ADD COLUMN moved json, ADD COLUMN payers text[], ADD COLUMN payer_fen bigint[],
  ADD CONSTRAINT ck_settlements_moved CHECK (moved::text !~ ': ?0[,}]'),
  ADD CONSTRAINT ck_settlements_payers CHECK (
    (payers IS NULL) = (payer_fen IS NULL) AND cardinality(payers) = cardinality(payer_fen)
    AND 0 < ALL (payer_fen)
    AND array_position(payers, NULL) IS NULL AND array_position(payer_fen, NULL) IS NULL);

ALTER TABLE settlements ALTER COLUMN moved SET STATISTICS 0, ALTER COLUMN payers SET STATISTICS 0,
  ALTER COLUMN payer_fen SET STATISTICS 0;

CREATE TYPE posted_bill AS (
  id uuid, facility_code text, visit_no text, division_code text, person_id uuid, household_id uuid,
  id_number_masked text, visit_type text, admitted_on date, discharged_on date, year smallint,
  referral_no text, chronic_code text, diagnoses text[], place text, referral text, provider_level smallint,
  categories text[], policy_pack text, policy_version text, settled_at timestamptz, settled_by text,
  total_fen bigint, non_covered_fen bigint, over_limit_fen bigint, upfront_copay_fen bigint,
  eligible_fen bigint, person_pays_fen bigint, personal_share_bp integer, ceiling_bp integer,
  ceiling_base_fen bigint, steps text, referral_reason text, designated_for text[], chronic_reason text,
  charges text, medicine_fen bigint, herbal_medicine_fen bigint, moved text, payers text[],
  payer_fen bigint[])
"""
_FILLED_FROM = ("settlements", "accumulator_movements", "settlement_payers")
_FILL = """
ALTER TABLE settlements DISABLE TRIGGER append_only;

UPDATE settlements SET moved = COALESCE(movement.moved, '{}'), payers = COALESCE(paid.payers, '{}'),
  payer_fen = COALESCE(paid.payer_fen, '{}')
FROM settlements AS bill LEFT JOIN (
  SELECT settlement_id, year, jsonb_object_agg(person_id, kinds)::text::json AS moved FROM (
    SELECT settlement_id, year, person_id, jsonb_object_agg(kind, amount_fen) AS kinds
    FROM accumulator_movements WHERE revision = 0 GROUP BY settlement_id, year, person_id
  ) AS of_holder
  GROUP BY settlement_id, year
) AS movement ON (movement.settlement_id, movement.year) = (bill.id, bill.year)
LEFT JOIN (
  SELECT settlement_id, array_agg(payer ORDER BY line_no) AS payers,
    array_agg(amount_fen ORDER BY line_no) AS payer_fen
  FROM settlement_payers GROUP BY settlement_id
) AS paid ON paid.settlement_id = bill.id
WHERE settlements.id = bill.id;

ALTER TABLE settlements ENABLE TRIGGER append_only
"""
# A movement that is not of its settlement's year, and whatever has no settlement, stays what it is.
_KEEP = """
CREATE TEMPORARY TABLE movements_kept ON COMMIT DROP AS
SELECT * FROM accumulator_movements AS movement
WHERE revision > 0 OR NOT EXISTS (
  SELECT FROM settlements WHERE (id, year) = (movement.settlement_id, movement.year));

CREATE TEMPORARY TABLE payers_kept ON COMMIT DROP AS
SELECT * FROM settlement_payers AS paid
WHERE NOT EXISTS (SELECT FROM settlements WHERE id = paid.settlement_id);

ALTER TABLE accumulator_movements DISABLE TRIGGER no_truncate;

ALTER TABLE settlement_payers DISABLE TRIGGER no_truncate;

TRUNCATE accumulator_movements, settlement_payers;

ALTER TABLE accumulator_movements ENABLE TRIGGER no_truncate;

ALTER TABLE settlement_payers ENABLE TRIGGER no_truncate;

INSERT INTO accumulator_movements SELECT * FROM movements_kept;

INSERT INTO settlement_payers SELECT * FROM payers_kept
"""
# Settlements behind a burden are found by person, for which there is an index, or by household.
_ROWS = """
DROP INDEX ix_accumulator_movements_burden;

CREATE INDEX ix_settlements_household_id_year ON settlements (household_id, year);

ALTER TABLE accumulator_movements RENAME TO accumulator_movement_rows;

ALTER INDEX pk_accumulator_movements RENAME TO pk_accumulator_movement_rows;

ALTER TABLE accumulator_movement_rows
RENAME CONSTRAINT ck_accumulator_movements_amount TO ck_accumulator_movement_rows_amount;

ALTER TABLE settlement_payers RENAME TO settlement_payer_rows;

ALTER INDEX pk_settlement_payers RENAME TO pk_settlement_payer_rows;

ALTER TABLE settlement_payer_rows
RENAME CONSTRAINT ck_settlement_payers_amount TO ck_settlement_payer_rows_amount
"""
_VIEWS = """
CREATE VIEW accumulator_movements WITH (security_invoker = true) AS
SELECT settlement.id AS settlement_id, kind, holder::uuid AS person_id, settlement.year,
  fen::bigint AS amount_fen, 0::smallint AS revision
FROM settlements AS settlement
CROSS JOIN LATERAL json_each(moved) AS of_holder (holder, kinds)
CROSS JOIN LATERAL json_each_text(kinds) AS movement (kind, fen)
UNION ALL
SELECT settlement_id, kind, person_id, year, amount_fen, revision FROM accumulator_movement_rows;

ALTER VIEW accumulator_movements ALTER COLUMN revision SET DEFAULT 0;

CREATE VIEW settlement_payers WITH (security_invoker = true) AS
SELECT settlement.id AS settlement_id, no::smallint AS line_no, payer, amount_fen
FROM settlements AS settlement
CROSS JOIN LATERAL unnest(payers, payer_fen) WITH ORDINALITY AS paid (payer, amount_fen, no)
UNION ALL
SELECT settlement_id, line_no, payer, amount_fen FROM settlement_payer_rows
"""
_FOR_THE_VERSION_BEFORE = """
CREATE FUNCTION keep_movement_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO accumulator_movement_rows (settlement_id, kind, person_id, year, amount_fen, revision)
  SELECT NEW.*;
  RETURN NEW;
END $$;

CREATE TRIGGER keep_row INSTEAD OF INSERT ON accumulator_movements
FOR EACH ROW EXECUTE FUNCTION keep_movement_row();

CREATE FUNCTION keep_payer_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO settlement_payer_rows (settlement_id, line_no, payer, amount_fen) SELECT NEW.*;
  RETURN NEW;
END $$;

CREATE TRIGGER keep_row INSTEAD OF INSERT ON settlement_payers
FOR EACH ROW EXECUTE FUNCTION keep_payer_row()
"""
# Whoever reads current settlements finds their payers there, and reports take payers from the settlement;
# everything else in these views comes back as it was.
_coverage = import_module("services.claims.migrations.versions.0007_coverage")
_reports = import_module("services.claims.migrations.versions.0015_reports")
_charges = import_module("services.claims.migrations.versions.0023_charges_with_their_bill")
_SENT = """
ARRAY(SELECT {column} FROM settlement_payer_rows AS sent WHERE sent.settlement_id = settlement.id
      ORDER BY line_no)
"""
_OF_SETTLEMENTS = "\nFROM settlements AS settlement"
_CURRENT_SETTLEMENTS = _coverage._CURRENT_SETTLEMENTS.replace(
    _OF_SETTLEMENTS,
    f""",
  COALESCE(last.payers, settlement.payers, {_SENT.format(column="payer")}) AS payers,
  COALESCE(last.payer_fen, settlement.payer_fen, {_SENT.format(column="amount_fen")}) AS payer_fen
{_OF_SETTLEMENTS}""",
)
_SHARES = """
CROSS JOIN LATERAL (
  SELECT payer, sum(amount_fen)::bigint AS paid_fen FROM (
    SELECT payer, amount_fen
    FROM unnest(settlement.payers, settlement.payer_fen) AS part (payer, amount_fen)
    UNION ALL
    SELECT payer, amount_fen FROM settlement_payer_rows AS sent
    WHERE settlement.payers IS NULL AND sent.settlement_id = settlement.id
  ) AS line GROUP BY payer
) AS share
"""
_ENTRIES = _charges._ENTRIES.replace(_reports._LINES.strip(), _SHARES.strip())
_READING_THE_VIEWS = f"""
DO $do$ DECLARE
  shown_sums text := pg_get_viewdef('current_report_sums'::regclass);
  shown_payers text := pg_get_viewdef('current_payers'::regclass);
BEGIN
  DROP VIEW current_report_sums, report_entries, current_payers;
  {_ROWS};
  {_VIEWS};
  {_CURRENT_SETTLEMENTS};
  EXECUTE 'CREATE VIEW current_payers WITH (security_invoker = true) AS ' || shown_payers;
  CREATE VIEW report_entries WITH (security_invoker = true) AS {_ENTRIES};
  EXECUTE 'CREATE VIEW current_report_sums WITH (security_invoker = true) AS ' || shown_sums;
END $do$
"""


def upgrade() -> None:
    """The columns with what is stored, the rows that stay rows, and the views of both."""
    # All at once: one lock after the other would wait for a settlement that waits for it.
    op.execute(
        "LOCK TABLE current_report_sums, report_entries, current_payers, current_settlements, settlements,"
        " settlement_payers, accumulator_movements IN ACCESS EXCLUSIVE MODE"
    )
    for statement in _COLUMNS.split(";\n\n"):
        op.execute(statement)
    for table in _FILLED_FROM:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for part in (_FILL, _KEEP):
        for statement in part.split(";\n\n"):
            op.execute(statement)
    for table in _FILLED_FROM:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(_READING_THE_VIEWS)
    for statement in _FOR_THE_VERSION_BEFORE.split(";\n\n"):
        op.execute(statement)
    for view in ("accumulator_movements", "settlement_payers"):
        grant(view, "claims", api="SELECT, INSERT", worker="SELECT")
    for view in ("current_payers", "report_entries", "current_report_sums"):
        grant(view, "claims", api="SELECT", worker="SELECT")

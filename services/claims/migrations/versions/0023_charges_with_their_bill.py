"""The lines of a bill are stored in the row of its settlement.

They never change and are read with their bill. As rows of a table of their own they were a fifth of
what PostgreSQL did to write a settlement: seven rows, each with an entry of an index, for one text. What of
them is for drugs is stored beside them, so that reports need not take every bill apart.

The view ``bills`` shows the lines as they are stored, the view ``settlement_charges`` as the table of that
name did. Processes of the version before store rows still, through that view, in ``settlement_charge_rows``;
a settlement whose ``charges`` are null has its lines there. A later migration may move them and drop the
table.

Revision ID: 0023
"""

from importlib import import_module

from alembic import op

from shared.migrations import append_only, grant

revision = "0023"
down_revision = "0022"

# The order of the parts of a line is that of ``Charge``, and so of what the service writes.
_LINE_AS_JSON = (
    "json_build_array(item_code, name, category, item_class, self_pay_rate_bp, quantity_milli,"
    " unit_price_e4, amount_fen, price_limit_e4)"
)
_COLUMN = """
ALTER TABLE settlements ADD COLUMN charges json, ADD COLUMN medicine_fen bigint,
  ADD COLUMN herbal_medicine_fen bigint;

ALTER TABLE settlements ALTER COLUMN charges SET STATISTICS 0,
  ALTER COLUMN medicine_fen SET STATISTICS 20, ALTER COLUMN herbal_medicine_fen SET STATISTICS 20;

CREATE TYPE settled_bill AS (
  id uuid, facility_code text, visit_no text, division_code text, person_id uuid, household_id uuid,
  id_number_masked text, visit_type text, admitted_on date, discharged_on date, year smallint,
  referral_no text, chronic_code text, diagnoses text[], place text, referral text, provider_level smallint,
  categories text[], policy_pack text, policy_version text, settled_at timestamptz, settled_by text,
  total_fen bigint, non_covered_fen bigint, over_limit_fen bigint, upfront_copay_fen bigint,
  eligible_fen bigint, person_pays_fen bigint, personal_share_bp integer, ceiling_bp integer,
  ceiling_base_fen bigint, steps text, referral_reason text, designated_for text[], chronic_reason text,
  charges text, medicine_fen bigint, herbal_medicine_fen bigint)
"""
_IS_MEDICINE = "category IN ('western_medicine', 'chinese_patent_medicine', 'herbal')"
_FILL = f"""
UPDATE settlements SET charges = bill.charges, medicine_fen = COALESCE(bill.medicine_fen, 0),
  herbal_medicine_fen = COALESCE(bill.herbal_medicine_fen, 0)
FROM (
  SELECT settlement_id, json_agg({_LINE_AS_JSON} ORDER BY line_no) AS charges,
    sum(amount_fen) FILTER (WHERE {_IS_MEDICINE}) AS medicine_fen,
    sum(amount_fen) FILTER (WHERE category = 'herbal') AS herbal_medicine_fen
  FROM settlement_charges GROUP BY settlement_id
) AS bill
WHERE id = bill.settlement_id
"""
_ROWS_OF_BEFORE = """
ALTER TABLE settlement_charges DISABLE TRIGGER no_truncate;

TRUNCATE settlement_charges;

ALTER TABLE settlement_charges ENABLE TRIGGER no_truncate;

ALTER TABLE settlement_charges RENAME TO settlement_charge_rows;

ALTER INDEX pk_settlement_charges RENAME TO pk_settlement_charge_rows;

ALTER TABLE settlement_charge_rows
RENAME CONSTRAINT ck_settlement_charges_amount TO ck_settlement_charge_rows_amount
"""
# One scan of settlements, by key where a key is given; rows of before are looked at only for their own bill.
_VIEWS = f"""
CREATE VIEW bills WITH (security_invoker = true) AS
SELECT settlement.id AS settlement_id, COALESCE(settlement.charges, (
  SELECT json_agg({_LINE_AS_JSON} ORDER BY line_no) FROM settlement_charge_rows AS sent
  WHERE sent.settlement_id = settlement.id
), '[]') AS charges
FROM settlements AS settlement;

CREATE VIEW settlement_charges WITH (security_invoker = true) AS
SELECT settlement_id, place::smallint AS line_no, line->>0 AS item_code,
  line->>1 AS name, line->>2 AS category, line->>3 AS item_class, (line->>4)::integer AS self_pay_rate_bp,
  (line->>5)::bigint AS quantity_milli, (line->>6)::bigint AS unit_price_e4,
  (line->>8)::bigint AS price_limit_e4, (line->>7)::bigint AS amount_fen
FROM bills CROSS JOIN LATERAL json_array_elements(charges) WITH ORDINALITY AS element (line, place);

CREATE FUNCTION keep_charge_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO settlement_charge_rows (settlement_id, line_no, item_code, name, category, item_class,
                                      self_pay_rate_bp, quantity_milli, unit_price_e4, price_limit_e4,
                                      amount_fen)
  SELECT NEW.*;
  RETURN NEW;
END $$;

CREATE TRIGGER keep_row INSTEAD OF INSERT ON settlement_charges
FOR EACH ROW EXECUTE FUNCTION keep_charge_row()
"""
# The reports take what drugs cost from the bill; everything else in their views comes back as it was.
_reports = import_module("services.claims.migrations.versions.0015_reports")
_DRUGS = f"""
CROSS JOIN LATERAL (
  SELECT COALESCE(settlement.medicine_fen, (
           SELECT sum(amount_fen)::bigint FROM settlement_charges AS charge
           WHERE charge.settlement_id = settlement.id AND {_IS_MEDICINE}), 0) AS drug_fen,
         COALESCE(settlement.herbal_medicine_fen, (
           SELECT sum(amount_fen)::bigint FROM settlement_charges AS charge
           WHERE charge.settlement_id = settlement.id AND category = 'herbal'), 0) AS herbal_fen
) AS drugs
"""
_ENTRIES = _reports.ENTRIES.replace(_reports._DRUGS.strip(), _DRUGS.strip())
_READING_THE_VIEWS = f"""
DO $do$ DECLARE sums text := pg_get_viewdef('current_report_sums'::regclass); BEGIN
  DROP VIEW current_report_sums, report_entries;
  {_ROWS_OF_BEFORE};
  {_VIEWS};
  CREATE VIEW report_entries WITH (security_invoker = true) AS {_ENTRIES};
  EXECUTE 'CREATE VIEW current_report_sums WITH (security_invoker = true) AS ' || sums;
END $do$
"""
_FILLED_FROM = ("settlements", "settlement_charges")


def upgrade() -> None:
    """The columns with what is stored, the views of the lines, and the other views that read them."""
    # All at once: one lock after the other would wait for a settlement that waits for it.
    op.execute(
        "LOCK TABLE current_report_sums, report_entries, settlements, settlement_charges"
        " IN ACCESS EXCLUSIVE MODE"
    )
    for statement in _COLUMN.split(";\n\n"):
        op.execute(statement)
    for table in _FILLED_FROM:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(_FILL)
    for table in _FILLED_FROM:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(_READING_THE_VIEWS)
    grant("settlement_charges", "claims", api="SELECT, INSERT", worker="SELECT")
    for view in ("bills", "report_entries", "current_report_sums"):
        grant(view, "claims", api="SELECT", worker="SELECT")
    # As the lines were: not even the owner changes them.
    append_only("settlements")

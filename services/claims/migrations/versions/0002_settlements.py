"""Providers, insured people, settlements, accumulators and the ledger.

Lines, payers and movements carry no foreign key to their settlement: they are written in one statement with
it, never deleted, and checked by ``python -m services.claims verify-ledger``; a foreign key would look the
settlement up again for each of some twenty rows per visit.

The ``new_…`` types are how the service hands over many rows in one parameter: an array of rows is half the
work of an array per column, for the sender and for PostgreSQL. They are apart from the tables' own row types
so that a column added later does not break the release that still runs.

Revision ID: 0002
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0002"
down_revision = "0001"

_TABLES = """
CREATE TABLE providers (
  facility_code text CONSTRAINT pk_providers PRIMARY KEY,
  name text NOT NULL,
  level smallint NOT NULL CONSTRAINT ck_providers_level CHECK (level BETWEEN 0 AND 3),
  division_code text NOT NULL,
  visit_types text[] NOT NULL,
  version bigint NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE insured_persons (
  person_id uuid CONSTRAINT pk_insured_persons PRIMARY KEY,
  household_id uuid NOT NULL,
  id_index bytea NOT NULL,
  division_code text NOT NULL,
  birth_date date NOT NULL,
  sex text NOT NULL,
  alive boolean NOT NULL,
  categories jsonb NOT NULL,
  enrolments jsonb NOT NULL,
  version bigint NOT NULL,
  recorded_at timestamptz NOT NULL
);

CREATE INDEX ix_insured_persons_id_index ON insured_persons (id_index);

CREATE TABLE visits (
  facility_code text NOT NULL,
  visit_no text NOT NULL,
  settlement_id uuid NOT NULL,
  content_digest bytea NOT NULL,
  division_code text NOT NULL,
  CONSTRAINT pk_visits PRIMARY KEY (facility_code, visit_no)
);

CREATE TABLE settlements (
  id uuid CONSTRAINT pk_settlements PRIMARY KEY,
  facility_code text NOT NULL,
  visit_no text NOT NULL,
  division_code text NOT NULL,
  person_id uuid NOT NULL,
  household_id uuid NOT NULL,
  id_number_masked text NOT NULL,
  visit_type text NOT NULL,
  admitted_on date NOT NULL,
  discharged_on date NOT NULL,
  year smallint NOT NULL,
  referral_no text,
  chronic_code text,
  diagnoses text[] NOT NULL,
  place text NOT NULL,
  referral text NOT NULL,
  provider_level smallint NOT NULL,
  categories text[] NOT NULL,
  policy_pack text NOT NULL,
  policy_version text NOT NULL,
  settled_at timestamptz NOT NULL,
  settled_by text NOT NULL,
  total_fen bigint NOT NULL,
  non_covered_fen bigint NOT NULL,
  over_limit_fen bigint NOT NULL,
  upfront_copay_fen bigint NOT NULL,
  eligible_fen bigint NOT NULL,
  person_pays_fen bigint NOT NULL,
  personal_share_bp integer NOT NULL,
  ceiling_bp integer,
  ceiling_base_fen bigint,
  steps jsonb NOT NULL,
  CONSTRAINT ck_settlements_dates CHECK (admitted_on <= discharged_on),
  CONSTRAINT ck_settlements_amounts CHECK (
    LEAST(non_covered_fen, over_limit_fen, upfront_copay_fen, eligible_fen, person_pays_fen) >= 0
    AND eligible_fen = total_fen - non_covered_fen - over_limit_fen - upfront_copay_fen
    AND person_pays_fen <= total_fen)
);

CREATE INDEX ix_settlements_facility_code_id ON settlements (facility_code, id);

CREATE INDEX ix_settlements_discharged_on ON settlements (discharged_on);

CREATE TABLE explanation_bases (
  id text CONSTRAINT pk_explanation_bases PRIMARY KEY,
  content jsonb NOT NULL
);

CREATE TABLE settlement_charges (
  settlement_id uuid NOT NULL,
  line_no smallint NOT NULL,
  item_code text NOT NULL,
  name text NOT NULL,
  category text NOT NULL,
  item_class text NOT NULL,
  self_pay_rate_bp integer NOT NULL,
  quantity_milli bigint NOT NULL,
  unit_price_e4 bigint NOT NULL,
  price_limit_e4 bigint,
  amount_fen bigint NOT NULL,
  CONSTRAINT pk_settlement_charges PRIMARY KEY (settlement_id, line_no),
  CONSTRAINT ck_settlement_charges_amount CHECK (amount_fen >= 0)
);

CREATE TABLE settlement_payers (
  settlement_id uuid NOT NULL,
  line_no smallint NOT NULL,
  payer text NOT NULL,
  amount_fen bigint NOT NULL,
  CONSTRAINT pk_settlement_payers PRIMARY KEY (settlement_id, line_no),
  CONSTRAINT ck_settlement_payers_amount CHECK (amount_fen > 0)
);

CREATE TABLE accumulators (
  person_id uuid NOT NULL,
  year smallint NOT NULL,
  kind text NOT NULL,
  division_code text NOT NULL,
  used_fen bigint NOT NULL,
  CONSTRAINT pk_accumulators PRIMARY KEY (person_id, year, kind),
  CONSTRAINT ck_accumulators_used CHECK (used_fen >= 0)
) WITH (fillfactor = 80);

CREATE TABLE accumulator_movements (
  settlement_id uuid NOT NULL,
  kind text NOT NULL,
  person_id uuid NOT NULL,
  year smallint NOT NULL,
  amount_fen bigint NOT NULL,
  CONSTRAINT pk_accumulator_movements PRIMARY KEY (settlement_id, kind),
  CONSTRAINT ck_accumulator_movements_amount CHECK (amount_fen <> 0)
);

CREATE TABLE transfers (
  no bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_transfers PRIMARY KEY,
  booked_at timestamptz NOT NULL,
  county_code text NOT NULL,
  year smallint NOT NULL,
  facility_code text NOT NULL,
  kind text NOT NULL,
  debit_account text NOT NULL,
  credit_account text NOT NULL,
  amount_fen bigint NOT NULL,
  settlement_id uuid,
  reference text,
  reverses bigint CONSTRAINT uq_transfers_reverses UNIQUE,
  CONSTRAINT ck_transfers_amount CHECK (amount_fen > 0),
  CONSTRAINT ck_transfers_two_accounts CHECK (debit_account <> credit_account),
  CONSTRAINT ck_transfers_origin CHECK (num_nonnulls(settlement_id, reference) = 1)
);

CREATE INDEX ix_transfers_settlement_id ON transfers (settlement_id) WHERE settlement_id IS NOT NULL;

CREATE INDEX ix_transfers_reference ON transfers (reference) WHERE reference IS NOT NULL;

CREATE TABLE financing_plans (
  plan_id uuid CONSTRAINT pk_financing_plans PRIMARY KEY,
  county_code text NOT NULL,
  year smallint NOT NULL,
  version bigint NOT NULL
)
"""

_TYPES = """
CREATE TYPE new_visit AS (
  facility_code text, visit_no text, settlement_id uuid, content_digest bytea, division_code text);

CREATE TYPE new_accumulator AS (person_id uuid, year smallint, kind text, division_code text);

CREATE TYPE accumulator_key AS (person_id uuid, year smallint, kind text);

CREATE TYPE new_settlement AS (
  id uuid, facility_code text, visit_no text, division_code text, person_id uuid, household_id uuid,
  id_number_masked text, visit_type text, admitted_on date, discharged_on date, year smallint,
  referral_no text, chronic_code text, diagnoses text[], place text, referral text, provider_level smallint,
  categories text[], policy_pack text, policy_version text, settled_at timestamptz, settled_by text,
  total_fen bigint, non_covered_fen bigint, over_limit_fen bigint, upfront_copay_fen bigint,
  eligible_fen bigint, person_pays_fen bigint, personal_share_bp integer, ceiling_bp integer,
  ceiling_base_fen bigint, steps text);

CREATE TYPE new_charge AS (
  settlement_id uuid, line_no smallint, item_code text, name text, category text, item_class text,
  self_pay_rate_bp integer, quantity_milli bigint, unit_price_e4 bigint, amount_fen bigint,
  price_limit_e4 bigint);

CREATE TYPE new_payer AS (settlement_id uuid, line_no smallint, payer text, amount_fen bigint);

CREATE TYPE new_movement AS (
  settlement_id uuid, kind text, person_id uuid, year smallint, amount_fen bigint);

CREATE TYPE new_transfer AS (
  booked_at timestamptz, county_code text, year smallint, facility_code text, kind text,
  debit_account text, credit_account text, amount_fen bigint, settlement_id uuid);

CREATE TYPE used_amount AS (person_id uuid, year smallint, kind text, amount_fen bigint)
"""

_RIGHTS = [
    ("providers", "SELECT, INSERT, UPDATE", "SELECT"),
    ("insured_persons", "SELECT", "SELECT, INSERT, UPDATE"),
    ("visits", "SELECT, INSERT", "SELECT"),
    ("settlements", "SELECT, INSERT", "SELECT"),
    ("explanation_bases", "SELECT, INSERT", "SELECT"),
    ("settlement_charges", "SELECT, INSERT", "SELECT"),
    ("settlement_payers", "SELECT, INSERT", "SELECT"),
    ("accumulators", "SELECT, INSERT, UPDATE", "SELECT, UPDATE"),
    ("accumulator_movements", "SELECT, INSERT", "SELECT"),
    ("transfers", "SELECT, INSERT", "SELECT, INSERT"),
    ("financing_plans", "", "SELECT, INSERT, UPDATE"),
]


def upgrade() -> None:
    """Create the tables, who may do what with them, and who sees which rows."""
    for statement in (*_TABLES.split(";\n\n"), *_TYPES.split(";\n\n")):
        op.execute(statement)
    for table, api, worker in _RIGHTS:
        grant(table, "claims", api=api, worker=worker)
    protect("insured_persons", "claims")
    protect("visits", "claims", facility="facility_code")
    protect("settlements", "claims", facility="facility_code")
    protect("accumulators", "claims")
    protect("transfers", "claims", column="county_code", facility="facility_code")
    protect("financing_plans", "claims", column="county_code")
    for table in ("settlement_charges", "settlement_payers", "accumulator_movements"):
        _follow_settlement(table)
    for table in ("settlement_charges", "settlement_payers", "accumulator_movements", "transfers"):
        append_only(table)
    _open_to_readers()


def _follow_settlement(table: str) -> None:
    """Lines are seen by whoever sees their settlement."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY worker ON {table} TO claims_worker USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY append ON {table} FOR INSERT TO claims_api WITH CHECK (true)")
    op.execute(
        f"CREATE POLICY of_settlement ON {table} FOR SELECT TO claims_api"
        " USING (EXISTS (SELECT 1 FROM settlements WHERE settlements.id = settlement_id))"
    )


def _open_to_readers() -> None:
    """Providers are public inside the platform; only their own division's agency changes them."""
    protect("providers", "claims")
    op.execute("CREATE POLICY readable ON providers FOR SELECT TO claims_api USING (true)")

"""Open visits with holds, referrals, licences with dates, and what keeps a bill from being paid twice.

Exclusion and unique constraints look at all rows, also those that row-level security hides from the caller:
so a hospital learns that its patient lay elsewhere at the time, and nothing else about it.

Lines, parts and holds carry no foreign key, for the reason given in 0002; they go with their visit.

Revision ID: 0004
"""

from alembic import op

from shared.migrations import grant, protect

revision = "0004"
down_revision = "0003"

_GUARDS = """
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE stays (
  settlement_id uuid CONSTRAINT pk_stays PRIMARY KEY,
  person_id uuid NOT NULL,
  facility_code text NOT NULL,
  division_code text NOT NULL,
  half_days int4range NOT NULL,
  CONSTRAINT ex_stays_person_id_half_days EXCLUDE USING gist (person_id WITH =, half_days WITH &&)
);

CREATE TABLE settlement_invoices (
  facility_code text NOT NULL,
  invoice_no text NOT NULL,
  settlement_id uuid NOT NULL,
  division_code text NOT NULL,
  CONSTRAINT pk_settlement_invoices PRIMARY KEY (facility_code, invoice_no)
);

CREATE INDEX ix_settlement_invoices_settlement_id ON settlement_invoices (settlement_id);

CREATE TABLE item_days (
  person_id uuid NOT NULL,
  item_code text NOT NULL,
  day date NOT NULL,
  division_code text NOT NULL,
  quantity_milli bigint NOT NULL,
  limit_milli bigint NOT NULL,
  CONSTRAINT pk_item_days PRIMARY KEY (person_id, item_code, day, division_code),
  CONSTRAINT ck_item_days_quantity CHECK (quantity_milli >= 0)
);

CREATE TABLE item_uses (
  settlement_id uuid NOT NULL,
  item_code text NOT NULL,
  person_id uuid NOT NULL,
  day date NOT NULL,
  division_code text NOT NULL,
  quantity_milli bigint NOT NULL,
  CONSTRAINT pk_item_uses PRIMARY KEY (settlement_id, item_code)
);

CREATE TYPE claimed_visit AS (
  facility_code text, visit_no text, settlement_id uuid, content_digest bytea, division_code text,
  person_id uuid, first_half_day integer, end_half_day integer, invoice_no text);

CREATE TYPE item_use AS (
  settlement_id uuid, item_code text, person_id uuid, day date, division_code text, quantity_milli bigint,
  limit_milli bigint);

ALTER TABLE providers ADD COLUMN valid_from date, ADD COLUMN valid_to date
"""

_REFERRALS = """
CREATE TABLE referrals (
  referral_no text CONSTRAINT pk_referrals PRIMARY KEY,
  division_code text NOT NULL,
  person_id uuid NOT NULL,
  id_number_masked text NOT NULL,
  from_facility_code text NOT NULL,
  to_facility_code text,
  to_level smallint,
  to_place text,
  diagnosis text NOT NULL,
  filed_on date NOT NULL,
  valid_until date NOT NULL,
  compliant boolean NOT NULL,
  rule text NOT NULL,
  content_digest bytea NOT NULL,
  filed_at timestamptz NOT NULL,
  filed_by text NOT NULL,
  withdrawn_at timestamptz,
  withdrawn_by text,
  CONSTRAINT ck_referrals_days CHECK (filed_on <= valid_until),
  CONSTRAINT ck_referrals_goal CHECK (num_nonnulls(to_facility_code, to_level, to_place) >= 1)
);

CREATE INDEX ix_referrals_person_id ON referrals (person_id);

CREATE POLICY owner ON referrals FOR SELECT TO claims_owner USING (true);

CREATE FUNCTION referral_named(wanted text)
RETURNS TABLE (person_id uuid, to_facility_code text, to_level smallint, to_place text, filed_on date,
               valid_until date, compliant boolean, withdrawn boolean)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public ROWS 1 AS $$
  SELECT person_id, to_facility_code, to_level, to_place, filed_on, valid_until, compliant,
         withdrawn_at IS NOT NULL
  FROM referrals WHERE referral_no = wanted
$$;

REVOKE ALL ON FUNCTION referral_named(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION referral_named(text) TO claims_api, claims_worker;

ALTER TABLE settlements ADD COLUMN referral_reason text;

CREATE TYPE posted_settlement AS (
  id uuid, facility_code text, visit_no text, division_code text, person_id uuid, household_id uuid,
  id_number_masked text, visit_type text, admitted_on date, discharged_on date, year smallint,
  referral_no text, chronic_code text, diagnoses text[], place text, referral text, provider_level smallint,
  categories text[], policy_pack text, policy_version text, settled_at timestamptz, settled_by text,
  total_fen bigint, non_covered_fen bigint, over_limit_fen bigint, upfront_copay_fen bigint,
  eligible_fen bigint, person_pays_fen bigint, personal_share_bp integer, ceiling_bp integer,
  ceiling_base_fen bigint, steps text, referral_reason text)
"""

_VISITS = """
CREATE TABLE admissions (
  facility_code text NOT NULL,
  visit_no text NOT NULL,
  division_code text NOT NULL,
  person_id uuid NOT NULL,
  id_index bytea NOT NULL,
  id_number_masked text NOT NULL,
  visit_type text NOT NULL,
  admitted_on date NOT NULL,
  diagnoses jsonb NOT NULL,
  referral_no text,
  chronic_code text,
  estimated_total_fen bigint,
  content_digest bytea NOT NULL,
  entitlements jsonb NOT NULL,
  state text NOT NULL,
  opened_at timestamptz NOT NULL,
  opened_by text NOT NULL,
  closed_at timestamptz,
  settlement_id uuid,
  CONSTRAINT pk_admissions PRIMARY KEY (facility_code, visit_no),
  CONSTRAINT ck_admissions_state CHECK (state IN ('open', 'settled', 'cancelled')),
  CONSTRAINT ck_admissions_closed CHECK ((state = 'open') = (closed_at IS NULL)),
  CONSTRAINT ck_admissions_settled CHECK ((state = 'settled') = (settlement_id IS NOT NULL))
);

CREATE INDEX ix_admissions_open ON admissions (facility_code, admitted_on, visit_no) WHERE state = 'open';

CREATE TABLE holds (
  facility_code text NOT NULL,
  visit_no text NOT NULL,
  payer text NOT NULL,
  county_code text NOT NULL,
  year smallint NOT NULL,
  division_code text NOT NULL,
  amount_fen bigint NOT NULL,
  held_at timestamptz NOT NULL,
  CONSTRAINT pk_holds PRIMARY KEY (facility_code, visit_no, payer),
  CONSTRAINT ck_holds_amount CHECK (amount_fen > 0)
);

CREATE INDEX ix_holds_county_code_year_payer ON holds (county_code, year, payer);

CREATE TABLE charge_parts (
  facility_code text NOT NULL,
  visit_no text NOT NULL,
  part_no smallint NOT NULL,
  division_code text NOT NULL,
  content_digest bytea NOT NULL,
  lines smallint NOT NULL,
  amount_fen bigint NOT NULL,
  uploaded_at timestamptz NOT NULL,
  uploaded_by text NOT NULL,
  CONSTRAINT pk_charge_parts PRIMARY KEY (facility_code, visit_no, part_no)
);

CREATE TABLE uploaded_charges (
  facility_code text NOT NULL,
  visit_no text NOT NULL,
  line_id text NOT NULL,
  part_no smallint NOT NULL,
  line_no smallint NOT NULL,
  division_code text NOT NULL,
  item_code text NOT NULL,
  name text NOT NULL,
  category text NOT NULL,
  item_class text NOT NULL,
  self_pay_rate_bp integer NOT NULL,
  quantity_milli bigint NOT NULL,
  unit_price_e4 bigint NOT NULL,
  amount_fen bigint NOT NULL,
  price_limit_e4 bigint,
  CONSTRAINT pk_uploaded_charges PRIMARY KEY (facility_code, visit_no, line_id),
  CONSTRAINT ck_uploaded_charges_amount CHECK (amount_fen >= 0)
);

CREATE TYPE uploaded_charge AS (
  line_id text, line_no smallint, item_code text, name text, category text, item_class text,
  self_pay_rate_bp integer, quantity_milli bigint, unit_price_e4 bigint, amount_fen bigint,
  price_limit_e4 bigint)
"""

# What was settled before these guards existed occupies its days as well; where two such stays overlap, the
# earlier settlement stands for both.
_OCCUPY = """
INSERT INTO stays (settlement_id, person_id, facility_code, division_code, half_days)
SELECT id, person_id, facility_code, division_code, int4range(
    (admitted_on - DATE '2000-01-01') * 2 + (discharged_on > admitted_on)::integer,
    (discharged_on - DATE '2000-01-01') * 2 + (discharged_on = admitted_on)::integer)
FROM settlements WHERE visit_type IN ('inpatient', 'delivery') ORDER BY id
ON CONFLICT DO NOTHING
"""

_RIGHTS = [
    ("stays", "SELECT, INSERT, DELETE", "SELECT, DELETE"),
    ("settlement_invoices", "SELECT, INSERT, DELETE", "SELECT, DELETE"),
    ("item_days", "SELECT, INSERT, UPDATE", "SELECT, UPDATE"),
    ("item_uses", "SELECT, INSERT, DELETE", "SELECT, DELETE"),
    ("visits", "DELETE", ""),
    ("referrals", "SELECT, INSERT, UPDATE", "SELECT"),
    ("admissions", "SELECT, INSERT, UPDATE", "SELECT"),
    ("holds", "SELECT, INSERT, DELETE", "SELECT"),
    ("charge_parts", "SELECT, INSERT, DELETE", "SELECT"),
    ("uploaded_charges", "SELECT, INSERT, DELETE", "SELECT"),
]


def upgrade() -> None:
    """Create the tables, who may do what with them, and who sees which rows."""
    for script in (_GUARDS, _REFERRALS, _VISITS):
        for statement in script.split(";\n\n"):
            op.execute(statement)
    # The owner is bound by the policies of `settlements`, too; none lets it read.
    op.execute("ALTER TABLE settlements NO FORCE ROW LEVEL SECURITY")
    op.execute(_OCCUPY)
    op.execute("ALTER TABLE settlements FORCE ROW LEVEL SECURITY")
    for table, api, worker in _RIGHTS:
        grant(table, "claims", api=api, worker=worker)
    for table in ("item_days", "item_uses"):
        protect(table, "claims")
    for table in (
        "stays", "settlement_invoices", "admissions", "holds", "charge_parts", "uploaded_charges",
    ):  # fmt: skip
        protect(table, "claims", facility="facility_code")
    _open_referrals_to_both_ends()


def _open_referrals_to_both_ends() -> None:
    """A referral is filed by one provider and read by that one and the one it leads to."""
    protect("referrals", "claims", facility="from_facility_code")
    op.execute(
        "CREATE POLICY receiving ON referrals FOR SELECT TO claims_api USING (to_facility_code ="
        " ANY ((SELECT NULLIF(current_setting('app.facility', true), ''))::text[]))"
    )

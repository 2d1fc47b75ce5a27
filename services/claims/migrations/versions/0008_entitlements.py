"""One-off aid by batches, sponsored premiums, policies of the relapse insurance; households in two counties.

Revision ID: 0008
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0008"
down_revision = "0007"

_DECIDED = """
  state text NOT NULL,
  prepared_by text NOT NULL,
  prepared_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  reason text
"""
_ONE_OFF = f"""
CREATE TABLE one_off_batches (
  id uuid CONSTRAINT pk_one_off_batches PRIMARY KEY,
  division_code text NOT NULL,
  year smallint NOT NULL,
  title text NOT NULL,
  lines integer NOT NULL,
  accepted integer NOT NULL,
  total_fen bigint NOT NULL,
  declared_people integer,
  declared_fen bigint,
  bases jsonb NOT NULL,
  {_DECIDED.strip()},
  CONSTRAINT ck_one_off_batches_amounts CHECK (accepted BETWEEN 0 AND lines AND total_fen >= 0),
  CONSTRAINT ck_one_off_batches_state CHECK (state IN ('prepared', 'approved', 'rejected')),
  CONSTRAINT ck_one_off_batches_decided CHECK (
    (state = 'prepared') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
  CONSTRAINT ck_one_off_batches_two_people CHECK (state <> 'approved' OR decided_by <> prepared_by)
);

CREATE TABLE one_off_lines (
  batch_id uuid NOT NULL,
  line_no integer NOT NULL,
  division_code text NOT NULL,
  person_id uuid,
  id_number_masked text NOT NULL,
  diagnosed_on date NOT NULL,
  diagnoses text[] NOT NULL,
  amount_fen bigint NOT NULL,
  payer text,
  policy_pack text,
  policy_version text,
  rule text,
  step jsonb,
  refusal text,
  refusal_params jsonb NOT NULL,
  CONSTRAINT pk_one_off_lines PRIMARY KEY (batch_id, line_no),
  CONSTRAINT ck_one_off_lines_outcome CHECK (
    CASE WHEN refusal IS NULL THEN amount_fen > 0
      AND num_nonnulls(person_id, payer, policy_pack, policy_version, rule, step) = 6
    ELSE amount_fen = 0 END)
);

CREATE TABLE one_off_grants (
  person_id uuid NOT NULL,
  policy_pack text NOT NULL,
  rule text NOT NULL,
  division_code text NOT NULL,
  year smallint NOT NULL,
  amount_fen bigint NOT NULL,
  batch_id uuid NOT NULL,
  line_no integer NOT NULL,
  CONSTRAINT pk_one_off_grants PRIMARY KEY (person_id, policy_pack, rule),
  CONSTRAINT ck_one_off_grants_amount CHECK (amount_fen > 0)
);

CREATE INDEX ix_one_off_grants_batch_id ON one_off_grants (batch_id)
"""
_RELAPSE = f"""
CREATE TABLE relapse_policies (
  id uuid CONSTRAINT pk_relapse_policies PRIMARY KEY,
  division_code text NOT NULL,
  year smallint NOT NULL,
  policy_no text NOT NULL,
  insurer text NOT NULL,
  rural_population bigint NOT NULL,
  insured bigint NOT NULL,
  premium_fen bigint NOT NULL,
  paid_by text NOT NULL,
  payer text NOT NULL,
  policy_pack text NOT NULL,
  policy_version text NOT NULL,
  step jsonb NOT NULL,
  {_DECIDED.strip()},
  CONSTRAINT ck_relapse_policies_amounts CHECK (
    insured BETWEEN 1 AND rural_population AND premium_fen > 0),
  CONSTRAINT ck_relapse_policies_state CHECK (state IN ('prepared', 'approved', 'rejected')),
  CONSTRAINT ck_relapse_policies_decided CHECK (
    (state = 'prepared') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
  CONSTRAINT ck_relapse_policies_two_people CHECK (state <> 'approved' OR decided_by <> prepared_by)
);

CREATE UNIQUE INDEX uq_relapse_policies_year ON relapse_policies (division_code, year)
  WHERE state <> 'rejected'
"""
_SPONSORED = f"""
CREATE TABLE sponsorship_batches (
  id uuid CONSTRAINT pk_sponsorship_batches PRIMARY KEY,
  division_code text NOT NULL,
  year smallint NOT NULL,
  on_day date NOT NULL,
  premium_fen bigint NOT NULL,
  people integer NOT NULL,
  sponsored_fen bigint NOT NULL,
  person_fen bigint NOT NULL,
  payer text NOT NULL,
  policy_pack text NOT NULL,
  policy_version text NOT NULL,
  totals jsonb NOT NULL,
  bases jsonb NOT NULL,
  {_DECIDED.strip()},
  CONSTRAINT ck_sponsorship_batches_amounts CHECK (
    people > 0 AND sponsored_fen > 0 AND person_fen >= 0
    AND sponsored_fen + person_fen = people * premium_fen),
  CONSTRAINT ck_sponsorship_batches_state CHECK (state IN ('prepared', 'approved', 'rejected')),
  CONSTRAINT ck_sponsorship_batches_decided CHECK (
    (state = 'prepared') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
  CONSTRAINT ck_sponsorship_batches_two_people CHECK (state <> 'approved' OR decided_by <> prepared_by)
);

CREATE TABLE sponsorship_lines (
  batch_id uuid NOT NULL,
  person_id uuid NOT NULL,
  division_code text NOT NULL,
  categories text[] NOT NULL,
  rule text NOT NULL,
  sponsored_fen bigint NOT NULL,
  person_fen bigint NOT NULL,
  step jsonb NOT NULL,
  CONSTRAINT pk_sponsorship_lines PRIMARY KEY (batch_id, person_id),
  CONSTRAINT ck_sponsorship_lines_amounts CHECK (sponsored_fen > 0 AND person_fen >= 0)
);

CREATE TABLE sponsored_people (
  person_id uuid NOT NULL,
  year smallint NOT NULL,
  division_code text NOT NULL,
  batch_id uuid NOT NULL,
  CONSTRAINT pk_sponsored_people PRIMARY KEY (person_id, year)
);

CREATE INDEX ix_sponsored_people_batch_id ON sponsored_people (batch_id)
"""
_LEDGER = """
CREATE UNIQUE INDEX uq_transfers_entitlement ON transfers (reference)
  WHERE kind IN ('one_off_aid', 'relapse_premium', 'sponsored_premium');

CREATE INDEX ix_transfers_without_provider ON transfers (county_code, year) WHERE facility_code = ''
"""
# A household may have members in two counties; each county settles for its own, so each sees what the
# household has borne. The first half decides nearly always, and then nothing is looked up.
_HOUSEHOLDS = """
CREATE INDEX ix_insured_persons_household_id ON insured_persons (household_id);

ALTER POLICY jurisdiction ON accumulators USING (
  division_code ^@ ANY ((SELECT NULLIF(current_setting('app.jurisdiction', true), ''))::text[])
  OR (kind ^@ 'household.' AND EXISTS (
    SELECT 1 FROM insured_persons AS member WHERE member.household_id = accumulators.person_id)))
"""
_RIGHTS = [
    ("one_off_batches", "SELECT, INSERT, UPDATE", "SELECT"),
    ("one_off_lines", "SELECT, INSERT", "SELECT"),
    ("one_off_grants", "SELECT, INSERT, DELETE", "SELECT"),
    ("relapse_policies", "SELECT, INSERT, UPDATE", "SELECT"),
    ("sponsorship_batches", "SELECT, INSERT, UPDATE", "SELECT"),
    ("sponsorship_lines", "SELECT, INSERT", "SELECT"),
    ("sponsored_people", "SELECT, INSERT, DELETE", "SELECT"),
]


def upgrade() -> None:
    """Add the tables of the entitlements, and let each county of a household see what it has borne."""
    for part in (_ONE_OFF, _RELAPSE, _SPONSORED, _LEDGER, _HOUSEHOLDS):
        for statement in part.split(";\n\n"):
            op.execute(statement)
    for table, api, worker in _RIGHTS:
        grant(table, "claims", api=api, worker=worker)
        protect(table, "claims")
    append_only("one_off_lines")
    append_only("sponsorship_lines")

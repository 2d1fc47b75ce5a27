"""Own payments of the year of people and households; claims against the relapse insurance.

What was settled before is counted as well: every settlement gets its two movements, the accumulators their
sums. The tables are locked meanwhile, so that nothing is settled between the counting and the commit.

Revision ID: 0006
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0006"
down_revision = "0005"

_INDEXES = """
CREATE INDEX ix_accumulators_burden ON accumulators (year, kind, division_code)
  WHERE kind IN ('own_payment', 'household.own_payment');

CREATE INDEX ix_accumulator_movements_burden ON accumulator_movements (person_id, year)
  WHERE kind IN ('own_payment', 'household.own_payment')
"""

COUNT_WHAT_WAS_SETTLED = """
LOCK TABLE accumulators, accumulator_movements, settlements IN SHARE ROW EXCLUSIVE MODE;

INSERT INTO accumulator_movements (settlement_id, kind, person_id, year, amount_fen)
SELECT id, kind, holder, year, person_pays_fen
FROM current_settlements CROSS JOIN LATERAL (
  VALUES ('own_payment', person_id), ('household.own_payment', household_id)
) AS counted (kind, holder)
WHERE person_pays_fen > 0;

INSERT INTO accumulators (person_id, year, kind, division_code, used_fen)
SELECT moved.person_id, moved.year, moved.kind,
       (array_agg(COALESCE(person.division_code, settled.division_code) ORDER BY settled.id DESC))[1],
       sum(moved.amount_fen)::bigint
FROM accumulator_movements AS moved JOIN settlements AS settled ON settled.id = moved.settlement_id
LEFT JOIN insured_persons AS person ON person.person_id = settled.person_id
WHERE moved.kind IN ('own_payment', 'household.own_payment')
GROUP BY moved.person_id, moved.year, moved.kind
"""
_CLAIMS = """
CREATE TABLE relapse_claims (
  id uuid CONSTRAINT pk_relapse_claims PRIMARY KEY,
  division_code text NOT NULL,
  household_id uuid NOT NULL,
  payee_id uuid NOT NULL,
  holder_id uuid NOT NULL,
  year smallint NOT NULL,
  household_class text NOT NULL,
  state text NOT NULL,
  recorded_fen bigint NOT NULL,
  already_paid_fen bigint NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  verified_fen bigint,
  verified_by text,
  verified_on date,
  payout_fen bigint,
  payer text,
  policy_pack text,
  policy_version text,
  step jsonb,
  notice_name text,
  posted_on date,
  notice_over_on date,
  approved_by text,
  paid_by text,
  CONSTRAINT ck_relapse_claims_state CHECK (
    state IN ('alert', 'home_verification', 'public_notice', 'payable', 'paid', 'rejected')),
  CONSTRAINT ck_relapse_claims_amounts CHECK (
    LEAST(recorded_fen, already_paid_fen, verified_fen, payout_fen) >= 0 AND verified_fen <= recorded_fen),
  CONSTRAINT ck_relapse_claims_verified CHECK (
    state IN ('alert', 'rejected')
    OR num_nonnulls(verified_fen, verified_by, verified_on, payout_fen, payer, policy_pack, policy_version,
                    step) = 8),
  CONSTRAINT ck_relapse_claims_notice CHECK (
    state IN ('alert', 'home_verification', 'rejected')
    OR num_nonnulls(notice_name, posted_on, notice_over_on) = 3 AND payout_fen > 0),
  CONSTRAINT ck_relapse_claims_two_people CHECK (
    state NOT IN ('payable', 'paid') OR approved_by IS NOT NULL AND approved_by <> verified_by),
  CONSTRAINT ck_relapse_claims_paid CHECK (state <> 'paid' OR paid_by IS NOT NULL AND paid_by <> approved_by)
);

CREATE UNIQUE INDEX uq_relapse_claims_open ON relapse_claims (holder_id, year)
  WHERE state NOT IN ('paid', 'rejected');

CREATE INDEX ix_relapse_claims_holder_id_year ON relapse_claims (holder_id, year);

CREATE TABLE relapse_claim_steps (
  claim_id uuid NOT NULL,
  no smallint NOT NULL,
  division_code text NOT NULL,
  action text NOT NULL,
  state text NOT NULL,
  at timestamptz NOT NULL,
  by text NOT NULL,
  details jsonb NOT NULL,
  CONSTRAINT pk_relapse_claim_steps PRIMARY KEY (claim_id, no)
);

CREATE TABLE relapse_objections (
  claim_id uuid NOT NULL,
  no smallint NOT NULL,
  division_code text NOT NULL,
  received_on date NOT NULL,
  content text NOT NULL,
  recorded_at timestamptz NOT NULL,
  recorded_by text NOT NULL,
  upheld boolean,
  finding text,
  answered_at timestamptz,
  answered_by text,
  verified_again boolean NOT NULL DEFAULT false,
  CONSTRAINT pk_relapse_objections PRIMARY KEY (claim_id, no),
  CONSTRAINT ck_relapse_objections_answer CHECK (
    num_nonnulls(upheld, finding, answered_at, answered_by) IN (0, 4))
);

CREATE UNIQUE INDEX uq_transfers_relapse_payout ON transfers (reference) WHERE kind = 'relapse_payout'
"""
_RIGHTS = [
    ("relapse_claims", "SELECT, INSERT, UPDATE", "SELECT"),
    ("relapse_claim_steps", "SELECT, INSERT", "SELECT"),
    ("relapse_objections", "SELECT, INSERT, UPDATE", "SELECT"),
]
_FORCED = (
    "accumulators",
    "accumulator_movements",
    "settlements",
    "settlement_revisions",
    "insured_persons",
)


def upgrade() -> None:
    """Count own payments, of the past as well; index them for the county's list."""
    for statement in _INDEXES.split(";\n\n"):
        op.execute(statement)
    # The owner is bound by row-level security too, and would see nothing.
    for table in _FORCED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in COUNT_WHAT_WAS_SETTLED.split(";\n\n"):
        op.execute(statement)
    for table in _FORCED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for statement in _CLAIMS.split(";\n\n"):
        op.execute(statement)
    for table, api, worker in _RIGHTS:
        grant(table, "claims", api=api, worker=worker)
        protect(table, "claims")
    append_only("relapse_claim_steps")

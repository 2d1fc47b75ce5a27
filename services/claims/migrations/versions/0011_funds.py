"""Fund operations by two people, and the lineage of what funds pay.

Rows of the lineage are only ever added, by the worker; deposits and funds carry sums of them.

Revision ID: 0011
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0011"
down_revision = "0010"

_OPERATIONS = """
CREATE TABLE fund_operations (
  id uuid CONSTRAINT pk_fund_operations PRIMARY KEY,
  kind text NOT NULL,
  county_code text NOT NULL,
  year smallint NOT NULL,
  payer text NOT NULL,
  source text,
  amount_fen bigint NOT NULL,
  on_day date NOT NULL,
  bank_reference text,
  document text NOT NULL,
  note text,
  state text NOT NULL,
  warnings text[] NOT NULL,
  accepted text[] NOT NULL,
  schedule jsonb,
  reverses uuid,
  prepared_at timestamptz NOT NULL,
  prepared_by text NOT NULL,
  decided_at timestamptz,
  decided_by text,
  decision_note text,
  CONSTRAINT ck_fund_operations_kind CHECK (
    kind IN ('receipt', 'reserve_use', 'advance', 'clawback', 'reversal')),
  CONSTRAINT ck_fund_operations_state CHECK (state IN ('prepared', 'approved', 'rejected', 'reversed')),
  CONSTRAINT ck_fund_operations_amount CHECK (amount_fen > 0),
  CONSTRAINT ck_fund_operations_source CHECK ((kind = 'receipt') = (source IS NOT NULL)),
  CONSTRAINT ck_fund_operations_bank CHECK (
    (kind IN ('receipt', 'advance', 'clawback')) = (bank_reference IS NOT NULL)),
  CONSTRAINT ck_fund_operations_schedule CHECK ((kind = 'advance') = (schedule IS NOT NULL)),
  CONSTRAINT ck_fund_operations_reverses CHECK ((kind = 'reversal') = (reverses IS NOT NULL)),
  CONSTRAINT ck_fund_operations_decided CHECK (
    (state = 'prepared') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
  CONSTRAINT ck_fund_operations_two_people CHECK (decided_by <> prepared_by),
  CONSTRAINT ck_fund_operations_accepted CHECK (
    state NOT IN ('approved', 'reversed') OR accepted @> warnings)
);

CREATE UNIQUE INDEX uq_fund_operations_bank_reference ON fund_operations (county_code, bank_reference)
  WHERE bank_reference IS NOT NULL AND state IN ('prepared', 'approved');

CREATE UNIQUE INDEX uq_fund_operations_reverses ON fund_operations (reverses)
  WHERE reverses IS NOT NULL AND state IN ('prepared', 'approved');

CREATE INDEX ix_fund_operations_county_code_year_id ON fund_operations (county_code, year, id)
"""
_LINEAGE = """
CREATE TABLE earmark_steps (
  position bigint CONSTRAINT pk_earmark_steps PRIMARY KEY,
  county_code text NOT NULL,
  year smallint NOT NULL,
  payer text NOT NULL,
  transfer_no bigint NOT NULL,
  kind text NOT NULL,
  amount_fen bigint NOT NULL,
  use_no bigint NOT NULL,
  reverses bigint,
  earmark text NOT NULL,
  CONSTRAINT uq_earmark_steps_transfer_no_payer_county_code_year
    UNIQUE (transfer_no, payer, county_code, year),
  CONSTRAINT ck_earmark_steps_kind CHECK (kind IN ('deposit', 'use', 'return', 'reversal', 'none'))
);

CREATE INDEX ix_earmark_steps_county_code_year_payer ON earmark_steps (county_code, year, payer, position);

CREATE TABLE earmark_allocations (
  no bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_earmark_allocations PRIMARY KEY,
  position bigint NOT NULL,
  county_code text NOT NULL,
  year smallint NOT NULL,
  payer text NOT NULL,
  use_no bigint NOT NULL,
  transfer_no bigint NOT NULL,
  deposit_no bigint,
  amount_fen bigint NOT NULL,
  CONSTRAINT ck_earmark_allocations_amount CHECK (amount_fen <> 0)
);

CREATE INDEX ix_earmark_allocations_use_no ON earmark_allocations (use_no);

CREATE INDEX ix_earmark_allocations_deposit_no ON earmark_allocations (deposit_no)
  WHERE deposit_no IS NOT NULL;

CREATE INDEX ix_earmark_allocations_unfunded ON earmark_allocations (county_code, year, payer, use_no)
  WHERE deposit_no IS NULL;

CREATE TABLE earmark_funds (
  county_code text NOT NULL,
  year smallint NOT NULL,
  payer text NOT NULL,
  rule text NOT NULL,
  unfunded_fen bigint NOT NULL,
  CONSTRAINT pk_earmark_funds PRIMARY KEY (county_code, year, payer),
  CONSTRAINT ck_earmark_funds_rule CHECK (rule IN ('fifo', 'ratio')),
  CONSTRAINT ck_earmark_funds_unfunded CHECK (unfunded_fen >= 0)
);

CREATE TABLE earmark_deposits (
  deposit_no bigint CONSTRAINT pk_earmark_deposits PRIMARY KEY,
  county_code text NOT NULL,
  year smallint NOT NULL,
  payer text NOT NULL,
  position bigint NOT NULL,
  earmark text NOT NULL,
  amount_fen bigint NOT NULL,
  used_fen bigint NOT NULL,
  withdrawn boolean NOT NULL,
  CONSTRAINT ck_earmark_deposits_used CHECK (
    used_fen BETWEEN 0 AND amount_fen AND (used_fen = 0 OR NOT withdrawn))
);

CREATE INDEX ix_earmark_deposits_county_code_year_payer
  ON earmark_deposits (county_code, year, payer, position);

CREATE TABLE earmark_runs (
  no bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_earmark_runs PRIMARY KEY,
  at timestamptz NOT NULL,
  upto_no bigint NOT NULL,
  behind_no bigint NOT NULL,
  next_xid bigint NOT NULL
)
"""
_RIGHTS = [
    (
        "fund_operations",
        "SELECT, INSERT, UPDATE (state, accepted, decided_at, decided_by, decision_note)",
        "SELECT",
    ),
    ("earmark_steps", "SELECT", "SELECT, INSERT"),
    ("earmark_allocations", "SELECT", "SELECT, INSERT"),
    ("earmark_funds", "SELECT", "SELECT, INSERT, UPDATE"),
    ("earmark_deposits", "SELECT", "SELECT, INSERT, UPDATE"),
    ("earmark_runs", "", "SELECT, INSERT, DELETE"),
]


def upgrade() -> None:
    """Create the tables, who may do what with them, and who sees which rows."""
    for part in (_OPERATIONS, _LINEAGE):
        for statement in part.split(";\n\n"):
            op.execute(statement)
    for table, api, worker in _RIGHTS:
        grant(table, "claims", api=api, worker=worker)
    for table in (
        "fund_operations",
        "earmark_steps",
        "earmark_allocations",
        "earmark_funds",
        "earmark_deposits",
    ):
        protect(table, "claims", column="county_code")
    append_only("earmark_steps")
    append_only("earmark_allocations")

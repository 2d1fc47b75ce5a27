"""Payments to providers and people: accounts, batches, items, advances, bank results, subsidies.

Revision ID: 0012
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0012"
down_revision = "0011"

_TABLES = """
CREATE TABLE payee_accounts (
  id uuid CONSTRAINT pk_payee_accounts PRIMARY KEY,
  change_id uuid NOT NULL,
  county_code text NOT NULL,
  payee_kind text NOT NULL,
  payee text NOT NULL,
  holder_sealed bytea NOT NULL,
  account_sealed bytea NOT NULL,
  account_index bytea NOT NULL,
  account_masked text NOT NULL,
  bank_name text NOT NULL,
  bank_code text,
  state text NOT NULL,
  proposed_at timestamptz NOT NULL,
  proposed_by text NOT NULL,
  decided_at timestamptz,
  decided_by text,
  CONSTRAINT ck_payee_accounts_kind CHECK (payee_kind IN ('county', 'facility', 'person')),
  CONSTRAINT ck_payee_accounts_state CHECK (
    state IN ('proposed', 'active', 'replaced', 'rejected', 'superseded')),
  CONSTRAINT ck_payee_accounts_two_people CHECK (
    state NOT IN ('active', 'replaced') OR decided_by IS NOT NULL AND decided_by <> proposed_by)
);

CREATE UNIQUE INDEX uq_payee_accounts_active ON payee_accounts (county_code, payee) WHERE state = 'active';

CREATE INDEX ix_payee_accounts_change_id ON payee_accounts (change_id);

CREATE INDEX ix_payee_accounts_account_index ON payee_accounts (account_index);

CREATE TABLE payment_batches (
  id uuid CONSTRAINT pk_payment_batches PRIMARY KEY,
  county_code text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  through date NOT NULL,
  retry_of uuid,
  prepared_at timestamptz NOT NULL,
  prepared_by text NOT NULL,
  approved_at timestamptz,
  approved_by text,
  exported_at timestamptz,
  exported_by text,
  payer_account_id uuid,
  file_digest bytea,
  unassigned integer NOT NULL,
  unassigned_fen bigint NOT NULL,
  CONSTRAINT ck_payment_batches_kind CHECK (kind IN ('provider', 'advance', 'card')),
  CONSTRAINT ck_payment_batches_state CHECK (
    state IN ('prepared', 'cancelled', 'approved', 'exported', 'partly_confirmed', 'confirmed', 'returned')),
  CONSTRAINT ck_payment_batches_two_people CHECK (
    state IN ('prepared', 'cancelled') OR approved_by IS NOT NULL AND approved_by <> prepared_by),
  CONSTRAINT ck_payment_batches_exported CHECK (
    num_nonnulls(exported_at, exported_by, payer_account_id, file_digest) IN (0, 4))
);

CREATE INDEX ix_payment_batches_county_code_id ON payment_batches (county_code, id);

CREATE TABLE payment_steps (
  batch_id uuid NOT NULL,
  no smallint NOT NULL,
  county_code text NOT NULL,
  action text NOT NULL,
  state text NOT NULL,
  at timestamptz NOT NULL,
  by text NOT NULL,
  details jsonb NOT NULL,
  CONSTRAINT pk_payment_steps PRIMARY KEY (batch_id, no)
);

CREATE TABLE payment_items (
  id uuid CONSTRAINT pk_payment_items PRIMARY KEY,
  batch_id uuid NOT NULL,
  no integer NOT NULL,
  county_code text NOT NULL,
  payee_kind text NOT NULL,
  payee text NOT NULL,
  state text NOT NULL,
  gross_fen bigint NOT NULL,
  set_off_fen bigint NOT NULL,
  amount_fen bigint NOT NULL,
  parts jsonb NOT NULL,
  account_id uuid,
  shared_account boolean NOT NULL,
  replaces uuid,
  failure text,
  decided_on date,
  CONSTRAINT ck_payment_items_state CHECK (
    state IN ('payable', 'unpayable', 'carried_forward', 'offset', 'cancelled', 'in_payment', 'paid',
              'failed', 'retried', 'returned')),
  CONSTRAINT ck_payment_items_amounts CHECK (amount_fen = gross_fen - set_off_fen AND set_off_fen >= 0),
  CONSTRAINT ck_payment_items_payable CHECK (
    state NOT IN ('payable', 'in_payment', 'paid', 'failed', 'retried', 'returned')
    OR amount_fen > 0 AND account_id IS NOT NULL),
  CONSTRAINT ck_payment_items_failed CHECK (
    state NOT IN ('failed', 'retried', 'returned') OR failure IS NOT NULL AND decided_on IS NOT NULL)
);

CREATE UNIQUE INDEX uq_payment_items_batch_id_no ON payment_items (batch_id, no);

CREATE UNIQUE INDEX uq_payment_items_batch_id_payee ON payment_items (batch_id, payee);

CREATE TABLE payment_item_transfers (
  batch_id uuid NOT NULL,
  transfer_no bigint NOT NULL,
  county_code text NOT NULL,
  payee text NOT NULL,
  part text NOT NULL,
  year smallint NOT NULL,
  amount_fen bigint NOT NULL,
  held boolean NOT NULL,
  CONSTRAINT pk_payment_item_transfers PRIMARY KEY (batch_id, transfer_no)
);

CREATE INDEX ix_payment_item_transfers_batch_id_payee ON payment_item_transfers (batch_id, payee);

CREATE UNIQUE INDEX uq_payment_item_transfers_held ON payment_item_transfers (transfer_no) WHERE held;

CREATE TABLE payment_advances (
  item_id uuid CONSTRAINT pk_payment_advances PRIMARY KEY,
  county_code text NOT NULL,
  facility_code text NOT NULL,
  rule text NOT NULL,
  instalment_fen bigint,
  rate_bp integer,
  first_on date NOT NULL,
  CONSTRAINT ck_payment_advances_rule CHECK (
    rule = 'all' AND num_nonnulls(instalment_fen, rate_bp) = 0
    OR rule = 'instalment' AND instalment_fen > 0 AND rate_bp IS NULL
    OR rule = 'share' AND rate_bp BETWEEN 1 AND 10000 AND instalment_fen IS NULL)
);

CREATE INDEX ix_payment_advances_county_code ON payment_advances (county_code);

CREATE TABLE payment_set_offs (
  advance_item_id uuid NOT NULL,
  item_id uuid NOT NULL,
  county_code text NOT NULL,
  amount_fen bigint NOT NULL,
  held boolean NOT NULL,
  CONSTRAINT pk_payment_set_offs PRIMARY KEY (advance_item_id, item_id),
  CONSTRAINT ck_payment_set_offs_amount CHECK (amount_fen > 0)
);

CREATE INDEX ix_payment_set_offs_item_id ON payment_set_offs (item_id);

CREATE TABLE card_due_persons (
  reference text CONSTRAINT pk_card_due_persons PRIMARY KEY,
  county_code text NOT NULL,
  person_id uuid NOT NULL
);

CREATE TABLE payment_results (
  batch_id uuid NOT NULL,
  digest bytea NOT NULL,
  county_code text NOT NULL,
  format text NOT NULL,
  imported_at timestamptz NOT NULL,
  imported_by text NOT NULL,
  paid integer NOT NULL,
  paid_fen bigint NOT NULL,
  failed integer NOT NULL,
  failed_fen bigint NOT NULL,
  CONSTRAINT pk_payment_results PRIMARY KEY (batch_id, digest)
);

CREATE TABLE subsidy_runs (
  id uuid CONSTRAINT pk_subsidy_runs PRIMARY KEY,
  county_code text NOT NULL,
  programme text NOT NULL,
  period text NOT NULL,
  state text NOT NULL,
  known_on date NOT NULL,
  prepared_at timestamptz NOT NULL,
  prepared_by text NOT NULL,
  decided_at timestamptz,
  decided_by text,
  CONSTRAINT ck_subsidy_runs_state CHECK (state IN ('prepared', 'approved', 'cancelled')),
  CONSTRAINT ck_subsidy_runs_two_people CHECK (
    state <> 'approved' OR decided_by IS NOT NULL AND decided_by <> prepared_by)
);

CREATE UNIQUE INDEX uq_subsidy_runs_open ON subsidy_runs (county_code, programme) WHERE state = 'prepared';

CREATE TABLE subsidy_lines (
  run_id uuid NOT NULL,
  person_id uuid NOT NULL,
  month date NOT NULL,
  county_code text NOT NULL,
  programme text NOT NULL,
  category text NOT NULL,
  due_fen bigint NOT NULL,
  paid_fen bigint NOT NULL,
  CONSTRAINT pk_subsidy_lines PRIMARY KEY (run_id, person_id, month),
  CONSTRAINT ck_subsidy_lines_amounts CHECK (LEAST(due_fen, paid_fen) >= 0 AND due_fen <> paid_fen)
);

CREATE INDEX ix_subsidy_lines_programme_month ON subsidy_lines (programme, month, person_id);

CREATE UNIQUE INDEX uq_transfers_subsidy ON transfers (reference, year) WHERE kind = 'subsidy';

CREATE UNIQUE INDEX uq_transfers_payment ON transfers (reference, debit_account) WHERE kind = 'payment';

CREATE UNIQUE INDEX uq_transfers_bank_paid ON transfers (reference) WHERE kind = 'bank_paid'
"""
_RIGHTS = [
    ("payee_accounts", "SELECT, INSERT, UPDATE (state, decided_at, decided_by)"),
    (
        "payment_batches",
        "SELECT, INSERT, UPDATE (state, approved_at, approved_by, exported_at, exported_by, payer_account_id,"
        " file_digest, unassigned, unassigned_fen)",
    ),
    ("payment_steps", "SELECT, INSERT"),
    ("payment_items", "SELECT, INSERT, UPDATE (state, failure, decided_on)"),
    ("payment_item_transfers", "SELECT, INSERT, UPDATE (held)"),
    ("payment_advances", "SELECT, INSERT"),
    ("payment_set_offs", "SELECT, INSERT, UPDATE (held)"),
    ("card_due_persons", "SELECT, INSERT"),
    ("payment_results", "SELECT, INSERT"),
    ("subsidy_runs", "SELECT, INSERT, UPDATE (state, decided_at, decided_by)"),
    ("subsidy_lines", "SELECT, INSERT"),
]
_APPEND_ONLY = ("payment_steps", "payment_advances", "card_due_persons", "payment_results", "subsidy_lines")


def upgrade() -> None:
    """Create the tables, who may do what with them, and who sees which rows."""
    for statement in _TABLES.split(";\n\n"):
        op.execute(statement)
    for table, api in _RIGHTS:
        grant(table, "claims", api=api, worker="SELECT")
        protect(table, "claims", column="county_code")
    grant("card_due_persons", "claims", worker="INSERT")
    for table in _APPEND_ONLY:
        append_only(table)

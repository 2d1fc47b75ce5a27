"""Audit of providers: runs, findings with their hearing, and deductions from what providers are due.

A finding is found once: its fingerprint says what it is about. Whoever decides is somebody else than who gave
notice, here as well. A deduction is one reference in the ledger, and given back only by its mirror.

Revision ID: 0014
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0014"
down_revision = "0013"

_TABLES = """
CREATE TABLE audit_runs (
  id uuid CONSTRAINT pk_audit_runs PRIMARY KEY,
  county_code text NOT NULL,
  month date NOT NULL,
  run_at timestamptz NOT NULL,
  run_by text NOT NULL,
  settlements integer NOT NULL,
  found integer NOT NULL,
  added integer NOT NULL,
  by_rule jsonb NOT NULL
);

CREATE INDEX ix_audit_runs_county_code_id ON audit_runs (county_code, id);

CREATE TABLE audit_findings (
  id uuid CONSTRAINT pk_audit_findings PRIMARY KEY,
  run_id uuid NOT NULL,
  county_code text NOT NULL,
  facility_code text NOT NULL,
  month date NOT NULL,
  rule text NOT NULL,
  rule_valid_from date NOT NULL,
  kind text NOT NULL,
  title text NOT NULL,
  source text NOT NULL,
  clause text NOT NULL,
  verified boolean NOT NULL,
  settlement_id uuid,
  line_nos smallint[] NOT NULL,
  fingerprint text NOT NULL,
  at_stake_fen bigint NOT NULL,
  text text NOT NULL,
  arithmetic jsonb NOT NULL,
  found_at timestamptz NOT NULL,
  state text NOT NULL,
  notified_by text,
  statement_due date,
  hearing_wanted boolean,
  heard_on date,
  decided_by text,
  decided_at timestamptz,
  deducted_fen bigint,
  CONSTRAINT uq_audit_findings_county_code_fingerprint UNIQUE (county_code, fingerprint),
  CONSTRAINT ck_audit_findings_at_stake CHECK (at_stake_fen >= 0),
  CONSTRAINT ck_audit_findings_state CHECK (
    state IN ('found', 'notified', 'stated', 'dismissed', 'deducted', 'given_back', 'void')),
  CONSTRAINT ck_audit_findings_notified CHECK (
    state IN ('found', 'void') OR num_nonnulls(notified_by, statement_due) = 2),
  CONSTRAINT ck_audit_findings_decided CHECK (
    (state IN ('dismissed', 'deducted', 'given_back')) = (num_nonnulls(decided_by, decided_at) = 2)),
  CONSTRAINT ck_audit_findings_two_people CHECK (decided_by <> notified_by),
  CONSTRAINT ck_audit_findings_deducted CHECK (
    (state IN ('deducted', 'given_back')) = (deducted_fen IS NOT NULL) AND deducted_fen > 0)
);

CREATE INDEX ix_audit_findings_settlement_id ON audit_findings (settlement_id)
  WHERE settlement_id IS NOT NULL;

CREATE INDEX ix_audit_findings_county_code_id ON audit_findings (county_code, id);

CREATE TABLE audit_finding_steps (
  finding_id uuid NOT NULL,
  no smallint NOT NULL,
  county_code text NOT NULL,
  facility_code text NOT NULL,
  action text NOT NULL,
  state text NOT NULL,
  at timestamptz NOT NULL,
  by text NOT NULL,
  details jsonb NOT NULL,
  CONSTRAINT pk_audit_finding_steps PRIMARY KEY (finding_id, no)
)
"""
_RIGHTS = [
    ("audit_runs", "SELECT, INSERT", "SELECT"),
    (
        "audit_findings",
        "SELECT, INSERT, UPDATE (state, notified_by, statement_due, hearing_wanted, heard_on, decided_by,"
        " decided_at, deducted_fen)",
        "SELECT",
    ),
    ("audit_finding_steps", "SELECT, INSERT", "SELECT"),
]


def upgrade() -> None:
    """Create the tables, who may do what with them, and who sees which rows."""
    for statement in _TABLES.split(";\n\n"):
        op.execute(statement)
    for table, api, worker in _RIGHTS:
        grant(table, "claims", api=api, worker=worker)
    protect("audit_runs", "claims", column="county_code")
    protect("audit_findings", "claims", column="county_code", facility="facility_code")
    protect("audit_finding_steps", "claims", column="county_code", facility="facility_code")
    append_only("audit_runs")
    append_only("audit_finding_steps")

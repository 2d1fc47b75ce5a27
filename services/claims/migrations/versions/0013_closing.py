"""Day closes, chained by hashes, with provider statements; reconciliations with hospitals.

``ledger_line`` writes a transfer down in one way only, as a JSON array; ``ledger_link`` hashes it together
with the link before it. So the links of a close are one chain from its county's last close to its own hash,
and a transfer that is changed, added, taken out or moved breaks the chain at its place. The same text and
hash are made again by ``python -m services.claims verify-ledger --file``, which shares no code with this.

``last_no`` and ``swept_at`` (the database's clock) let a close begin its search near the end of the ledger: a
transfer with a lower number may commit late, but not by an hour, because the server ends every transaction
long before.

The BRIN indexes find what was settled on given days; they cost the settling itself next to nothing.

Revision ID: 0013
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0013"
down_revision = "0012"

_FUNCTIONS = """
CREATE FUNCTION ledger_line(entry transfers) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT json_build_array(
    entry.no, to_char(entry.booked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    entry.county_code, entry.year, entry.facility_code, entry.kind, entry.debit_account,
    entry.credit_account, entry.amount_fen, entry.settlement_id, entry.reference, entry.reverses)::text
$$;

CREATE FUNCTION ledger_link(previous bytea, line text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sha256(previous || convert_to(line, 'UTF8'))
$$;

CREATE FUNCTION ledger_next(state bytea, line text, first bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sha256(COALESCE(state, first) || convert_to(line, 'UTF8'))
$$;

CREATE AGGREGATE ledger_chain(line text, first bytea) (SFUNC = ledger_next, STYPE = bytea)
"""
_TABLES = """
CREATE TABLE day_closes (
  id uuid CONSTRAINT pk_day_closes PRIMARY KEY,
  county_code text NOT NULL,
  no integer NOT NULL,
  business_date date NOT NULL,
  closed_at timestamptz NOT NULL,
  closed_by text NOT NULL,
  transfers integer NOT NULL,
  first_no bigint,
  last_no bigint,
  amount_fen bigint NOT NULL,
  settlements integer NOT NULL,
  reversals integer NOT NULL,
  charged_fen bigint NOT NULL,
  booked_fen bigint NOT NULL,
  stated_fen bigint NOT NULL,
  previous_hash bytea NOT NULL,
  last_link bytea NOT NULL,
  hash bytea NOT NULL,
  swept_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT uq_day_closes_county_code_no UNIQUE (county_code, no),
  CONSTRAINT ck_day_closes_no CHECK (no >= 1),
  CONSTRAINT ck_day_closes_transfers CHECK (
    (transfers = 0) = (first_no IS NULL) AND (transfers = 0) = (last_no IS NULL)),
  CONSTRAINT ck_day_closes_tie_out CHECK (charged_fen = booked_fen AND booked_fen = stated_fen)
);

CREATE TABLE closed_transfers (
  transfer_no bigint CONSTRAINT pk_closed_transfers PRIMARY KEY,
  close_id uuid NOT NULL,
  county_code text NOT NULL,
  link bytea NOT NULL
);

CREATE INDEX ix_closed_transfers_close_id_transfer_no ON closed_transfers (close_id, transfer_no);

CREATE TABLE provider_statements (
  close_id uuid NOT NULL,
  facility_code text NOT NULL,
  county_code text NOT NULL,
  close_no integer NOT NULL,
  settlements integer NOT NULL,
  reversals integer NOT NULL,
  charged_fen bigint NOT NULL,
  booked_fen bigint NOT NULL,
  stated_fen bigint NOT NULL,
  due_before_fen bigint NOT NULL,
  due_after_fen bigint NOT NULL,
  movements jsonb NOT NULL,
  CONSTRAINT pk_provider_statements PRIMARY KEY (close_id, facility_code),
  CONSTRAINT ck_provider_statements_tie_out CHECK (charged_fen = booked_fen AND booked_fen = stated_fen)
);

CREATE UNIQUE INDEX uq_provider_statements_county_code_facility_code_close_no
  ON provider_statements (county_code, facility_code, close_no);

CREATE TABLE reconciliations (
  id uuid CONSTRAINT pk_reconciliations PRIMARY KEY,
  facility_code text NOT NULL,
  division_code text NOT NULL,
  first_day date NOT NULL,
  last_day date NOT NULL,
  county_code text,
  visit_types text[],
  compared text[] NOT NULL,
  state text NOT NULL,
  differences integer NOT NULL,
  run_at timestamptz NOT NULL,
  run_by text NOT NULL,
  repaired_by uuid,
  repaired_at timestamptz,
  result jsonb NOT NULL,
  CONSTRAINT ck_reconciliations_days CHECK (first_day <= last_day),
  CONSTRAINT ck_reconciliations_state CHECK (state IN ('equal', 'open', 'repaired')),
  CONSTRAINT ck_reconciliations_equal CHECK ((state = 'equal') = (differences = 0)),
  CONSTRAINT ck_reconciliations_repaired CHECK (
    num_nonnulls(repaired_by, repaired_at) = CASE WHEN state = 'repaired' THEN 2 ELSE 0 END)
);

CREATE INDEX ix_reconciliations_facility_code_first_day ON reconciliations (facility_code, first_day);

CREATE INDEX ix_settlements_settled_at ON settlements USING brin (settled_at);

CREATE INDEX ix_settlement_revisions_recorded_at ON settlement_revisions USING brin (recorded_at)
"""
# What the close's hash covers beside the links: its own figures and every provider statement, in one text.
_CONTENT = """
CREATE FUNCTION day_close_line(entry day_closes) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT json_build_array(
    entry.county_code, entry.no, entry.business_date,
    to_char(entry.closed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), entry.closed_by,
    entry.transfers, entry.first_no, entry.last_no, entry.amount_fen, entry.settlements, entry.reversals,
    entry.charged_fen, entry.booked_fen, entry.stated_fen, encode(entry.previous_hash, 'hex'),
    encode(entry.last_link, 'hex'))::text
  || COALESCE((
    SELECT string_agg(chr(10) || json_build_array(
      facility_code, settlements, reversals, charged_fen, booked_fen, stated_fen, due_before_fen,
      due_after_fen, movements)::text, '' ORDER BY facility_code COLLATE "C")
    FROM provider_statements WHERE close_id = entry.id), '')
$$
"""
_RIGHTS = [
    ("day_closes", "SELECT, INSERT", "SELECT"),
    ("closed_transfers", "SELECT, INSERT", "SELECT"),
    ("provider_statements", "SELECT, INSERT", "SELECT"),
    ("reconciliations", "SELECT, INSERT, UPDATE (state, repaired_by, repaired_at)", "SELECT"),
]


def upgrade() -> None:
    """Create the tables and the functions of the chain, who may do what, and who sees which rows."""
    for part in (_FUNCTIONS, _TABLES, _CONTENT):
        for statement in part.split(";\n\n"):
            op.execute(statement)
    for table, api, worker in _RIGHTS:
        grant(table, "claims", api=api, worker=worker)
    for table in ("day_closes", "closed_transfers"):
        protect(table, "claims", column="county_code")
        append_only(table)
    protect("provider_statements", "claims", column="county_code", facility="facility_code")
    append_only("provider_statements")
    protect("reconciliations", "claims", facility="facility_code")

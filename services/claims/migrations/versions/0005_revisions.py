"""Reversals, adjustments and re-adjudication: revisions of settlements, proposals, people who are due.

``posting_order`` orders whatever moves a person's accumulators: a number is drawn while they are locked, so
that later numbers are later postings, which the ids, made by many processes, do not promise. Settlements of
before get theirs from the order in which they were booked.

``current_settlements`` and ``current_payers`` are what readers look at: the last revision, else what was
settled. They see what their reader may see.

Revision ID: 0005
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0005"
down_revision = "0004"

# The owner is subject to the policies of its own tables, which name only the service's roles.
_ORDER = """
CREATE SEQUENCE posting_order AS bigint;

GRANT USAGE ON SEQUENCE posting_order TO claims_api, claims_worker;

ALTER TABLE settlements ADD COLUMN posting_no bigint;

ALTER TABLE settlements NO FORCE ROW LEVEL SECURITY;

ALTER TABLE transfers NO FORCE ROW LEVEL SECURITY;

UPDATE settlements SET posting_no = ordered.no FROM (
  SELECT settlement.id, row_number() OVER (ORDER BY booked.first_no NULLS FIRST, settlement.id) AS no
  FROM settlements AS settlement LEFT JOIN (
    SELECT settlement_id, min(no) AS first_no FROM transfers
    WHERE settlement_id IS NOT NULL GROUP BY settlement_id
  ) AS booked ON booked.settlement_id = settlement.id
) AS ordered WHERE ordered.id = settlements.id;

SELECT setval('posting_order', count(*) + 1, false) FROM settlements;

ALTER TABLE settlements FORCE ROW LEVEL SECURITY;

ALTER TABLE transfers FORCE ROW LEVEL SECURITY;

ALTER TABLE settlements ALTER COLUMN posting_no SET DEFAULT nextval('posting_order'),
  ALTER COLUMN posting_no SET NOT NULL;

CREATE INDEX ix_settlements_person_id_year ON settlements (person_id, year)
"""

_CHANGES = """
ALTER TABLE visits ADD COLUMN reversed boolean NOT NULL DEFAULT false,
  ADD COLUMN earlier_settlements uuid[], ADD COLUMN earlier_digests bytea[];

ALTER TABLE accumulator_movements ADD COLUMN revision smallint NOT NULL DEFAULT 0;

ALTER TABLE accumulator_movements DROP CONSTRAINT pk_accumulator_movements,
  ADD CONSTRAINT pk_accumulator_movements PRIMARY KEY (settlement_id, kind, revision);

ALTER TABLE transfers DROP CONSTRAINT ck_transfers_origin,
  ADD CONSTRAINT ck_transfers_origin CHECK (num_nonnulls(settlement_id, reference) >= 1)
"""

_TABLES = """
CREATE TABLE settlement_revisions (
  settlement_id uuid NOT NULL,
  revision smallint NOT NULL,
  kind text NOT NULL,
  posting_no bigint NOT NULL DEFAULT nextval('posting_order'),
  readjudication_id uuid,
  facility_code text NOT NULL,
  division_code text NOT NULL,
  person_id uuid NOT NULL,
  year smallint NOT NULL,
  recorded_at timestamptz NOT NULL,
  recorded_by text NOT NULL,
  reason text NOT NULL,
  categories text[] NOT NULL,
  policy_pack text NOT NULL,
  policy_version text NOT NULL,
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
  payers text[] NOT NULL,
  payer_fen bigint[] NOT NULL,
  CONSTRAINT pk_settlement_revisions PRIMARY KEY (settlement_id, revision),
  CONSTRAINT ck_settlement_revisions_revision CHECK (revision >= 1),
  CONSTRAINT ck_settlement_revisions_kind CHECK (kind IN ('reversal', 'adjustment')),
  CONSTRAINT ck_settlement_revisions_run CHECK ((kind = 'adjustment') = (readjudication_id IS NOT NULL)),
  CONSTRAINT ck_settlement_revisions_payers CHECK (cardinality(payers) = cardinality(payer_fen)),
  CONSTRAINT ck_settlement_revisions_reversal CHECK (
    kind <> 'reversal' OR (total_fen = 0 AND cardinality(payers) = 0)),
  CONSTRAINT ck_settlement_revisions_amounts CHECK (
    LEAST(non_covered_fen, over_limit_fen, upfront_copay_fen, eligible_fen, person_pays_fen) >= 0
    AND eligible_fen = total_fen - non_covered_fen - over_limit_fen - upfront_copay_fen
    AND person_pays_fen <= total_fen)
);

CREATE TABLE readjudications (
  id uuid CONSTRAINT pk_readjudications PRIMARY KEY,
  person_id uuid NOT NULL,
  year smallint NOT NULL,
  division_code text NOT NULL,
  state text NOT NULL,
  reason text NOT NULL,
  automatic boolean NOT NULL,
  flagged boolean NOT NULL,
  difference_fen bigint NOT NULL,
  limit_fen bigint NOT NULL,
  last_posting_no bigint NOT NULL,
  digest bytea NOT NULL,
  proposed_at timestamptz NOT NULL,
  proposed_by text NOT NULL,
  decided_at timestamptz,
  decided_by text,
  decision_reason text,
  CONSTRAINT ck_readjudications_state CHECK (
    state IN ('proposed', 'posted', 'rejected', 'stale', 'superseded')),
  CONSTRAINT ck_readjudications_decided CHECK ((state = 'proposed') = (decided_at IS NULL)),
  CONSTRAINT ck_readjudications_two_people CHECK (
    state <> 'posted' OR automatic OR decided_by <> proposed_by)
);

CREATE UNIQUE INDEX uq_readjudications_open ON readjudications (person_id, year) WHERE state = 'proposed';

CREATE INDEX ix_readjudications_state_id ON readjudications (state, id);

CREATE TABLE readjudication_lines (
  readjudication_id uuid NOT NULL,
  line_no smallint NOT NULL,
  settlement_id uuid NOT NULL,
  division_code text NOT NULL,
  facility_code text NOT NULL,
  visit_no text NOT NULL,
  discharged_on date NOT NULL,
  revision smallint NOT NULL,
  flag text,
  categories_before text[] NOT NULL,
  categories_after text[] NOT NULL,
  policy_before text NOT NULL,
  policy_after text NOT NULL,
  payers text[] NOT NULL,
  before_fen bigint[] NOT NULL,
  after_fen bigint[] NOT NULL,
  person_before_fen bigint NOT NULL,
  person_after_fen bigint NOT NULL,
  share_after_bp integer NOT NULL,
  steps jsonb,
  CONSTRAINT pk_readjudication_lines PRIMARY KEY (readjudication_id, line_no)
);

CREATE TABLE readjudication_due (
  person_id uuid NOT NULL,
  year smallint NOT NULL,
  division_code text NOT NULL,
  reason text NOT NULL,
  since timestamptz NOT NULL,
  CONSTRAINT pk_readjudication_due PRIMARY KEY (person_id, year)
);

CREATE INDEX ix_readjudication_due_since ON readjudication_due (since, person_id)
"""

_TYPES = """
CREATE TYPE new_revision AS (
  settlement_id uuid, revision smallint, kind text, readjudication_id uuid, facility_code text,
  division_code text, person_id uuid, year smallint, recorded_at timestamptz, recorded_by text, reason text,
  categories text[], policy_pack text, policy_version text, total_fen bigint, non_covered_fen bigint,
  over_limit_fen bigint, upfront_copay_fen bigint, eligible_fen bigint, person_pays_fen bigint,
  personal_share_bp integer, ceiling_bp integer, ceiling_base_fen bigint, steps text, payers text[],
  payer_fen bigint[]);

CREATE TYPE new_revision_movement AS (
  settlement_id uuid, kind text, person_id uuid, year smallint, amount_fen bigint, revision smallint);

CREATE TYPE new_revision_transfer AS (
  booked_at timestamptz, county_code text, year smallint, facility_code text, kind text,
  debit_account text, credit_account text, amount_fen bigint, settlement_id uuid, reference text);

CREATE TYPE new_readjudication AS (
  id uuid, person_id uuid, year smallint, division_code text, state text, reason text, automatic boolean,
  flagged boolean, difference_fen bigint, limit_fen bigint, last_posting_no bigint, digest bytea,
  proposed_at timestamptz, proposed_by text, decided_at timestamptz, decided_by text);

CREATE TYPE new_readjudication_line AS (
  readjudication_id uuid, line_no smallint, settlement_id uuid, division_code text, facility_code text,
  visit_no text, discharged_on date, revision smallint, flag text, categories_before text[],
  categories_after text[], policy_before text, policy_after text, payers text[], before_fen bigint[],
  after_fen bigint[], person_before_fen bigint, person_after_fen bigint, share_after_bp integer, steps text)
"""

_LAST = """
settlement_revisions AS last ON last.settlement_id = settlement.id
AND NOT EXISTS (SELECT 1 FROM settlement_revisions AS newer
                WHERE newer.settlement_id = last.settlement_id AND newer.revision > last.revision)
"""
_KEPT = (
    *("id", "facility_code", "visit_no", "division_code", "person_id", "household_id", "id_number_masked"),
    *("visit_type", "admitted_on", "discharged_on", "year", "referral_no", "chronic_code", "diagnoses"),
    *("place", "referral", "provider_level", "settled_at", "settled_by", "referral_reason"),
    "posting_no",
)
_REVISED = (
    *("categories", "policy_pack", "policy_version", "total_fen", "non_covered_fen", "over_limit_fen"),
    *("upfront_copay_fen", "eligible_fen", "person_pays_fen", "personal_share_bp", "steps"),
)
_CURRENT_SETTLEMENTS = f"""
CREATE VIEW current_settlements WITH (security_invoker = true) AS
SELECT {", ".join(f"settlement.{name}" for name in _KEPT)},
  {", ".join(f"COALESCE(last.{name}, settlement.{name}) AS {name}" for name in _REVISED)},
  CASE WHEN last.revision IS NULL THEN settlement.ceiling_bp ELSE last.ceiling_bp END AS ceiling_bp,
  CASE WHEN last.revision IS NULL THEN settlement.ceiling_base_fen ELSE last.ceiling_base_fen END
    AS ceiling_base_fen,
  COALESCE(last.revision, 0::smallint) AS revision,
  CASE WHEN last.kind = 'reversal' THEN 'reversed' ELSE 'settled' END AS status,
  last.payers AS revised_payers, last.payer_fen AS revised_payer_fen
FROM settlements AS settlement LEFT JOIN {_LAST}
"""
_CURRENT_PAYERS = """
CREATE VIEW current_payers WITH (security_invoker = true) AS
SELECT settlement_id, line_no::integer AS line_no, payer, amount_fen FROM settlement_payers AS paid
WHERE NOT EXISTS (SELECT 1 FROM settlement_revisions AS revised
                  WHERE revised.settlement_id = paid.settlement_id)
UNION ALL
SELECT last.settlement_id, part.line_no::integer, part.payer, part.amount_fen
FROM settlement_revisions AS last
CROSS JOIN LATERAL unnest(last.payers, last.payer_fen) WITH ORDINALITY AS part (payer, amount_fen, line_no)
WHERE NOT EXISTS (SELECT 1 FROM settlement_revisions AS newer
                  WHERE newer.settlement_id = last.settlement_id AND newer.revision > last.revision)
"""

_RIGHTS = [
    ("settlement_revisions", "SELECT, INSERT", "SELECT"),
    ("readjudications", "SELECT, INSERT, UPDATE", "SELECT"),
    ("readjudication_lines", "SELECT, INSERT", "SELECT"),
    ("readjudication_due", "SELECT, INSERT, UPDATE, DELETE", "SELECT, INSERT"),
    ("current_settlements", "SELECT", "SELECT"),
    ("current_payers", "SELECT", "SELECT"),
]


def upgrade() -> None:
    """Add posting numbers, revisions, proposals and the views of current figures."""
    for part in (_ORDER, _CHANGES, _TABLES, _TYPES):
        for statement in part.split(";\n\n"):
            op.execute(statement)
    op.execute(_CURRENT_SETTLEMENTS)
    op.execute(_CURRENT_PAYERS)
    for table, api, worker in _RIGHTS:
        grant(table, "claims", api=api, worker=worker)
    op.execute(
        "GRANT UPDATE (settlement_id, content_digest, division_code, reversed, earlier_settlements,"
        " earlier_digests) ON visits TO claims_api"
    )
    protect("settlement_revisions", "claims", facility="facility_code")
    for table in ("readjudications", "readjudication_lines", "readjudication_due"):
        protect(table, "claims")
    append_only("settlement_revisions")
    append_only("readjudication_lines")

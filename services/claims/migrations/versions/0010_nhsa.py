"""The HIS interface: messages with their outcome, sign-ins, visits by the interface's ids, patients as told.

Replies and what a hospital tells about its patients are encrypted; the content of a message is kept as a
keyed digest only. A message's row is written once; only its reversal is added later.

Revision ID: 0010
"""

from alembic import op

from shared.migrations import grant, protect

revision = "0010"
down_revision = "0009"

_TABLES = """
CREATE TABLE nhsa_messages (
  msgid text CONSTRAINT pk_nhsa_messages PRIMARY KEY,
  facility_code text NOT NULL,
  division_code text NOT NULL,
  infno text NOT NULL,
  outcome text NOT NULL,
  content_digest bytea,
  reply bytea,
  mdtrt_id uuid,
  settlement_id uuid,
  part_no smallint,
  person_id uuid,
  received_at timestamptz NOT NULL,
  reversed_by text,
  reversed_at timestamptz,
  CONSTRAINT ck_nhsa_messages_outcome CHECK (outcome IN ('success', 'refused', 'never')),
  CONSTRAINT ck_nhsa_messages_reply CHECK (
    num_nonnulls(content_digest, reply) = CASE outcome WHEN 'never' THEN 0 ELSE 2 END),
  CONSTRAINT ck_nhsa_messages_reversed CHECK (num_nonnulls(reversed_by, reversed_at) IN (0, 2)),
  CONSTRAINT ck_nhsa_messages_never CHECK (outcome <> 'never' OR reversed_by IS NOT NULL),
  CONSTRAINT ck_nhsa_messages_reversal CHECK (infno <> '2601' OR reversed_by IS NULL),
  CONSTRAINT ck_nhsa_messages_msgid CHECK (length(msgid) = 30 AND msgid ^@ facility_code)
);

CREATE INDEX ix_nhsa_messages_settlement_id ON nhsa_messages (settlement_id) WHERE settlement_id IS NOT NULL;

CREATE TABLE nhsa_sign_ins (
  sign_no text CONSTRAINT pk_nhsa_sign_ins PRIMARY KEY,
  facility_code text NOT NULL,
  division_code text NOT NULL,
  opter text NOT NULL,
  signed_in_at timestamptz NOT NULL,
  valid_until timestamptz NOT NULL
);

CREATE TABLE nhsa_patients (
  facility_code text NOT NULL,
  person_id uuid NOT NULL,
  division_code text NOT NULL,
  sealed bytea NOT NULL,
  recorded_at timestamptz NOT NULL,
  CONSTRAINT pk_nhsa_patients PRIMARY KEY (facility_code, person_id)
);

CREATE TABLE nhsa_visits (
  mdtrt_id uuid CONSTRAINT pk_nhsa_visits PRIMARY KEY,
  facility_code text NOT NULL,
  division_code text NOT NULL,
  person_id uuid NOT NULL,
  care text NOT NULL,
  ipt_otp_no text NOT NULL,
  insutype text NOT NULL,
  cert_type text NOT NULL,
  med_type text,
  chronic_code text,
  diagnoses jsonb,
  began_at timestamptz NOT NULL,
  ended_at timestamptz,
  visit_no text,
  state text NOT NULL,
  registered_at timestamptz NOT NULL,
  CONSTRAINT ck_nhsa_visits_care CHECK (care IN ('outpatient', 'inpatient')),
  CONSTRAINT ck_nhsa_visits_state CHECK (state IN ('registered', 'cancelled')),
  CONSTRAINT ck_nhsa_visits_opened CHECK (visit_no IS NULL OR num_nonnulls(med_type, diagnoses) = 2)
);

CREATE UNIQUE INDEX uq_nhsa_visits_number ON nhsa_visits (facility_code, care, ipt_otp_no)
  WHERE state <> 'cancelled';

CREATE INDEX ix_nhsa_visits_visit_no ON nhsa_visits (facility_code, visit_no);

CREATE TABLE nhsa_batches (
  mdtrt_id uuid NOT NULL,
  part_no smallint NOT NULL,
  facility_code text NOT NULL,
  division_code text NOT NULL,
  chrg_bchno text NOT NULL,
  msgid text NOT NULL,
  CONSTRAINT pk_nhsa_batches PRIMARY KEY (mdtrt_id, part_no)
)
"""

_RIGHTS = [
    ("nhsa_messages", "SELECT, INSERT, UPDATE (reversed_by, reversed_at)", "SELECT"),
    ("nhsa_sign_ins", "SELECT, INSERT", "SELECT"),
    ("nhsa_patients", "SELECT, INSERT, UPDATE", "SELECT"),
    ("nhsa_visits", "SELECT, INSERT, UPDATE", "SELECT"),
    ("nhsa_batches", "SELECT, INSERT, DELETE", "SELECT"),
    # Single lines of a part can be taken out again.
    ("charge_parts", "UPDATE", ""),
]
_TABLES_OF_FACILITIES = ("nhsa_messages", "nhsa_sign_ins", "nhsa_patients", "nhsa_visits", "nhsa_batches")


def upgrade() -> None:
    """Create the tables, who may do what with them, and who sees which rows."""
    for statement in _TABLES.split(";\n\n"):
        op.execute(statement)
    for table, api, worker in _RIGHTS:
        grant(table, "claims", api=api, worker=worker)
    for table in _TABLES_OF_FACILITIES:
        protect(table, "claims", facility="facility_code")

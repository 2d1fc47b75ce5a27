"""Certificates of chronic diseases, as bitemporal as categories and enrolments.

Revision ID: 0003
"""

from alembic import op

from shared.migrations import grant, protect

revision = "0003"
down_revision = "0002"

_TABLES = """
CREATE TABLE chronic_certificates (
  id uuid CONSTRAINT pk_chronic_certificates PRIMARY KEY,
  person_id uuid NOT NULL CONSTRAINT fk_chronic_certificates_person_id REFERENCES people (id),
  division_code text NOT NULL,
  chronic_code text NOT NULL,
  handbook_no text,
  issued_by text,
  valid_from date NOT NULL,
  valid_to date,
  recorded_at timestamptz NOT NULL,
  superseded_at timestamptz,
  CONSTRAINT ck_chronic_certificates_not_empty CHECK (valid_to > valid_from)
);

CREATE UNIQUE INDEX uq_chronic_certificates_believed
  ON chronic_certificates (person_id, chronic_code, valid_from, superseded_at) NULLS NOT DISTINCT
"""


def upgrade() -> None:
    """Create the table; what is written may only be superseded, or follow its person to another village."""
    for statement in _TABLES.split(";\n\n"):
        op.execute(statement)
    protect("chronic_certificates", "registry")
    grant(
        "chronic_certificates",
        "registry",
        api="SELECT, INSERT, UPDATE (superseded_at, division_code)",
        worker="SELECT",
    )

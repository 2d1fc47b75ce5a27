"""What covers a visit besides the person: designations of providers, certificates of chronic diseases.

``provider_programmes`` keeps every list that was ever stated; what a settlement needs of it, the present
list, stands on the provider's own row, so that settling looks nothing up. ``designation_changes`` says on
which days of which provider another designation counts than before: the worker looks at them a second time,
because whoever states the list does not see patients of other counties, and a bill may be on its way.

Settlements and their revisions keep for which programmes the provider counted as designated, and why a
chronic disease that was named did not count.

Revision ID: 0007
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0007"
down_revision = "0006"

_COLUMNS = """
ALTER TABLE providers ADD COLUMN programmes jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN programmes_version bigint NOT NULL DEFAULT 0;

ALTER TABLE insured_persons ADD COLUMN certificates jsonb NOT NULL DEFAULT '[]';

ALTER TABLE settlements ADD COLUMN designated_for text[] NOT NULL DEFAULT '{}',
  ADD COLUMN chronic_reason text;

ALTER TABLE settlement_revisions ADD COLUMN designated_for text[] NOT NULL DEFAULT '{}',
  ADD COLUMN chronic_reason text
"""

_TABLES = """
CREATE TABLE provider_programmes (
  facility_code text NOT NULL,
  version bigint NOT NULL,
  programme text NOT NULL,
  valid_from date NOT NULL,
  valid_to date,
  division_code text NOT NULL,
  recorded_at timestamptz NOT NULL,
  recorded_by text NOT NULL,
  CONSTRAINT pk_provider_programmes PRIMARY KEY (facility_code, version, programme, valid_from),
  CONSTRAINT ck_provider_programmes_not_empty CHECK (valid_to > valid_from),
  CONSTRAINT ex_provider_programmes_overlap EXCLUDE USING gist (
    facility_code WITH =, version WITH =, programme WITH =, daterange(valid_from, valid_to) WITH &&)
);

CREATE TABLE designation_changes (
  facility_code text NOT NULL,
  version bigint NOT NULL,
  first_day date NOT NULL,
  end_day date NOT NULL,
  division_code text NOT NULL,
  recorded_at timestamptz NOT NULL,
  followed_up_at timestamptz,
  CONSTRAINT pk_designation_changes PRIMARY KEY (facility_code, version, first_day)
);

CREATE INDEX ix_designation_changes_open ON designation_changes (recorded_at) WHERE followed_up_at IS NULL
"""

_TYPES = """
CREATE TYPE settled_visit AS (
  id uuid, facility_code text, visit_no text, division_code text, person_id uuid, household_id uuid,
  id_number_masked text, visit_type text, admitted_on date, discharged_on date, year smallint,
  referral_no text, chronic_code text, diagnoses text[], place text, referral text, provider_level smallint,
  categories text[], policy_pack text, policy_version text, settled_at timestamptz, settled_by text,
  total_fen bigint, non_covered_fen bigint, over_limit_fen bigint, upfront_copay_fen bigint,
  eligible_fen bigint, person_pays_fen bigint, personal_share_bp integer, ceiling_bp integer,
  ceiling_base_fen bigint, steps text, referral_reason text, designated_for text[], chronic_reason text);

CREATE TYPE revised_settlement AS (
  settlement_id uuid, revision smallint, kind text, readjudication_id uuid, facility_code text,
  division_code text, person_id uuid, year smallint, recorded_at timestamptz, recorded_by text, reason text,
  categories text[], policy_pack text, policy_version text, total_fen bigint, non_covered_fen bigint,
  over_limit_fen bigint, upfront_copay_fen bigint, eligible_fen bigint, person_pays_fen bigint,
  personal_share_bp integer, ceiling_bp integer, ceiling_base_fen bigint, steps text,
  designated_for text[], chronic_reason text, payers text[], payer_fen bigint[])
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
# As in 0005, with the two new columns at the end.
_CURRENT_SETTLEMENTS = f"""
CREATE OR REPLACE VIEW current_settlements WITH (security_invoker = true) AS
SELECT {", ".join(f"settlement.{name}" for name in _KEPT)},
  {", ".join(f"COALESCE(last.{name}, settlement.{name}) AS {name}" for name in _REVISED)},
  CASE WHEN last.revision IS NULL THEN settlement.ceiling_bp ELSE last.ceiling_bp END AS ceiling_bp,
  CASE WHEN last.revision IS NULL THEN settlement.ceiling_base_fen ELSE last.ceiling_base_fen END
    AS ceiling_base_fen,
  COALESCE(last.revision, 0::smallint) AS revision,
  CASE WHEN last.kind = 'reversal' THEN 'reversed' ELSE 'settled' END AS status,
  last.payers AS revised_payers, last.payer_fen AS revised_payer_fen,
  COALESCE(last.designated_for, settlement.designated_for) AS designated_for,
  CASE WHEN last.revision IS NULL THEN settlement.chronic_reason ELSE last.chronic_reason END
    AS chronic_reason
FROM settlements AS settlement LEFT JOIN {_LAST}
"""


def upgrade() -> None:
    """Add designations, certificates, and what settlements keep of them."""
    for part in (_COLUMNS, _TABLES, _TYPES):
        for statement in part.split(";\n\n"):
            op.execute(statement)
    op.execute(_CURRENT_SETTLEMENTS)
    grant("provider_programmes", "claims", api="SELECT, INSERT", worker="SELECT")
    grant("designation_changes", "claims", api="INSERT", worker="SELECT, UPDATE (followed_up_at)")
    for table in ("provider_programmes", "designation_changes"):
        protect(table, "claims")
    # Public like the providers themselves.
    op.execute("CREATE POLICY readable ON provider_programmes FOR SELECT TO claims_api USING (true)")
    append_only("provider_programmes")

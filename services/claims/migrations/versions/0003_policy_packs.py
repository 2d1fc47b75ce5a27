"""Policy packs published here: drafts, approved versions, and who may do what with them.

A row is written as a draft and decided once. Text, digest and everything else of it never change, also not by
the table's owner; what an approved version says is corrected by a further revision.

Names and jurisdictions of packs are public inside the platform: whoever prepares a pack has to learn that its
name or its jurisdiction is taken, also by a county that it cannot see.

Revision ID: 0003
"""

from alembic import op

from shared.migrations import append_only, grant

revision = "0003"
down_revision = "0002"

_TABLES = """
CREATE TABLE policy_packs (
  id uuid CONSTRAINT pk_policy_packs PRIMARY KEY,
  pack text NOT NULL,
  version text NOT NULL,
  effective_from date NOT NULL,
  revision smallint NOT NULL,
  jurisdiction text NOT NULL,
  title text NOT NULL,
  text text NOT NULL,
  digest text NOT NULL,
  compared_with text,
  compared_digest text,
  diff jsonb NOT NULL,
  state text NOT NULL,
  prepared_by text NOT NULL,
  prepared_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  reason text,
  generation bigint,
  CONSTRAINT ck_policy_packs_state CHECK (state IN ('draft', 'approved', 'rejected')),
  CONSTRAINT ck_policy_packs_decided CHECK (
    (state = 'draft') = (decided_by IS NULL) AND (state = 'draft') = (decided_at IS NULL)
    AND (state = 'approved') = (generation IS NOT NULL)),
  CONSTRAINT ck_policy_packs_two_people CHECK (state <> 'approved' OR decided_by <> prepared_by)
);

CREATE UNIQUE INDEX ix_policy_packs_open ON policy_packs (pack, effective_from) WHERE state = 'draft';

CREATE UNIQUE INDEX ix_policy_packs_approved ON policy_packs (pack, effective_from, revision)
  WHERE state = 'approved';

CREATE TABLE policy_pack_names (
  pack text CONSTRAINT pk_policy_pack_names PRIMARY KEY,
  jurisdiction text NOT NULL CONSTRAINT uq_policy_pack_names_jurisdiction UNIQUE
);

CREATE TABLE policy_pack_followups (
  pack_id uuid CONSTRAINT pk_policy_pack_followups PRIMARY KEY,
  person_years_due bigint NOT NULL,
  done_at timestamptz NOT NULL
);

CREATE SEQUENCE policy_pack_generations;

CREATE FUNCTION guard_policy_pack() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  decision CONSTANT text[] := ARRAY['state', 'decided_by', 'decided_at', 'reason', 'generation'];
BEGIN
  IF TG_OP = 'INSERT' AND NEW.state = 'draft' THEN
    RETURN NEW;
  ELSIF TG_OP = 'UPDATE' AND OLD.state = 'draft' AND NEW.state IN ('approved', 'rejected')
        AND to_jsonb(NEW) - decision = to_jsonb(OLD) - decision THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a policy pack is written as a draft and decided once' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON policy_packs
  FOR EACH ROW EXECUTE FUNCTION guard_policy_pack();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON policy_packs
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""

_PREFIXES = "((SELECT NULLIF(current_setting('app.jurisdiction', true), ''))::text[])"
_INSIDE = f"jurisdiction ^@ ANY ({_PREFIXES})"
# Somebody below a pack is paid by it, somebody above supervises it. Hospitals see what is decided only.
_READABLE = (
    f"({_INSIDE} OR EXISTS (SELECT 1 FROM unnest({_PREFIXES}) AS prefix WHERE prefix ^@ jurisdiction))"
    " AND (state = 'approved' OR NULLIF(current_setting('app.facility', true), '') IS NULL)"
)


def upgrade() -> None:
    """Create the tables, their rights and their rules."""
    for statement in _TABLES.split(";\n\n"):
        op.execute(statement)
    decision = "UPDATE (state, decided_by, decided_at, reason, generation)"
    grant("policy_packs", "claims", api=f"SELECT, INSERT, {decision}", worker="SELECT")
    grant("policy_pack_names", "claims", api="SELECT, INSERT", worker="SELECT")
    op.execute("GRANT USAGE ON SEQUENCE policy_pack_generations TO claims_api")
    grant("policy_pack_followups", "claims", worker="SELECT, INSERT")
    append_only("policy_pack_names")
    append_only("policy_pack_followups")
    op.execute("ALTER TABLE policy_packs ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE policy_packs FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY worker ON policy_packs TO claims_worker USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY readable ON policy_packs FOR SELECT TO claims_api USING ({_READABLE})")
    op.execute(f"CREATE POLICY prepare ON policy_packs FOR INSERT TO claims_api WITH CHECK ({_INSIDE})")
    op.execute(f"CREATE POLICY decide ON policy_packs FOR UPDATE TO claims_api USING ({_INSIDE})")

"""What another county has paid to the same people is not paid again: relapse payouts, aid, premiums.

Row-level security shows a county its own claims and batches, and two counties may have a record each of one
person, under one ID number. These functions tell a county what others gave to its people, and nothing else.

Revision ID: 0019
"""

from alembic import op

revision = "0019"
down_revision = "0018"

_OWNER_READS = ("relapse_claims", "one_off_grants", "sponsored_people", "insured_persons")
_FUNCTIONS = """
CREATE FUNCTION relapse_paid(holder uuid, in_year smallint) RETURNS bigint
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public AS $$
  SELECT COALESCE(sum(payout_fen), 0)::bigint FROM relapse_claims
  WHERE holder_id = holder AND year = in_year AND state = 'paid'
$$;

CREATE FUNCTION one_off_grants_of(people uuid[])
RETURNS TABLE (person_id uuid, policy_pack text, rule text, year smallint, amount_fen bigint)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public AS $$
  SELECT own.person_id, given.policy_pack, given.rule, given.year, given.amount_fen
  FROM insured_persons AS own JOIN insured_persons AS same ON same.id_index = own.id_index
  JOIN one_off_grants AS given ON given.person_id = same.person_id
  WHERE own.person_id = ANY(people)
$$;

CREATE FUNCTION sponsored_already(in_year smallint, people uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public AS $$
  SELECT DISTINCT own.person_id
  FROM insured_persons AS own JOIN insured_persons AS same ON same.id_index = own.id_index
  JOIN sponsored_people AS taken ON taken.person_id = same.person_id AND taken.year = in_year
  WHERE own.person_id = ANY(people)
$$
"""
_SIGNATURES = (
    "relapse_paid(uuid, smallint)",
    "one_off_grants_of(uuid[])",
    "sponsored_already(smallint, uuid[])",
)


def upgrade() -> None:
    """Add the functions, for the service alone."""
    for table in _OWNER_READS:
        # Another revision may have let the owner read some of them.
        op.execute(f"DROP POLICY IF EXISTS owner ON {table}")
        op.execute(f"CREATE POLICY owner ON {table} FOR SELECT TO claims_owner USING (true)")
    for statement in _FUNCTIONS.split(";\n\n"):
        op.execute(statement)
    for signature in _SIGNATURES:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO claims_api, claims_worker")

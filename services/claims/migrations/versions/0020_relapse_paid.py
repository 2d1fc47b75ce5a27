"""What another county's insurance has paid on the same own payment is not paid again.

Row-level security shows a county its own claims; this function tells the sum of all, and nothing else.

Revision ID: 0020
"""

from alembic import op

revision = "0020"
down_revision = "0015"

_FUNCTION = """
CREATE POLICY owner ON relapse_claims FOR SELECT TO claims_owner USING (true);

CREATE FUNCTION relapse_paid(holder uuid, in_year smallint) RETURNS bigint
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public AS $$
  SELECT COALESCE(sum(payout_fen), 0)::bigint FROM relapse_claims
  WHERE holder_id = holder AND year = in_year AND state = 'paid'
$$;

REVOKE ALL ON FUNCTION relapse_paid(uuid, smallint) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION relapse_paid(uuid, smallint) TO claims_api, claims_worker
"""


def upgrade() -> None:
    """Add the function, for the service alone."""
    for statement in _FUNCTION.split(";\n\n"):
        op.execute(statement)

"""Payments that the bank returns after it had paid them, money that a county's special account holds, and
subsidies that another county has paid.

Revision ID: 0017
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0017"
down_revision = "0016"

_RETURNS = """
CREATE TABLE payment_returns (
  item_id uuid CONSTRAINT pk_payment_returns PRIMARY KEY,
  batch_id uuid NOT NULL,
  county_code text NOT NULL,
  amount_fen bigint NOT NULL,
  returned_on date NOT NULL,
  reason text NOT NULL,
  booked_at timestamptz NOT NULL,
  booked_by text NOT NULL,
  CONSTRAINT ck_payment_returns_amount CHECK (amount_fen > 0)
);

CREATE INDEX ix_payment_returns_batch_id ON payment_returns (batch_id);

ALTER TABLE payment_items
  DROP CONSTRAINT ck_payment_items_state,
  DROP CONSTRAINT ck_payment_items_payable,
  DROP CONSTRAINT ck_payment_items_failed;

ALTER TABLE payment_items
  ADD CONSTRAINT ck_payment_items_state CHECK (
    state IN ('payable', 'unpayable', 'carried_forward', 'offset', 'cancelled', 'in_payment', 'paid',
              'failed', 'bank_returned', 'retried', 'returned')),
  ADD CONSTRAINT ck_payment_items_payable CHECK (
    state NOT IN ('payable', 'in_payment', 'paid', 'failed', 'bank_returned', 'retried', 'returned')
    OR amount_fen > 0 AND account_id IS NOT NULL),
  ADD CONSTRAINT ck_payment_items_failed CHECK (
    state NOT IN ('failed', 'bank_returned', 'retried', 'returned')
    OR failure IS NOT NULL AND decided_on IS NOT NULL);

ALTER TABLE payment_results
  ADD COLUMN returned integer NOT NULL DEFAULT 0,
  ADD COLUMN returned_fen bigint NOT NULL DEFAULT 0
"""
_SPECIAL_ACCOUNT = """
CREATE INDEX ix_transfers_bank_debit ON transfers (debit_account)
  WHERE debit_account ^@ 'bank:' OR debit_account ^@ 'in_payment:';

CREATE INDEX ix_transfers_bank_credit ON transfers (credit_account)
  WHERE credit_account ^@ 'bank:' OR credit_account ^@ 'in_payment:'
"""
# A county sees its own runs only. Of others it learns what they paid for months of its own people, also of
# those who were registered anew when they moved, and nothing else.
_SUBSIDIES = """
CREATE POLICY owner ON subsidy_runs FOR SELECT TO claims_owner USING (true);

CREATE POLICY owner ON subsidy_lines FOR SELECT TO claims_owner USING (true);

CREATE POLICY owner ON insured_persons FOR SELECT TO claims_owner USING (true);

CREATE FUNCTION subsidies_paid_elsewhere(county text, wanted text, persons uuid[], months date[])
RETURNS TABLE (person_id uuid, month date, amount_fen bigint)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public AS $$
  SELECT own.person_id, line.month, sum(line.due_fen - line.paid_fen)::bigint
  FROM insured_persons AS own JOIN insured_persons AS same ON same.id_index = own.id_index
  JOIN subsidy_lines AS line ON line.person_id = same.person_id AND line.programme = wanted
    AND line.month = ANY(months)
  JOIN subsidy_runs AS run ON run.id = line.run_id
  WHERE own.person_id = ANY(persons) AND own.division_code ^@ county
    AND run.state = 'approved' AND run.county_code <> county
  GROUP BY 1, 2
$$;

REVOKE ALL ON FUNCTION subsidies_paid_elsewhere(text, text, uuid[], date[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION subsidies_paid_elsewhere(text, text, uuid[], date[]) TO claims_api, claims_worker
"""


def upgrade() -> None:
    """Create the tables, who may do what with them, and who sees which rows."""
    for part in (_RETURNS, _SPECIAL_ACCOUNT, _SUBSIDIES):
        for statement in part.split(";\n\n"):
            op.execute(statement)
    grant("payment_returns", "claims", api="SELECT, INSERT", worker="SELECT")
    protect("payment_returns", "claims", column="county_code")
    append_only("payment_returns")

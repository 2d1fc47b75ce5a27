"""A county learns what others paid for the months in its own runs, also of people who have moved away since.

Before, it learned it of its present people only. So of two counties that had both prepared a run for somebody
who was moving, the old one paid again when the new one had been first.

Revision ID: 0022
"""

from alembic import op

revision = "0022"
down_revision = "0021"

_PAID_ELSEWHERE = """
CREATE OR REPLACE FUNCTION subsidies_paid_elsewhere(county text, wanted text, persons uuid[], months date[])
RETURNS TABLE (person_id uuid, month date, amount_fen bigint)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public AS $$
  SELECT own.person_id, line.month, sum(line.due_fen - line.paid_fen)::bigint
  FROM insured_persons AS own JOIN insured_persons AS same ON same.id_index = own.id_index
  JOIN subsidy_lines AS line ON line.person_id = same.person_id AND line.programme = wanted
    AND line.month = ANY(months)
  JOIN subsidy_runs AS run ON run.id = line.run_id
  WHERE own.person_id = ANY(persons) AND run.state = 'approved' AND run.county_code <> county
    AND (own.division_code ^@ county OR EXISTS (
      SELECT FROM subsidy_lines AS mine
      WHERE mine.person_id = own.person_id AND mine.programme = wanted AND mine.month = ANY(months)
        AND mine.county_code = county
    ))
  GROUP BY 1, 2
$$
"""


def upgrade() -> None:
    """The function anew; who may call it stays."""
    op.execute(_PAID_ELSEWHERE)

"""Own payments of the year of people and households; claims against the relapse insurance.

What was settled before is counted as well: every settlement gets its two movements, the accumulators their
sums. The tables are locked meanwhile, so that nothing is settled between the counting and the commit.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0002"

_INDEXES = """
CREATE INDEX ix_accumulators_burden ON accumulators (year, kind, division_code)
  WHERE kind IN ('own_payment', 'household.own_payment');

CREATE INDEX ix_accumulator_movements_burden ON accumulator_movements (person_id, year)
  WHERE kind IN ('own_payment', 'household.own_payment')
"""

_COUNT_WHAT_WAS_SETTLED = """
LOCK TABLE accumulators, accumulator_movements, settlements IN SHARE ROW EXCLUSIVE MODE;

INSERT INTO accumulator_movements (settlement_id, kind, person_id, year, amount_fen)
SELECT id, kind, holder, year, person_pays_fen
FROM settlements CROSS JOIN LATERAL (
  VALUES ('own_payment', person_id), ('household.own_payment', household_id)
) AS counted (kind, holder)
WHERE person_pays_fen > 0;

INSERT INTO accumulators (person_id, year, kind, division_code, used_fen)
SELECT moved.person_id, moved.year, moved.kind,
       (array_agg(COALESCE(person.division_code, settled.division_code) ORDER BY settled.id DESC))[1],
       sum(moved.amount_fen)::bigint
FROM accumulator_movements AS moved JOIN settlements AS settled ON settled.id = moved.settlement_id
LEFT JOIN insured_persons AS person ON person.person_id = settled.person_id
WHERE moved.kind IN ('own_payment', 'household.own_payment')
GROUP BY moved.person_id, moved.year, moved.kind
"""
_FORCED = ("accumulators", "accumulator_movements", "settlements", "insured_persons")


def upgrade() -> None:
    """Count own payments, of the past as well; index them for the county's list."""
    for statement in _INDEXES.split(";\n\n"):
        op.execute(statement)
    # The owner is bound by row-level security too, and would see nothing.
    for table in _FORCED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in _COUNT_WHAT_WAS_SETTLED.split(";\n\n"):
        op.execute(statement)
    for table in _FORCED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")

"""Statements that pick out of a county's month what the audit rules are about. Each reads the month once."""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.audit.findings import Line, Month, Patient
from services.claims.audit.model import (
    CostOutlier,
    DayLimits,
    DrugShare,
    Duplicates,
    Fit,
    PatientFit,
    PriceLimits,
)
from shared.db import raw

MAX_ROWS: Final = 50_000
"""What one rule may pick out of a month; one row more is asked for, to know."""


class Scope(NamedTuple):
    """A county's settlements that stand, by the day of discharge; the end exclusive."""

    county_code: str
    first_day: date
    end_day: date

    @classmethod
    def of_month(cls, county_code: str, first: date) -> "Scope":
        """A whole month by its first day."""
        return cls(county_code, first, date(first.year + first.month // 12, first.month % 12 + 1, 1))


_MONTH_OF = """
WITH month AS MATERIALIZED (
  SELECT id, facility_code, provider_level, person_id, visit_type, admitted_on, discharged_on, diagnoses,
    total_fen, GREATEST(discharged_on - admitted_on, 1) AS days
  FROM current_settlements
  WHERE discharged_on >= $2 AND discharged_on < $3 AND division_code ^@ $1 AND status = 'settled'{and_}
)
"""
_MONTH = _MONTH_OF.format(and_="")
_MONTH_OF_PROVIDERS = _MONTH_OF.format(and_=" AND ($5::text IS NULL OR facility_code = $5)")
_LINE = """
SELECT facility_code, settlement_id::text, line_no, item_code, name, quantity_milli, unit_price_e4,
  price_limit_e4, amount_fen, provider_level, person_id::text, discharged_on, days
"""
# What the patient pays alone (class C) is no money of the funds.
_OUTPATIENT_LINES = """
FROM settlement_charges JOIN month ON id = settlement_id
WHERE category = ANY($4) AND item_class <> 'C' AND amount_fen > 0 AND admitted_on = discharged_on
"""
_SAME_VISIT = f"""
{_MONTH}
{_LINE} FROM (
  SELECT *, count(*) OVER (PARTITION BY settlement_id, item_code, quantity_milli, unit_price_e4) AS times
  {_OUTPATIENT_LINES}
) AS line WHERE times > 1 ORDER BY settlement_id, line_no LIMIT $5
"""
_SAME_DAY = f"""
{_MONTH}
{_LINE} FROM (
  SELECT *, min(settlement_id::text) OVER item AS first, max(settlement_id::text) OVER item AS last
  {_OUTPATIENT_LINES} WINDOW item AS (PARTITION BY person_id, item_code, discharged_on)
) AS line WHERE first <> last ORDER BY settlement_id, line_no LIMIT $5
"""
# Picked out by item first: few lines are left for the joins, however the month's size is estimated.
_CHOSEN = """
, chosen AS MATERIALIZED (
  SELECT * FROM settlement_charges JOIN month ON id = settlement_id
  WHERE item_code = ANY($4) AND item_class <> 'C'
)
"""
_PRICES = f"""
{_MONTH}{_CHOSEN}
{_LINE}
FROM chosen JOIN unnest($4::text[], $5::smallint[], $6::bigint[]) AS allowed (code, level, limit_e4)
  ON item_code = code AND provider_level = level
WHERE LEAST(unit_price_e4, price_limit_e4) > limit_e4
ORDER BY settlement_id, line_no LIMIT $7
"""
_QUANTITIES = f"""
{_MONTH}{_CHOSEN}
{_LINE} FROM (
  SELECT *, sum(quantity_milli) OVER (PARTITION BY settlement_id, item_code) AS billed
  FROM chosen JOIN unnest($4::text[], $5::bigint[]) AS allowed (code, per_day) ON item_code = code
  WHERE visit_type = ANY($6)
) AS line WHERE billed > per_day * days ORDER BY settlement_id, line_no LIMIT $7
"""
_AGE = "date_part('year', age(admitted_on, birth_date))::integer"
_MISFIT = f"""
EXISTS (
  SELECT 1 FROM unnest($4::text[], $5::text[], $6::integer[], $7::integer[])
    AS fit (prefix, wanted, low, high)
  WHERE {{code}} ^@ prefix AND (wanted <> sex OR {_AGE} < low OR {_AGE} >= high))
"""
_DIAGNOSES = f"""
{_MONTH}
SELECT facility_code, id::text, NULL::integer, code, sex, {_AGE}, total_fen
FROM month JOIN insured_persons USING (person_id) CROSS JOIN LATERAL unnest(diagnoses) AS code
WHERE {_MISFIT.format(code="code")}
ORDER BY id, code LIMIT $8
"""
_ITEMS = f"""
{_MONTH}, chosen AS MATERIALIZED (
  SELECT * FROM settlement_charges JOIN month ON id = settlement_id WHERE item_code ^@ ANY($4)
)
SELECT facility_code, settlement_id::text, line_no::integer, item_code, sex, {_AGE}, amount_fen
FROM chosen JOIN insured_persons USING (person_id)
WHERE {_MISFIT.format(code="item_code")}
ORDER BY settlement_id, line_no LIMIT $8
"""
_DRUGS = f"""
{_MONTH_OF_PROVIDERS}, drugs AS MATERIALIZED (
  SELECT facility_code, sum(amount_fen) AS drugs_fen FROM month JOIN settlement_charges ON settlement_id = id
  WHERE category = ANY($4) GROUP BY facility_code
), billed AS MATERIALIZED (
  SELECT facility_code, max(provider_level) AS level, count(*) AS visits, sum(total_fen) AS total_fen
  FROM month GROUP BY facility_code
)
SELECT facility_code, level::integer, visits::integer, total_fen::bigint, COALESCE(drugs_fen, 0)::bigint
FROM billed LEFT JOIN drugs USING (facility_code) ORDER BY facility_code
"""
_COSTS = f"""
{_MONTH_OF_PROVIDERS}
SELECT facility_code, max(provider_level)::integer, count(*)::integer, sum(total_fen)::bigint, 0
FROM month WHERE visit_type = ANY($4) GROUP BY facility_code ORDER BY facility_code
"""
_COUNT = f"{_MONTH} SELECT count(*)::integer FROM month"


async def count(session: AsyncSession, scope: Scope) -> int:
    """How many settlements the month holds."""
    return int(await (await raw(session)).fetchval(_COUNT, *scope))


async def lines(
    session: AsyncSession, scope: Scope, rule: Duplicates | PriceLimits | DayLimits
) -> list[Line]:
    """The charge lines that a rule is about; at most ``MAX_ROWS`` + 1."""
    statement, values = _line_query(rule)
    rows = await (await raw(session)).fetch(statement, *scope, *values, MAX_ROWS + 1)
    return [Line(*row) for row in rows]


def _line_query(rule: Duplicates | PriceLimits | DayLimits) -> tuple[str, list[object]]:
    if isinstance(rule, PriceLimits):
        codes, levels = zip(*rule.limits, strict=True)
        return _PRICES, [list(codes), list(levels), list(rule.limits.values())]
    if isinstance(rule, DayLimits):
        per_day = rule.per_day_milli
        return _QUANTITIES, [list(per_day), list(per_day.values()), list(rule.visit_types)]
    return (_SAME_VISIT if rule.kind == "duplicate_same_visit" else _SAME_DAY), [list(rule.categories)]


async def patients(session: AsyncSession, scope: Scope, rule: PatientFit) -> list[Patient]:
    """Visits and lines with a diagnosis or an item that is not for such a patient."""
    connection = await raw(session)
    found: list[Patient] = []
    for statement, fits in ((_DIAGNOSES, rule.diagnoses), (_ITEMS, rule.items)):
        if fits:
            rows = await connection.fetch(statement, *scope, *_columns(fits), MAX_ROWS + 1)
            found += [Patient(*row) for row in rows]
    return found


def _columns(fits: Sequence[Fit]) -> list[list[object]]:
    return [[getattr(fit, name) for fit in fits] for name in ("prefix", "sex", "from_age", "to_age")]


async def providers(
    session: AsyncSession, scope: Scope, rule: DrugShare | CostOutlier, facility_code: str | None = None
) -> list[Month]:
    """What each provider, or only this one, billed in the month."""
    if isinstance(rule, DrugShare):
        statement, chosen = _DRUGS, rule.categories
    else:
        statement, chosen = _COSTS, rule.visit_types
    rows = await (await raw(session)).fetch(statement, *scope, list(chosen), facility_code)
    return [Month(*row) for row in rows]

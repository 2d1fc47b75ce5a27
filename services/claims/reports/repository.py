"""Statements of the reports: sums over what the caller may see, and the settlements behind a figure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

# What each measure counts (their Chinese names are in definitions.yaml), over rows of the shape of
# report_sums: a row without a payer is bills, one with a payer what that payer paid of them.
_INPATIENT = "payer = '' AND visit_type = 'inpatient'"
_OUT_OF_COUNTY = f"{_INPATIENT} AND place <> 'in_county'"
_CAPPED = "payer = '' AND ceiling_bp >= 0"
_PAID = "paid_fen) FILTER (WHERE payer"
MEASURES: Final[Mapping[str, str]] = {
    "visits": "visits) FILTER (WHERE payer = '')",
    "basic_visits": "visits) FILTER (WHERE payer = 'basic_insurance')",
    "total": "total_fen)",
    "eligible": "eligible_fen)",
    "person_pays": "person_pays_fen)",
    "basic_paid": f"{_PAID} = 'basic_insurance')",
    "assistance_paid": f"{_PAID} = 'medical_assistance')",
    "funds_paid": f"{_PAID} NOT IN ('', 'provider'))",
    "provider_relief": f"{_PAID} = 'provider')",
    "ceiling_visits": f"visits) FILTER (WHERE {_CAPPED})",
    "within_ceiling": f"visits - above_ceiling) FILTER (WHERE {_CAPPED})",
    "ceiling_person": f"person_pays_fen) FILTER (WHERE {_CAPPED})",
    "ceiling_base": f"ceiling_base_fen) FILTER (WHERE {_CAPPED})",
    "inpatient_visits": f"visits) FILTER (WHERE {_INPATIENT})",
    "out_of_county_visits": f"visits) FILTER (WHERE {_OUT_OF_COUNTY})",
    "compliant_out_visits": f"visits) FILTER (WHERE {_OUT_OF_COUNTY} AND referral = 'compliant')",
    "drug": "drug_fen)",
    "drug_without_herbal": "drug_fen - herbal_fen)",
}
SUMS: Final = (
    *("visits", "total_fen", "eligible_fen", "person_pays_fen", "ceiling_base_fen", "above_ceiling"),
    *("drug_fen", "herbal_fen", "paid_fen"),
)
"""What is summed in report_sums."""
_MEASURED = ", ".join(f"COALESCE(sum({sql}, 0)::bigint AS {name}" for name, sql in MEASURES.items())


class Span(NamedTuple):
    """The months of a report: a year up to a month, and the same of the year before; days are first days."""

    county: str
    month: date
    poor: Sequence[str]
    facility_code: str | None = None
    """Only what one provider settled."""

    @property
    def values(self) -> dict[str, Any]:
        """Parameters of the statements."""
        month, before = self.month, self.month.replace(year=self.month.year - 1)
        return {
            "county": self.county,
            "facility": self.facility_code,
            "poor": list(self.poor),
            "january": month.replace(month=1),
            "month": month,
            "next": date(month.year + month.month // 12, month.month % 12 + 1, 1),
            "january_before": before.replace(month=1),
            "month_before": before,
            "next_before": date(before.year + before.month // 12, before.month % 12 + 1, 1),
        }


# Four buckets that do not overlap: (this year, the year before) x (the month itself, the months before it).
# Nobody's own sums: whoever may not see the whole county gets them from the settlements themselves.
# Summed in two steps, because every measure of every row would be the greater part of the work.
_BUCKETS = """
SELECT month < CAST(:january AS date) AS before, month IN (:month, :month_before) AS in_month,
       categories, categories && CAST(:poor AS text[]) AS poor, visit_type, provider_level, place, referral,
       payer, ceiling_bp, {summed}
FROM {source} AS source
WHERE {county} AND (month BETWEEN :january AND :month OR month BETWEEN :january_before AND :month_before)
  AND (CAST(:facility AS text) IS NULL OR facility_code = CAST(:facility AS text))
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""
_SUMMED = ", ".join(f"sum({name})::bigint AS {name}" for name in SUMS)
_LINES = """
GROUPING SETS ((before, in_month, categories, visit_type, provider_level, place),
               (before, in_month, poor, visit_type, payer), (before, in_month, poor, ceiling_bp))
"""
_SUMS = """
SELECT GROUPING(visit_type) = 1 AS by_ceiling, GROUPING(payer) = 0 AS by_payer, before, in_month, categories,
       poor, visit_type, provider_level, place, payer, ceiling_bp, {measured},
       COALESCE(sum(above_ceiling), 0)::bigint AS above_ceiling,
       COALESCE(sum(paid_fen), 0)::bigint AS paid_fen
FROM ({buckets}) AS bucket GROUP BY {sets}
"""
_STORED = text(
    _SUMS.format(
        measured=_MEASURED,
        sets=_LINES,
        buckets=_BUCKETS.format(summed=_SUMMED, source="current_report_sums", county="county_code = :county"),
    )
)
_DAYS = """
(discharged_on >= :january AND discharged_on < :next
 OR discharged_on >= :january_before AND discharged_on < :next_before)
"""
_LIVE = text(
    _SUMS.format(
        measured=_MEASURED,
        sets=_LINES,
        buckets=_BUCKETS.format(
            summed=_SUMMED, source="report_entries", county=f"division_code ^@ :county AND {_DAYS}"
        ),
    )
)
# Few of the sums' rows are expected because of row-level security; sorting them on disk would take longest.
# The rest reaches the few settlements that are in no sum yet through indexes, by a plan made once.
_HASHED = "set_config('enable_sort', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)"
_BY_KEY = (
    "set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_hashjoin', 'off', true),"
    " set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true)"
)
_PLAN_LIVE = text(f"SELECT {_HASHED}")
_PLAN_STORED = text(f"SELECT {_HASHED}, {_BY_KEY}")


async def sums(session: AsyncSession, span: Span, *, whole_county: bool) -> Sequence[Row[Any]]:
    """Sums of the span by line, by payer and by ceiling, in one snapshot.

    ``whole_county``: the caller may see all of it; otherwise only what the caller sees is counted.
    """
    await session.execute(_PLAN_STORED if whole_county else _PLAN_LIVE)
    values = span.values
    if whole_county:
        values = {name: value for name, value in values.items() if not name.startswith("next")}
    return (await session.execute(_STORED if whole_county else _LIVE, values)).all()


class Behind(NamedTuple):
    """Which settlements are behind a figure: days, a line, a group, a ceiling, and the two measures."""

    county: str
    first_day: date
    end_day: date
    any_of: Sequence[str]
    none_of: Sequence[str]
    bare: bool | None
    visit_types: Sequence[str]
    levels: Sequence[int]
    places: Sequence[str]
    ceiling_bp: int | None
    facility_code: str | None
    numerator: str
    denominator: str | None


class After(NamedTuple):
    """The row behind which a page begins."""

    discharged_on: date
    settlement_id: UUID


# One settlement in the shape of report_sums, so that the same measures apply to it.
_AS_SUMS = """
SELECT '' AS payer, 1 AS visits, settlement.total_fen, settlement.eligible_fen, settlement.person_pays_fen,
  COALESCE(settlement.ceiling_base_fen, 0) AS ceiling_base_fen,
  CASE WHEN settlement.person_pays_fen > settlement.ceiling_base_fen * settlement.ceiling_bp / 10000
       THEN 1 ELSE 0 END AS above_ceiling,
  (SELECT COALESCE(sum(amount_fen), 0) FROM settlement_charges AS charge
   WHERE charge.settlement_id = settlement.id
     AND category IN ('western_medicine', 'chinese_patent_medicine', 'herbal')) AS drug_fen,
  (SELECT COALESCE(sum(amount_fen), 0) FROM settlement_charges AS charge
   WHERE charge.settlement_id = settlement.id AND category = 'herbal') AS herbal_fen,
  0 AS paid_fen, settlement.visit_type, settlement.place, settlement.referral,
  COALESCE(settlement.ceiling_bp, -1) AS ceiling_bp
UNION ALL
SELECT part.payer, 1, 0, 0, 0, 0, 0, 0, 0, sum(part.amount_fen), settlement.visit_type, settlement.place,
  settlement.referral, COALESCE(settlement.ceiling_bp, -1)
FROM unnest(settlement.payers, settlement.payer_fen) AS part (payer, amount_fen) GROUP BY part.payer
"""
_BEHIND = """
SELECT id, facility_code, visit_no, visit_type, discharged_on, numerator, denominator
FROM current_settlements AS settlement CROSS JOIN LATERAL (
  SELECT COALESCE(sum({numerator}, 0)::bigint AS numerator,
         COALESCE(sum({denominator}, 0)::bigint AS denominator
  FROM ({as_sums}) AS part
) AS added
WHERE division_code ^@ :county AND discharged_on >= :first_day AND discharged_on < :end_day
  AND status = 'settled' AND (numerator <> 0 OR denominator <> 0)
  AND (CAST(:any_of AS text[]) = '{{}}' OR categories && CAST(:any_of AS text[]))
  AND NOT categories && CAST(:none_of AS text[])
  AND (CAST(:bare AS boolean) IS NULL OR (categories = '{{}}') = CAST(:bare AS boolean))
  AND (CAST(:visit_types AS text[]) = '{{}}' OR visit_type = ANY(:visit_types))
  AND (CAST(:levels AS smallint[]) = '{{}}' OR provider_level = ANY(:levels))
  AND (CAST(:places AS text[]) = '{{}}' OR place = ANY(:places))
  AND (CAST(:ceiling_bp AS integer) IS NULL OR ceiling_bp = CAST(:ceiling_bp AS integer))
  AND (CAST(:facility_code AS text) IS NULL OR facility_code = CAST(:facility_code AS text))
  AND (CAST(:after_day AS date) IS NULL
       OR (discharged_on, id) > (CAST(:after_day AS date), CAST(:after_id AS uuid)))
ORDER BY discharged_on, id LIMIT :limit
"""


# A page is read in the order of the index on the day of discharge; a plan that sorts the whole year first,
# as one made for unknown parameters would, takes seconds.
_PLAN_PAGE = text(
    f"SELECT {_BY_KEY}, set_config('enable_bitmapscan', 'off', true),"
    " set_config('max_parallel_workers_per_gather', '0', true)"
)


async def behind(
    session: AsyncSession, wanted: Behind, after: After | None, limit: int
) -> Sequence[Row[Any]]:
    """Settlements that add something to a figure, by day of discharge, with what each adds."""
    await session.execute(_PLAN_PAGE)
    statement = _BEHIND.format(
        numerator=MEASURES[wanted.numerator],
        denominator=MEASURES[wanted.denominator or wanted.numerator],
        as_sums=_AS_SUMS,
    )
    values = {
        name: list(value) if isinstance(value, tuple) else value for name, value in wanted._asdict().items()
    }
    values |= {"after_day": after and after.discharged_on, "after_id": after and after.settlement_id}
    del values["numerator"], values["denominator"]
    return (await session.execute(text(statement), {**values, "limit": limit})).all()

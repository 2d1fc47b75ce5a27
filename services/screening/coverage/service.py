"""How far a programme reaches in a county: numerators and denominators, not only rates."""

import json
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.coverage import repository
from services.screening.coverage.schemas import CoverageReply, Ratio
from services.screening.programmes.book import Versions
from services.screening.programmes.model import Programme
from shared.money import ratio_bp


async def coverage(session: AsyncSession, versions: Versions, county: str, year: int) -> CoverageReply:
    """The figures of one county and voucher year; people are counted by their state today."""
    programme = versions.on(date(year, 12, 31))
    row = await repository.figures(
        session,
        {
            "programme": versions.code,
            "county": county,
            "year": year,
            "born_by": _born_by(programme, year),
            "year_runs": _year_runs(programme, year),
        },
    )
    return CoverageReply(
        programme=versions.code,
        county_code=county,
        year=year,
        eligible=row.eligible,
        printed=row.printed,
        issued=_ratio(row.issued, row.eligible),
        redeemed=_ratio(row.redeemed, row.issued),
    )


def _born_by(programme: Programme, year: int) -> date:
    """Whoever is born later does not reach the programme's lowest age within the year (DOMAIN S-64)."""
    lowest = max((rule.below_age_years or 0 for rule in programme.exclusions), default=0)
    return date(year - lowest, 12, 31)


def _year_runs(programme: Programme, year: int) -> list[str]:
    """Each run of consecutive enrolment years that holds the voucher's year (DOMAIN S-60)."""
    rule = programme.eligibility
    return [
        json.dumps([{"scheme": rule.scheme, "year": first + n} for n in range(rule.consecutive_years)])
        for first in range(year - rule.consecutive_years + 1, year + 1)
    ]


def _ratio(numerator: int, denominator: int) -> Ratio:
    return Ratio(numerator=numerator, denominator=denominator, rate=ratio_bp(numerator, denominator))

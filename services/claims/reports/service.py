"""The county's month table (DOMAIN S-11, S-26): the poor are counted and reported separately."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.reports import repository
from services.claims.reports.repository import Period
from services.claims.reports.schemas import CeilingLine, MonthLine, MonthTable, PayerTotal, Share
from shared.money import Fen, ratio_bp

POOR: Final = ("registered_poor", "extreme_poverty", "dibao", "orphan")
"""Who counts as poor in the reports (S-10, S-11): poverty registration, extreme poverty, dibao, orphans."""

ALL: Final = "all"
Payers = Mapping[tuple[str, bool], Sequence[tuple[str, Fen]]]


async def month_table(session: AsyncSession, county: str, year: int, month: int) -> MonthTable:
    """Person-times, cost, payments and personal share of one county and month of discharge."""
    following = date(year + month // 12, month % 12 + 1, 1)
    period = Period(county, date(year, month, 1), following, list(POOR))
    visits = await repository.visits(session, period)
    payers: dict[tuple[str, bool], list[tuple[str, Fen]]] = defaultdict(list)
    for row in await repository.paid(session, period):
        payers[row.visit_type, row.poor].append((row.payer, row.amount_fen))
    ceilings = await repository.ceilings(session, period)
    return MonthTable(
        county=county,
        month=f"{year}-{month:02d}",
        lines=[_line(row, payers) for row in visits],
        total=_total(visits, payers),
        ceilings=[_ceiling(row) for row in ceilings],
    )


def _line(row: Row[Any], payers: Payers) -> MonthLine:
    return MonthLine(
        visit_type=row.visit_type,
        group="poor" if row.poor else "other",
        person_times=row.person_times,
        total=row.total_fen,
        eligible=row.eligible_fen,
        payers=[PayerTotal(payer=payer, amount=amount) for payer, amount in payers[row.visit_type, row.poor]],
        person_pays=row.person_pays_fen,
        personal_share=_share(row.person_pays_fen, row.total_fen),
    )


def _total(visits: Sequence[Row[Any]], payers: Payers) -> MonthLine:
    by_payer: dict[str, Fen] = defaultdict(int)
    for amounts in payers.values():
        for payer, amount in amounts:
            by_payer[payer] += amount
    person, total = sum(row.person_pays_fen for row in visits), sum(row.total_fen for row in visits)
    return MonthLine(
        visit_type=ALL,
        group=ALL,
        person_times=sum(row.person_times for row in visits),
        total=total,
        eligible=sum(row.eligible_fen for row in visits),
        payers=[PayerTotal(payer=payer, amount=amount) for payer, amount in sorted(by_payer.items())],
        person_pays=person,
        personal_share=_share(person, total),
    )


def _ceiling(row: Row[Any]) -> CeilingLine:
    return CeilingLine(
        ceiling=row.ceiling_bp,
        person_times=row.person_times,
        above_ceiling=row.above,
        personal_share=_share(row.person_pays_fen, row.base_fen),
    )


def _share(part: Fen, whole: Fen) -> Share:
    return Share(numerator_fen=part, denominator_fen=whole, rate=ratio_bp(part, whole))

"""The county's short month table (DOMAIN S-11, S-26): the poor are counted and reported separately."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.reports import repository
from services.claims.reports.counting import NO_CEILING
from services.claims.reports.definitions import definitions
from services.claims.reports.ncms import whole
from services.claims.reports.repository import Span
from services.claims.reports.schemas import CeilingLine, MonthLine, MonthTable, PayerTotal, Share
from shared.auth import Caller
from shared.money import Fen, ratio_bp

ALL: Final = "all"
Key = tuple[str, bool]
"""Visit type, and whether the line is that of the poor."""


async def month_table(session: AsyncSession, caller: Caller, county: str, month: date) -> MonthTable:
    """Person-times, cost, payments and personal share of one county and month of discharge."""
    span = Span(county, month, definitions().poor)
    found = await repository.sums(session, span, whole_county=whole(caller, county))
    rows = [row for row in found if row.in_month and not row.before]
    bills = sorted(
        (row for row in rows if row.by_payer and not row.payer and row.visits),
        key=lambda row: (row.visit_type, not row.poor),
    )
    payers: dict[Key, dict[str, Fen]] = defaultdict(dict)
    for row in sorted((row for row in rows if row.by_payer and row.paid_fen), key=lambda row: str(row.payer)):
        payers[row.visit_type, row.poor][row.payer] = row.paid_fen
    return MonthTable(
        county=county,
        month=f"{month:%Y-%m}",
        lines=[_line(row, payers[row.visit_type, row.poor]) for row in bills],
        total=_total(bills, payers),
        ceilings=_ceilings([row for row in rows if row.by_ceiling and row.ceiling_bp != NO_CEILING]),
    )


def _line(row: Row[Any], paid: Mapping[str, Fen]) -> MonthLine:
    return MonthLine(
        visit_type=row.visit_type,
        group="poor" if row.poor else "other",
        person_times=row.visits,
        total=row.total,
        eligible=row.eligible,
        payers=[PayerTotal(payer=payer, amount=amount) for payer, amount in paid.items()],
        person_pays=row.person_pays,
        personal_share=_share(row.person_pays, row.total),
    )


def _total(bills: Sequence[Row[Any]], payers: Mapping[Key, Mapping[str, Fen]]) -> MonthLine:
    by_payer: dict[str, Fen] = defaultdict(int)
    for amounts in payers.values():
        for payer, amount in amounts.items():
            by_payer[payer] += amount
    person, total = sum(row.person_pays for row in bills), sum(row.total for row in bills)
    return MonthLine(
        visit_type=ALL,
        group=ALL,
        person_times=sum(row.visits for row in bills),
        total=total,
        eligible=sum(row.eligible for row in bills),
        payers=[PayerTotal(payer=payer, amount=amount) for payer, amount in sorted(by_payer.items())],
        person_pays=person,
        personal_share=_share(person, total),
    )


def _ceilings(rows: Iterable[Row[Any]]) -> list[CeilingLine]:
    """The poor and the others together, by ceiling."""
    under: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        if row.visits:
            under[row.ceiling_bp].append(row)
    return [
        CeilingLine(
            ceiling=ceiling,
            person_times=sum(row.visits for row in found),
            above_ceiling=sum(row.above_ceiling for row in found),
            personal_share=_share(
                sum(row.person_pays for row in found), sum(row.ceiling_base for row in found)
            ),
        )
        for ceiling, found in sorted(under.items())
    ]


def _share(part: Fen, whole_: Fen) -> Share:
    return Share(numerator_fen=part, denominator_fen=whole_, rate=ratio_bp(part, whole_))

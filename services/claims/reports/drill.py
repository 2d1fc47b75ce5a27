"""From a figure down to its settlements: what the rows add up to is its numerator and denominator."""

from datetime import date
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.reports import repository
from services.claims.reports.counting import MONTH
from services.claims.reports.definitions import BEFORE, Definitions, Figure, Quantity, definitions
from services.claims.reports.groups import Group
from services.claims.reports.problems import NO_ROWS_BEHIND, UNKNOWN_FIGURE, UNKNOWN_GROUP, UNKNOWN_LINE
from services.claims.reports.repository import After, Behind
from services.claims.reports.schemas import RowReply
from shared.money import BasisPoints, format_yuan
from shared.paging import Page, encode_cursor
from shared.problems import Problem


class Cell(NamedTuple):
    """One figure in one line, group and period; with a ceiling only what was settled under that."""

    county: str
    month: date
    line: str
    group: str
    period: str
    figure: str
    ceiling_bp: BasisPoints | None = None
    facility_code: str | None = None


async def rows(session: AsyncSession, cell: Cell, after: After | None, limit: int) -> Page[RowReply]:
    """A page of the settlements that the caller may see behind a figure."""
    known = definitions()
    figure = _figure(known, cell.figure)
    found = await repository.behind(session, _wanted(known, cell, figure), after, limit + 1)
    shown = found[:limit]
    more = encode_cursor(shown[-1].discharged_on, shown[-1].id) if len(found) > limit else None
    items = [
        RowReply(
            settlement_id=row.id,
            facility_code=row.facility_code,
            visit_no=row.visit_no,
            visit_type=row.visit_type,
            discharged_on=row.discharged_on,
            numerator=_shown(figure.numerator, row.numerator),
            denominator=_shown(figure.denominator, row.denominator) if _counted(figure) else None,
        )
        for row in shown
    ]
    return Page(items=items, next_cursor=more)


def _figure(known: Definitions, id_: str) -> Figure:
    figure = known.service.get(id_) or known.fund.get(id_)
    if figure is None:
        raise Problem(
            UNKNOWN_FIGURE,
            pointer="/query/figure",
            figure=id_,
            known="、".join({**known.service, **known.fund}),
        )
    if figure.numerator.is_base:
        raise Problem(NO_ROWS_BEHIND, pointer="/query/figure", figure=figure.title)
    return figure


def group_of(known: Definitions, id_: str) -> Group:
    """A group by its id, or a Problem that names them all."""
    group = known.groups.get(id_)
    if group is None:
        raise Problem(UNKNOWN_GROUP, pointer="/query/group", group=id_, known="、".join(known.groups))
    return group


def _counted(figure: Figure) -> bool:
    """Whether the denominator as well is counted in settlements."""
    return figure.denominator is not None and not figure.denominator.is_base


def _wanted(known: Definitions, cell: Cell, figure: Figure) -> Behind:
    line = known.lines.get(cell.line)
    if line is None:
        raise Problem(UNKNOWN_LINE, pointer="/query/line", line=cell.line, known="、".join(known.lines))
    group = group_of(known, cell.group)
    numerator, denominator = figure.numerator.id, figure.denominator.id if figure.denominator else None
    before = numerator.endswith(BEFORE)
    month = cell.month.replace(year=cell.month.year - before)
    return Behind(
        county=cell.county,
        first_day=month if cell.period == MONTH else month.replace(month=1),
        end_day=date(month.year + month.month // 12, month.month % 12 + 1, 1),
        any_of=group.any_of,
        none_of=group.none_of,
        bare=group.bare,
        visit_types=line.visit_types,
        levels=line.levels,
        places=line.places,
        ceiling_bp=cell.ceiling_bp,
        facility_code=cell.facility_code,
        numerator=numerator.removesuffix(BEFORE),
        denominator=denominator.removesuffix(BEFORE) if denominator and _counted(figure) else None,
    )


def _shown(quantity: Quantity | None, number: int) -> str:
    return format_yuan(number) if quantity is not None and quantity.is_money else str(number)

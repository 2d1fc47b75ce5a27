"""The standard table of the scheme (DOMAIN S-20, S-26): fund, beneficiaries, costs; the poor apart."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from itertools import product
from typing import Final, NamedTuple
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.reports import bases, bases_repository, repository
from services.claims.reports.bases import Population
from services.claims.reports.counting import PERIODS, YEAR_TO_DATE, Counted, Where, counted
from services.claims.reports.definitions import BEFORE, PARTS, Definitions, Figure, Line, definitions
from services.claims.reports.drill import group_of
from services.claims.reports.figures import denominator_title, numerator_title, value
from services.claims.reports.financing import Raised, raised
from services.claims.reports.groups import ALL, HELD, MAIN, STANDARD, UNLISTED, Group
from services.claims.reports.repository import MEASURES, Span
from services.claims.reports.schemas import (
    CeilingReport,
    Definition,
    FigureReply,
    GroupReply,
    NcmsReport,
    PayerMoney,
    ReportLine,
    SourceMoney,
)
from shared.auth import Caller
from shared.money import format_rate

TABLE: Final = "/v1/reports/ncms"
_CEILING_FIGURES: Final = ("share_within_ceiling", "share_of_base")
_TOTAL: Final = "total"
_ZERO: Final = dict.fromkeys((*MEASURES, *(f"{name}{BEFORE}" for name in MEASURES)), 0)


class Asked(NamedTuple):
    """Which table: a county, the first day of a month, how quotients are rounded; one provider, one group."""

    county: str
    month: date
    rounding: str
    facility_code: str | None = None
    group: str | None = None


def whole(caller: Caller, county: str) -> bool:
    """Whether the caller sees all of a county or nothing of it, so that its sums may be read as they are."""
    parts = [prefix for prefix in caller.jurisdiction if prefix.startswith(county) and prefix != county]
    return not parts or caller.governs(county)


async def report(session: AsyncSession, caller: Caller, asked: Asked, now: datetime) -> NcmsReport:
    """The table; sums of settlements come from one snapshot of the database."""
    known = definitions()
    chosen = known.of_kind(STANDARD) if asked.group is None else [group_of(known, asked.group)]
    span = Span(asked.county, asked.month, known.poor, asked.facility_code)
    rows = await repository.sums(session, span, whole_county=whole(caller, asked.county))
    found = counted(rows, known.lines.values(), MEASURES, known.groups.values())
    part = asked.facility_code is not None or asked.group is not None
    year = asked.month.year
    population = await bases.population(session, asked.county, year)
    heads = await bases_repository.heads(session, asked.county, year)
    money = raised(await bases_repository.financing(session, asked.county, year))
    page = _Page(asked, known, found, population)
    return NcmsReport(
        county=asked.county,
        month=f"{asked.month:%Y-%m}",
        facility_code=asked.facility_code,
        group=asked.group,
        rounding=asked.rounding,
        definitions_version=known.version,
        counted_at=now,
        population_source=f"{population.source}（{population.counted_on}）" if population else None,
        definitions={part: _described(getattr(known, part)) for part in PARTS},
        groups=[GroupReply(id=each.id, title=each.title, kind=each.kind) for each in known.groups.values()],
        fund=[] if part else page.fund(heads, money),
        sources=[] if part else page.sources(money),
        payers=page.payers() if asked.group is None else [],
        lines=page.lines(known.lines.values(), chosen, known.service),
        categories=page.categories() if asked.group is None else [],
        ceilings=page.ceilings() if asked.group is None else [],
    )


class _Page(NamedTuple):
    """What figures are made from."""

    asked: Asked
    known: Definitions
    found: Counted
    population: Population | None

    def fund(self, heads: int | None, money: Raised) -> list[FigureReply]:
        """Figures of the county's year up to the month."""
        sums: dict[str, int | None] = {
            **dict.fromkeys(MEASURES, 0),
            **self.found.lines.get(Where(_TOTAL, ALL, YEAR_TO_DATE), {}),
            **money.bases(),
            "population": self.population.population if self.population else None,
            "enrolled": heads,
        }
        rows = self._rows({"line": _TOTAL, "group": ALL, "period": YEAR_TO_DATE})
        return [self._figure(figure, sums, rows) for figure in self.known.fund.values()]

    def lines(
        self, lines: Iterable[Line], groups: Iterable[Group], figures: Mapping[str, Figure]
    ) -> list[ReportLine]:
        """These lines for these groups and every period, also where nothing was settled."""
        return [
            ReportLine(
                line=line.id,
                title=line.title,
                group=group.id,
                group_title=group.title,
                period=period,
                period_title=self.known.periods[period],
                figures=self._service(
                    self.found.lines.get(Where(line.id, group.id, period), {}), figures,
                    {"line": line.id, "group": group.id, "period": period},
                ),
            )
            for period, line, group in product(PERIODS, lines, tuple(groups))
        ]  # fmt: skip

    def categories(self) -> list[ReportLine]:
        """A table of the main categories, which add up, and one of those held, which overlap.

        A category that the definitions do not list is a line of its own where there is one.
        """
        lines = [self.known.lines[id_] for id_ in self.known.category_lines]
        figures = {id_: self.known.service[id_] for id_ in self.known.category_figures}
        main = [group for group in self.known.of_kind(MAIN) if group.id != UNLISTED or self._any(group)]
        tables = (main, self.known.of_kind(HELD))
        return [made for groups in tables for made in self.lines(lines, groups, figures)]

    def _any(self, group: Group) -> bool:
        sums = self.found.lines.get(Where(_TOTAL, group.id, YEAR_TO_DATE), {})
        return any(sums.values())

    def ceilings(self) -> list[CeilingReport]:
        """Every ceiling that applied to anybody."""
        chosen = {name: self.known.service[name] for name in _CEILING_FIGURES}
        return [
            CeilingReport(
                ceiling=ceiling,
                group=group,
                group_title=self.known.groups[group].title,
                period=period,
                period_title=self.known.periods[period],
                figures=self._service(
                    sums, chosen,
                    {"line": _TOTAL, "group": group, "period": period, "ceiling": format_rate(ceiling)},
                ),
            )
            for (ceiling, group, period), sums in sorted(self.found.ceilings.items())
            if sums.get("visits")
        ]  # fmt: skip

    def _service(
        self, measured: Mapping[str, int], figures: Mapping[str, Figure], where: Mapping[str, str]
    ) -> list[FigureReply]:
        sums: dict[str, int | None] = {**_ZERO, **measured}
        rows = self._rows(where)
        return [self._figure(figure, sums, rows) for figure in figures.values()]

    def sources(self, money: Raised) -> list[SourceMoney]:
        """Every source that owes or has paid something, in the order of the definitions."""
        named = {**(money.due or {}), **(money.received or {})}
        return [
            SourceMoney(
                source=source,
                title=self.known.sources.get(source, source),
                due=due,
                received=received,
                figures=[
                    self._figure(figure, {"due": due, "received": received}, None)
                    for figure in self.known.source.values()
                ],
            )
            for source in _ordered(self.known.sources, named)
            for due in [None if money.due is None else money.due.get(source, 0)]
            for received in [None if money.received is None else money.received.get(source, 0)]
        ]

    def payers(self) -> list[PayerMoney]:
        """Every payer that paid something in the year, in the order of the definitions."""
        paid = self.found.payers
        return [
            PayerMoney(
                payer=payer,
                title=self.known.payers.get(payer, payer),
                **{period: paid.get((payer, ALL, period), 0) for period in PERIODS},
            )
            for payer in _ordered(self.known.payers, {payer for payer, _, _ in paid})
        ]

    def _figure(self, figure: Figure, sums: Mapping[str, int | None], rows: str | None) -> FigureReply:
        found = value(figure, sums, self.asked.rounding)
        return FigureReply(
            id=figure.id,
            value=found.text,
            numerator=found.numerator,
            denominator=found.denominator,
            denominator_name=self._denominator_name(figure),
            denominator_year=self._denominator_year(figure),
            version=figure.version,
            reason=found.reason,
            reason_title=self.known.reasons[found.reason] if found.reason else None,
            rows=None if rows is None or figure.numerator.is_base else f"{rows}{figure.id}",
        )

    def _denominator_name(self, figure: Figure) -> str | None:
        if figure.denominator is not None and figure.denominator.id == "population" and self.population:
            return self.population.name
        return denominator_title(figure)

    def _denominator_year(self, figure: Figure) -> int | None:
        if figure.denominator is None:
            return None
        before = figure.denominator.id.endswith(BEFORE) or figure.change_of is not None
        return self.asked.month.year - before

    def _rows(self, where: Mapping[str, str]) -> str:
        """Where the rows behind a place are; the name of the figure comes last."""
        query = {"county": self.asked.county, "month": f"{self.asked.month:%Y-%m}", **where}
        if self.asked.facility_code is not None:
            query["facility"] = self.asked.facility_code
        return f"{TABLE}/rows?{urlencode(query)}&figure="


def _described(figures: Mapping[str, Figure]) -> list[Definition]:
    return [
        Definition(
            id=figure.id,
            title=figure.title,
            heading=figure.heading,
            unit=figure.unit.id,
            unit_title=figure.unit.title,
            numerator=numerator_title(figure),
            denominator=denominator_title(figure),
            version=figure.version,
            source=figure.source,
            verified=figure.verified,
        )
        for figure in figures.values()
    ]


def _ordered(known: Iterable[str], named: Collection[str]) -> list[str]:
    """Names in the order of the definitions; those that are not defined follow."""
    order = [name for name in known if name in named]
    return [*order, *sorted(set(named) - set(order))]

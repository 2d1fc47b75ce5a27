"""The standard table of the scheme (DOMAIN S-20, S-26): fund, beneficiaries, costs; the poor apart."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, NamedTuple
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.reports import bases, bases_repository, repository
from services.claims.reports.bases import Population
from services.claims.reports.counting import ALL, GROUPS, PERIODS, YEAR_TO_DATE, Counted, Where, counted
from services.claims.reports.definitions import BEFORE, Definitions, Figure, definitions
from services.claims.reports.figures import denominator_title, numerator_title, value
from services.claims.reports.financing import Raised, raised
from services.claims.reports.repository import MEASURES, Span
from services.claims.reports.schemas import (
    CeilingReport,
    Definition,
    FigureReply,
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


class Asked(NamedTuple):
    """Which table: a county, the first day of a month, and how quotients are rounded."""

    county: str
    month: date
    rounding: str


def whole(caller: Caller, county: str) -> bool:
    """Whether the caller sees all of a county or nothing of it, so that its sums may be read as they are."""
    parts = [prefix for prefix in caller.jurisdiction if prefix.startswith(county) and prefix != county]
    return not parts or caller.governs(county)


async def report(session: AsyncSession, caller: Caller, asked: Asked, now: datetime) -> NcmsReport:
    """The table; sums of settlements come from one snapshot of the database."""
    known = definitions()
    span = Span(asked.county, asked.month, known.poor)
    rows = await repository.sums(session, span, whole_county=whole(caller, asked.county))
    found = counted(rows, known.lines.values(), MEASURES)
    year = asked.month.year
    population = await bases.population(session, asked.county, year)
    heads = await bases_repository.heads(session, asked.county, year)
    money = raised(await bases_repository.financing(session, asked.county, year))
    page = _Page(asked, known, found, population)
    return NcmsReport(
        county=asked.county,
        month=f"{asked.month:%Y-%m}",
        rounding=asked.rounding,
        definitions_version=known.version,
        counted_at=now,
        population_source=f"{population.source}（{population.counted_on}）" if population else None,
        definitions={"fund": _described(known.fund), "service": _described(known.service)},
        fund=page.fund(heads, money),
        sources=_sources(known, money),
        payers=_payers(known, found),
        lines=page.lines(),
        ceilings=page.ceilings(),
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
        where = {"line": _TOTAL, "group": ALL, "period": YEAR_TO_DATE}
        return [self._figure(figure, sums, where) for figure in self.known.fund.values()]

    def lines(self) -> list[ReportLine]:
        """Every line for every group and period, also where nothing was settled."""
        return [
            ReportLine(
                line=line.id,
                title=line.title,
                group=group,
                group_title=self.known.groups[group],
                period=period,
                period_title=self.known.periods[period],
                figures=self._service(
                    self.found.lines.get(Where(line.id, group, period), {}), self.known.service,
                    {"line": line.id, "group": group, "period": period},
                ),
            )
            for period in PERIODS
            for line in self.known.lines.values()
            for group in GROUPS
        ]  # fmt: skip

    def ceilings(self) -> list[CeilingReport]:
        """Every ceiling that applied to anybody."""
        chosen = {name: self.known.service[name] for name in _CEILING_FIGURES}
        return [
            CeilingReport(
                ceiling=ceiling,
                group=group,
                group_title=self.known.groups[group],
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
        names = (*MEASURES, *(f"{name}{BEFORE}" for name in MEASURES))
        sums: dict[str, int | None] = {name: measured.get(name, 0) for name in names}
        return [self._figure(figure, sums, where) for figure in figures.values()]

    def _figure(
        self, figure: Figure, sums: Mapping[str, int | None], where: Mapping[str, str]
    ) -> FigureReply:
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
            rows=None if figure.numerator.is_base else self._rows(figure, where),
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

    def _rows(self, figure: Figure, where: Mapping[str, str]) -> str:
        query = {
            "county": self.asked.county,
            "month": f"{self.asked.month:%Y-%m}",
            **where,
            "figure": figure.id,
        }
        return f"{TABLE}/rows?{urlencode(query)}"


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


def _sources(known: Definitions, money: Raised) -> list[SourceMoney]:
    named = {**(money.due or {}), **(money.received or {})}
    order = [
        *(source for source in known.sources if source in named),
        *sorted(set(named) - set(known.sources)),
    ]
    return [
        SourceMoney(
            source=source,
            title=known.sources.get(source, source),
            due=None if money.due is None else money.due.get(source, 0),
            received=None if money.received is None else money.received.get(source, 0),
        )
        for source in order
    ]


def _payers(known: Definitions, found: Counted) -> list[PayerMoney]:
    paid = {payer for payer, _, _ in found.payers}
    order = [*(payer for payer in known.payers if payer in paid), *sorted(paid - set(known.payers))]
    return [
        PayerMoney(
            payer=payer,
            title=known.payers.get(payer, payer),
            **{period: found.payers.get((payer, ALL, period), 0) for period in PERIODS},
        )
        for payer in order
    ]

"""What is read at the end: statement, month table, trial balance, coverage, proofs."""

from datetime import date
from typing import NamedTuple

from deploy.demo import voucher_plan
from deploy.demo.api import Api
from deploy.demo.enrolment import YEARS
from deploy.demo.model import COUNTY_CODE, YEAR
from deploy.demo.replies import (
    Coverage,
    Explanation,
    Funding,
    HisSummary,
    MonthTable,
    Settlement,
    StandardTable,
    TrialBalance,
)
from deploy.demo.steps.audit import Audited
from deploy.demo.steps.catching_up import Figures
from deploy.demo.steps.closing import Closed
from deploy.demo.steps.funds import FundFacts
from deploy.demo.steps.national import Connected
from deploy.demo.steps.nhsa import Shown
from deploy.demo.steps.payments import Paid
from deploy.demo.steps.proofs import Proof, verify
from deploy.demo.steps.readjudication import Corrected
from deploy.demo.steps.relapse import Payout
from deploy.demo.tables.statement import Statement
from deploy.demo.voucher_count import VoucherCount
from deploy.demo.voucher_plan import Guest
from deploy.local.system import LocalSystem
from shared.money import Fen, format_yuan

_MONTHS = 10
"""The visits of the sample county end in October."""
_FACE_FEN = 1_000
_LAST_MONTH_OF_FIRST_HALF = 6


class CountyFigures(NamedTuple):
    """Everything that the last part of the demonstration prints."""

    statement: Statement
    months: list[MonthTable]
    balance: TrialBalance
    coverage: list[Coverage]
    funding: Funding
    proofs: list[Proof]


class Worked(NamedTuple):
    """What the offices did, each step with what it found."""

    vouchers: VoucherCount
    corrected: Corrected | None
    nhsa: Shown
    payout: Payout | None
    audited: Audited
    closed: Closed
    paid: Paid | None
    connected: Connected | None


class Ended(NamedTuple):
    """What the offices did, then the workers' and the county's figures, and the proof."""

    vouchers: VoucherCount
    corrected: Corrected | None
    nhsa: Shown
    payout: Payout | None
    audited: Audited
    closed: Closed
    paid: Paid | None
    connected: Connected | None
    workers: Figures
    county: CountyFigures
    verified: Proof
    funds: FundFacts
    report: StandardTable


async def collect(
    api: Api, system: LocalSystem, seen: HisSummary, guests: list[Guest], enrolled: int
) -> CountyFigures:
    """Read everything over the public interfaces; the proofs run the services' own commands."""
    return CountyFigures(
        await _statement(api, seen),
        [await _month(api, f"{YEAR}-{month:02d}") for month in range(1, _MONTHS + 1)],
        TrialBalance.model_validate((await api.get("claims", "/v1/ledger/trial-balance", "agency")).body),
        [await _coverage(api, year) for year in YEARS],
        await _funding(api, guests, enrolled),
        await verify(system),
    )


async def _statement(api: Api, seen: HisSummary) -> Statement:
    path = f"/v1/settlements/{seen.statement_id}"
    settlement = await api.get("claims", path, "agency")
    explanation = await api.get("claims", f"{path}/explanation", "agency")
    return Statement(
        Settlement.model_validate(settlement.body),
        Explanation.model_validate(explanation.body),
        {category: (each.lines, each.amount) for category, each in seen.statement_charges.items()},
    )


async def _month(api: Api, month: str) -> MonthTable:
    answer = await api.get("claims", "/v1/reports/month", "agency", county=COUNTY_CODE, month=month)
    return MonthTable.model_validate(answer.body)


async def _coverage(api: Api, year: int) -> Coverage:
    path = f"/v1/programmes/{voucher_plan.PROGRAMME}/coverage"
    answer = await api.get("screening", path, "township", county=COUNTY_CODE, year=year)
    return Coverage.model_validate(answer.body)


async def _funding(api: Api, guests: list[Guest], enrolled: int) -> Funding:
    """What the city owes for the year, from what the check-ups of its halves cost."""
    body = {
        "enrolled": enrolled,
        "year": YEAR,
        "first_half_cost": format_yuan(_cost(guests, first_half=True)),
        "second_half_cost": format_yuan(_cost(guests, first_half=False)),
    }
    path = f"/v1/programmes/{voucher_plan.PROGRAMME}/funding:preview"
    return Funding.model_validate((await api.post("screening", path, "township", json=body)).body)


def _cost(guests: list[Guest], *, first_half: bool) -> Fen:
    days: list[date] = [guest.examined_on for guest in guests]
    return sum(
        len(YEARS) * _FACE_FEN for day in days if (day.month <= _LAST_MONTH_OF_FIRST_HALF) == first_half
    )

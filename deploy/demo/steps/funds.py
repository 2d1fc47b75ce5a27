"""The county's money: what has arrived (到位) of the plan, in two hands; at the end how the funds stand, and
whose money paid for one bill."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from deploy.demo.api import Api
from deploy.demo.fund_replies import Earmarks, Funds, SettlementSources
from deploy.demo.model import COUNTY_CODE, YEAR
from deploy.demo.replies import PlanReply
from shared.money import Fen, format_yuan

ADVANCE_FEN: Fen = 200_000_000
"""What the upper-level risk-adjustment fund advances (S-25)."""
CLERK, CHIEF = "finance", "finance_approver"
BASIC, RELIEF = "basic_insurance", "poverty_relief_fund"
_PATIENCE_SECONDS, _PAUSE_SECONDS = 12.0, 0.3


class Arrival(NamedTuple):
    """Money for a fund: so many hundredths of what its source owes by the plan, or an amount."""

    payer: str
    source: str
    day: str
    document: str
    percent: int = 0
    amount_fen: Fen = 0


ARRIVALS: Sequence[Arrival] = (
    Arrival(BASIC, "personal", f"{YEAR}-01-20", "个人缴费汇总解缴单", 100),
    Arrival(BASIC, "central", f"{YEAR}-03-12", "财社〔2026〕11号（预拨）", 70),
    Arrival(BASIC, "central", f"{YEAR}-07-06", "财社〔2026〕58号（清算）", 30),
    Arrival(BASIC, "province", f"{YEAR}-05-15", "省财社〔2026〕23号", 80),
    Arrival(BASIC, "city", f"{YEAR}-06-18", "市财社〔2026〕9号", 50),
    Arrival(BASIC, "county", f"{YEAR}-06-30", "样财社〔2026〕4号", 30),
    Arrival("medical_assistance", "central", f"{YEAR}-04-02", "财社〔2026〕31号", amount_fen=60_000_000),
    Arrival("medical_assistance", "province", f"{YEAR}-05-15", "省财社〔2026〕24号", amount_fen=40_000_000),
    Arrival("medical_assistance", "county", f"{YEAR}-06-30", "样财社〔2026〕5号", amount_fen=20_000_000),
    Arrival(RELIEF, "donation", f"{YEAR}-02-10", "爱心企业捐赠协议", amount_fen=5_000_000),
    Arrival(RELIEF, "county", f"{YEAR}-06-30", "样财社〔2026〕6号", amount_fen=80_000_000),
)


class FundFacts(NamedTuple):
    """How the funds stand, two of them by earmark, and whose money paid for one bill."""

    funds: Funds
    earmarks: Mapping[str, Earmarks]
    sources: SettlementSources


async def receive(api: Api, plan: PlanReply) -> Fen:
    """Prepare everything that has arrived at once, and approve it one by one; what it comes to."""
    lines = [_line(arrival, no, plan) for no, arrival in enumerate(ARRIVALS, 1)]
    total = sum(_amount(arrival, plan) for arrival in ARRIVALS)
    body = {"county": COUNTY_CODE, "year": YEAR, "total": format_yuan(total), "items": lines}
    key = f"demo-receipts-{plan.total}"
    prepared = await api.post("claims", "/v1/fund-receipts:batch", CLERK, json=body, key=key)
    for item in prepared.body["items"]:
        path = f"/v1/fund-receipts/{item['id']}:approve"
        await api.post("claims", path, CHIEF, json={"accept": []}, key=f"demo-receipt-{item['id']}")
    await _advance(api, plan)
    return total


async def _advance(api: Api, plan: PlanReply) -> None:
    """The upper level helps a fund that pays more than it has; next year's gives it back in two parts."""
    halves = [(f"{YEAR + 1}-06-30", ADVANCE_FEN // 2), (f"{YEAR + 1}-12-31", ADVANCE_FEN - ADVANCE_FEN // 2)]
    body = {
        "county": COUNTY_CODE,
        "year": YEAR,
        "amount": format_yuan(ADVANCE_FEN),
        "on": f"{YEAR}-09-10",
        "document": "市财社〔2026〕30号",
        "bank_reference": f"DEMO-{plan.total}-ADVANCE",
        "schedule": [{"due_on": day, "amount": format_yuan(amount)} for day, amount in halves],
    }
    key = f"demo-advance-{plan.total}"
    prepared = await api.post("claims", "/v1/risk-fund-advances", CLERK, json=body, key=key)
    path = f"/v1/fund-operations/{prepared.body['id']}:approve"
    await api.post("claims", path, CHIEF, json={"accept": []}, key=f"{key}-approve")


async def read(api: Api, settlement_id: str) -> FundFacts:
    """Read position and lineage; wait a moment for the attribution of the last settlements."""
    funds = await api.get("claims", "/v1/funds", CLERK, county=COUNTY_CODE, year=YEAR)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    sources = await _sources(api, settlement_id)
    while not all(payer.attributed for payer in sources.payers) and time.monotonic() < deadline:
        await asyncio.sleep(_PAUSE_SECONDS)
        sources = await _sources(api, settlement_id)
    earmarks = {payer: await _earmarks(api, payer) for payer in (BASIC, RELIEF)}
    return FundFacts(Funds.model_validate(funds.body), earmarks, sources)


def _amount(arrival: Arrival, plan: PlanReply) -> Fen:
    return arrival.amount_fen or plan.due[arrival.source] * arrival.percent // 100


def _line(arrival: Arrival, no: int, plan: PlanReply) -> dict[str, Any]:
    return {
        "payer": arrival.payer,
        "source": arrival.source,
        "amount": format_yuan(_amount(arrival, plan)),
        "received_on": arrival.day,
        "bank_reference": f"DEMO-{plan.total}-{no:02d}",
        "document": arrival.document,
    }


async def _sources(api: Api, settlement_id: str) -> SettlementSources:
    answer = await api.get("claims", f"/v1/settlements/{settlement_id}/sources", CLERK)
    return SettlementSources.model_validate(answer.body)


async def _earmarks(api: Api, payer: str) -> Earmarks:
    path = f"/v1/funds/{payer}/earmarks"
    return Earmarks.model_validate((await api.get("claims", path, CLERK, county=COUNTY_CODE, year=YEAR)).body)

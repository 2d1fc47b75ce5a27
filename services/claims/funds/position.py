"""How funds stand: from flows on accounts to the table that a finance bureau reads (DOMAIN S-15 … S-20)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.funds import position_repository as repository
from services.claims.funds.position_repository import Flow
from services.claims.funds.postings import RECEIPT, RESERVE_USE, RISK_ADVANCE, RISK_ADVANCE_OWED
from services.claims.funds.schemas import Commitments, FundReply, FundsReply, SetApart, Share, SourceLine
from services.claims.ledger.postings import BASIC_INSURANCE, INFLOW, SET_APART
from shared.money import Fen, ratio_bp

_DUE, _FUND = "financing_due:", "fund:"
_RESERVE, _OUTPATIENT, _BANK, _PROVIDER_DUE = "risk_reserve", "outpatient_account", "bank", "provider_due"
_NO_PAYOUT: Final = (INFLOW, SET_APART, RECEIPT, RESERVE_USE, RISK_ADVANCE, RISK_ADVANCE_OWED)


async def funds(session: AsyncSession, county_code: str, year: int) -> FundsReply:
    """All funds of a county and year that have moved or are held for open visits."""
    flows = await repository.flows(session, county_code, year)
    held = await repository.held(session, county_code, year)
    own = [flow for flow in flows if flow.in_year]
    names = {flow.account.removeprefix(_FUND) for flow in own if flow.account.startswith(_FUND)} | held.keys()
    due = _net(flow for flow in own if flow.account == _PROVIDER_DUE)
    paid = [flow for flow in own if flow.account == _BANK and flow.other == "in_payment"]
    return FundsReply(
        county=county_code,
        year=year,
        funds=[fund(name, own, held.get(name, (0, 0))) for name in sorted(names, key=_order)],
        bank=-_net(flow for flow in flows if flow.account == _BANK),
        provider_due=due,
        provider_paid=_net(paid),
    )


def fund(payer: str, flows: Sequence[Flow], held: tuple[int, Fen]) -> FundReply:
    """One fund from the flows of its county and year. Pure."""
    own = [flow for flow in flows if flow.account == f"{_FUND}{payer}"]
    basic = payer == BASIC_INSURANCE
    sources = _planned_sources(flows) if basic else _plain_sources(own)
    due = sum(line.due or 0 for line in sources) if any(line.due is not None for line in sources) else None
    received = sum(line.received for line in sources)
    reserve = _set_apart(flows, _RESERVE) if basic else None
    outpatient = _set_apart(flows, _OUTPATIENT) if basic else None
    pooled = _net(flow for flow in own if flow.kind in (INFLOW, SET_APART, RECEIPT))
    gross, back, deducted = _payouts(own)
    balance = _net(own)
    advanced, owed = _of_kind(own, RISK_ADVANCE), -_of_kind(own, RISK_ADVANCE_OWED)
    return FundReply(
        payer=payer,
        sources=sources,
        due=due,
        received=received,
        arrears=None if due is None else due - received,
        risk_reserve=reserve,
        outpatient_account=outpatient,
        pooled=pooled,
        commitments=Commitments(visits=held[0], amount=held[1]),
        payouts=gross - back,
        payouts_gross=gross,
        payouts_reversed=back,
        deductions_returned=deducted,
        advanced=advanced,
        advance_owed=owed,
        other=balance - (pooled - (gross - back) + deducted + advanced - owed),
        balance=balance,
        available=balance - held[1],
        cash=balance - (0 if due is None else due - received),
        utilisation=_share(gross - back, pooled),
    )


def _planned_sources(flows: Iterable[Flow]) -> list[SourceLine]:
    """Due and received by source (S-20); money above what is due shows as negative arrears."""
    by_source: dict[str, list[Flow]] = {}
    for flow in flows:
        if flow.account.startswith(_DUE):
            by_source.setdefault(flow.account.removeprefix(_DUE), []).append(flow)
    lines = []
    for source, own in by_source.items():
        due, received = -_of_kind(own, INFLOW), _net(flow for flow in own if flow.kind != INFLOW)
        lines.append(SourceLine(source=source, due=due, received=received, arrears=due - received))
    return lines


def _plain_sources(own: Iterable[Flow]) -> list[SourceLine]:
    received: dict[str, Fen] = {}
    for flow in own:
        if flow.kind == RECEIPT and flow.source is not None:
            received[flow.source] = received.get(flow.source, 0) + flow.net_fen
    return [SourceLine(source=name, due=None, received=fen, arrears=None) for name, fen in received.items()]


def _set_apart(flows: Iterable[Flow], account: str) -> SetApart:
    own = [flow for flow in flows if flow.account == account]
    apart = _of_kind(own, SET_APART)
    return SetApart(set_apart=apart, used=apart - _net(own), left=_net(own))


def _payouts(own: Iterable[Flow]) -> tuple[Fen, Fen, Fen]:
    """What was paid, what of it was taken back, and what providers had to return (审核扣减)."""
    gross = back = deducted = 0
    for flow in own:
        if flow.kind in _NO_PAYOUT:
            continue
        if flow.other == _PROVIDER_DUE and not flow.of_settlements:
            deducted += flow.net_fen
        else:
            gross += flow.debits_fen - flow.reversed_credits_fen
            # Only a settlement's own credits take a payout back; others are income, and stay among "other".
            back += (
                flow.credits_fen - flow.reversed_credits_fen
                if flow.of_settlements
                else flow.reversed_debits_fen
            )
    return gross, back, deducted


def _of_kind(flows: Iterable[Flow], kind: str) -> Fen:
    return _net(flow for flow in flows if flow.kind == kind)


def _net(flows: Iterable[Flow]) -> Fen:
    return sum(flow.net_fen for flow in flows)


def _share(part: Fen, whole: Fen) -> Share:
    return Share(numerator_fen=part, denominator_fen=whole, rate=ratio_bp(part, whole) if whole > 0 else 0)


_FIRST: Mapping[str, int] = {
    name: place
    for place, name in enumerate(
        (BASIC_INSURANCE, "critical_illness", "medical_assistance", "poverty_relief_fund")
    )
}


def _order(payer: str) -> tuple[int, str]:
    """The three layers first, then the fund, then the rest by name."""
    return _FIRST.get(payer, len(_FIRST)), payer

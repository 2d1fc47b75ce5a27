"""How funds stand: from flows on accounts to the table that a finance bureau reads (DOMAIN S-15 … S-20)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.funds import position_repository as repository
from services.claims.funds.position_repository import Flow
from services.claims.funds.postings import RECEIPT, RESERVE_USE, RISK_ADVANCE, RISK_ADVANCE_OWED
from services.claims.funds.schemas import Commitments, FundReply, FundsReply, SetApart, Share, SourceLine
from services.claims.ledger.postings import BASIC_INSURANCE, SET_APART, SPONSORED_PREMIUM
from shared.money import Fen, ratio_bp

_DUE, _FUND = "financing_due:", "fund:"
_RESERVE, _OUTPATIENT, _BANK, _PROVIDER_DUE = "risk_reserve", "outpatient_account", "bank", "provider_due"
_NO_PAYOUT: Final = (SET_APART, RECEIPT, RESERVE_USE, RISK_ADVANCE, RISK_ADVANCE_OWED)
_PAYMENTS: Final = (RECEIPT, SPONSORED_PREMIUM)
"""What settles a due of a source; everything else on its account is what becomes due."""


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
    sources = _sources(payer, flows)
    dues = [line.due for line in sources if line.due is not None]
    due = sum(dues) if dues else None
    received = sum(line.received for line in sources)
    arrears = None if due is None else sum(line.arrears or 0 for line in sources)
    reserve = _set_apart(flows, _RESERVE) if basic else None
    outpatient = _set_apart(flows, _OUTPATIENT) if basic else None
    pooled = _net(flow for flow in own if _raises(flow))
    gross, back, deducted = _payouts(own)
    balance = _net(own)
    advanced, owed = _of_kind(own, RISK_ADVANCE), -_of_kind(own, RISK_ADVANCE_OWED)
    return FundReply(
        payer=payer,
        sources=sources,
        due=due,
        received=received,
        arrears=arrears,
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
        cash=balance - (arrears or 0),
        utilisation=_share(gross - back, pooled),
    )


def _sources(payer: str, flows: Iterable[Flow]) -> list[SourceLine]:
    """Due and received by source (S-20); more than what is due shows as negative arrears."""
    due: dict[str, Fen] = {}
    received: dict[str, Fen] = {}
    for flow in flows:
        if flow.account.startswith(_DUE):
            source = flow.account.removeprefix(_DUE)
            if flow.kind in _PAYMENTS:
                if (flow.payer or BASIC_INSURANCE) == payer:
                    received[source] = received.get(source, 0) + flow.net_fen
            elif flow.other == f"{_FUND}{payer}":
                due[source] = due.get(source, 0) - flow.net_fen
        elif flow.account == f"{_FUND}{payer}" and flow.kind == RECEIPT and flow.source is not None:
            received[flow.source] = received.get(flow.source, 0) + flow.net_fen
    return [_source(name, due.get(name), received.get(name, 0)) for name in {**due, **received}]


def _source(name: str, due: Fen | None, received: Fen) -> SourceLine:
    arrears = None if due is None else due - received
    return SourceLine(source=name, due=due, received=received, arrears=arrears)


def _raises(flow: Flow) -> bool:
    """Whether a flow of a fund is money raised for it, or set apart of that."""
    due = flow.other == _DUE.rstrip(":") and flow.kind not in _PAYMENTS
    return due or flow.kind in (SET_APART, RECEIPT)


def _set_apart(flows: Iterable[Flow], account: str) -> SetApart:
    own = [flow for flow in flows if flow.account == account]
    apart = _of_kind(own, SET_APART)
    return SetApart(set_apart=apart, used=apart - _net(own), left=_net(own))


def _payouts(own: Iterable[Flow]) -> tuple[Fen, Fen, Fen]:
    """What was paid, what of it was taken back, and what providers had to return (审核扣减)."""
    gross = back = deducted = 0
    for flow in own:
        if flow.kind in _NO_PAYOUT or _raises(flow):
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

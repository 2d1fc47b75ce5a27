"""Which transfers an approved operation leads to. Pure. ``+1`` are those of the following year."""

from collections.abc import Sequence
from typing import NamedTuple

from services.claims.funds import rules
from services.claims.ledger import accounts
from services.claims.ledger.postings import BASIC_INSURANCE, Posting
from shared.money import Fen

RECEIPT, RESERVE_USE = "receipt", "reserve_use"
RISK_ADVANCE, RISK_ADVANCE_OWED, CLAWBACK = "risk_advance", "risk_advance_owed", "risk_clawback"


class Booking(NamedTuple):
    """A transfer and the year to which it belongs."""

    year: int
    posting: Posting


def bookings(
    kind: str, county_code: str, year: int, payer: str, source: str | None, amount_fen: Fen
) -> Sequence[Booking]:
    """The transfers of one operation.

    Money for the basic insurance settles what its source owes, because the plan has booked the due into the
    fund; money for any other fund enters that fund. An advance of the upper-level risk fund enters this
    year's fund, and next year's owes it.
    """
    bank, fund = accounts.bank(county_code), accounts.fund(payer, county_code, year)
    if kind == rules.RECEIPT:
        planned = payer == BASIC_INSURANCE and source is not None
        credit = accounts.financing_due(source or "", county_code, year) if planned else fund
        return [Booking(year, Posting(RECEIPT, bank, credit, amount_fen))]
    if kind == rules.RESERVE_USE:
        reserve = accounts.risk_reserve(county_code, year)
        return [Booking(year, Posting(RESERVE_USE, reserve, fund, amount_fen))]
    owed = accounts.risk_fund_owed(county_code)
    if kind == rules.ADVANCE:
        following = accounts.fund(payer, county_code, year + 1)
        return [
            Booking(year, Posting(RISK_ADVANCE, bank, fund, amount_fen)),
            Booking(year + 1, Posting(RISK_ADVANCE_OWED, following, owed, amount_fen)),
        ]
    if kind == rules.CLAWBACK:
        return [Booking(year, Posting(CLAWBACK, owed, bank, amount_fen))]
    raise ValueError(f"no postings for {kind}")

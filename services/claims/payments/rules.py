"""How a payment goes from state to state, what is set off, and which transfers it leads to. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple
from uuid import UUID

from services.claims.ledger import accounts
from services.claims.ledger.postings import Posting
from shared.money import BasisPoints, Fen, share

PROVIDER, ADVANCE, CARD = "provider", "advance", "card"
FACILITY, PERSON, COUNTY = "facility", "person", "county"

PREPARED, CANCELLED, APPROVED, EXPORTED = "prepared", "cancelled", "approved", "exported"
PARTLY_CONFIRMED, CONFIRMED, RETURNED = "partly_confirmed", "confirmed", "returned"

APPROVE, CANCEL, EXPORT, RESULT = "approve", "cancel", "export", "results"
RETRY, RETURN, BANK_RETURN = "retry", "return", "bank_returns"

_AT_THE_BANK: Final = (EXPORTED, PARTLY_CONFIRMED)
_AFTER_THE_BANK: Final = (PARTLY_CONFIRMED, CONFIRMED, RETURNED)
ALLOWED: Final[Mapping[str, Sequence[str]]] = {
    APPROVE: (PREPARED,),
    CANCEL: (PREPARED,),
    # A file that was lost on its way is written again, byte for byte.
    EXPORT: (APPROVED, EXPORTED, *_AFTER_THE_BANK),
    RESULT: (EXPORTED, *_AFTER_THE_BANK),
    RETRY: _AFTER_THE_BANK,
    RETURN: _AFTER_THE_BANK,
    BANK_RETURN: _AFTER_THE_BANK,
}
"""For every action the states of a batch in which it may happen."""

PAYABLE, UNPAYABLE, CARRIED_FORWARD, OFFSET = "payable", "unpayable", "carried_forward", "offset"
IN_PAYMENT, RETRIED, SENT_BACK = "in_payment", "retried", "returned"
PAID: Final = "paid"
FAILED: Final = "failed"
BANK_RETURNED: Final = "bank_returned"
"""The bank had paid it, and the money came back days later (退汇)."""
HOLDING: Final = (PAYABLE, OFFSET)
"""States of a new batch's item in which it holds its transfers; the others leave them to later batches."""
NOT_PAID: Final = (FAILED, BANK_RETURNED)
"""States in which the money is here again and somebody has to say what becomes of it."""
WENT_TO_THE_BANK: Final = (IN_PAYMENT, PAID, *NOT_PAID, RETRIED, SENT_BACK)

PAYMENT, BANK_PAID = "payment", "bank_paid"
ADVANCE_SET_OFF, CARD_SET_OFF = "advance_set_off", "card_set_off"
SET_OFF_RETURNED = "set_off_returned"
"""What was kept back for an advance that then came back from the bank: it is due to the provider again."""
OWN_KINDS: Final = (PAYMENT, ADVANCE_SET_OFF, CARD_SET_OFF)
"""Kinds of transfers by which payments themselves move what is due: no batch pays them again."""

ALL, INSTALMENT, SHARE = "all", "instalment", "share"
SetOffRule = Literal["all", "instalment", "share"]


class Advance(NamedTuple):
    """An advance that the bank has paid and that is not set off altogether."""

    item_id: UUID
    remaining_fen: Fen
    rule: SetOffRule
    instalment_fen: Fen | None
    rate_bp: BasisPoints | None


class SetOff(NamedTuple):
    """What of an advance is kept back from a payment."""

    advance_item_id: UUID
    amount_fen: Fen


def set_offs(gross_fen: Fen, advances: Iterable[Advance]) -> list[SetOff]:
    """What is kept back of a provider's payment for its advances, oldest first; never more than it is due."""
    left, found = gross_fen, []
    for advance in advances:
        amount = min(left, advance.remaining_fen, _by_rule(gross_fen, advance))
        if amount > 0:
            found.append(SetOff(advance.item_id, amount))
            left -= amount
    return found


def _by_rule(gross_fen: Fen, advance: Advance) -> Fen:
    if advance.rule == INSTALMENT:
        return advance.instalment_fen or 0
    if advance.rule == SHARE:
        return share(max(gross_fen, 0), advance.rate_bp or 0)
    return advance.remaining_fen


def item_state(gross_fen: Fen, amount_fen: Fen, *, has_account: bool) -> str:
    """What becomes of a payee's part of a batch.

    Owing more than is due is carried forward; a part that comes to nothing is done with the batch's approval;
    without an account the part waits for a later batch.
    """
    if gross_fen < 0:
        return CARRIED_FORWARD
    if amount_fen == 0:
        return OFFSET
    return PAYABLE if has_account else UNPAYABLE


def state_after(pending: int, paid: int) -> str:
    """The state of a batch once the bank has said something about its items."""
    if pending:
        return PARTLY_CONFIRMED
    return CONFIRMED if paid else RETURNED


def once_said(state: str, returned_on: date | None) -> str:
    """What the bank had said of an item that it has decided: that it is paid, or that it failed."""
    return PAID if state == PAID or returned_on is not None else FAILED


class Returned(NamedTuple):
    """What the bank says of a payment that came back (退汇); the amount is null where it names none."""

    amount_fen: Fen | None
    day: date
    reason: str


def return_fault(
    state: str, was_returned: bool, paid_fen: Fen, said: Returned, first: date, today: date
) -> Literal["twice", "unpaid", "amount", "day"] | None:
    """Why a payment cannot have come back like this; nothing if it can.

    Only what the bank has paid comes back, once, whole, between the day of the batch's file and today.
    """
    if was_returned:
        return "twice"
    if state != PAID:
        return "unpaid"
    if said.amount_fen not in (None, paid_fen):
        return "amount"
    return None if first <= said.day <= today else "day"


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1)


class Booked(NamedTuple):
    """A transfer about to be booked for one payment item."""

    facility_code: str
    year: int
    posting: Posting


def provider_transfers(
    facility_code: str, county_code: str, year: int, amount_fen: Fen, set_off_fen: Fen
) -> list[Booked]:
    """What the approval of a provider's payment books: the advances set off, the rest on its way."""
    due = accounts.provider_due(facility_code)
    postings = [
        Posting(ADVANCE_SET_OFF, due, accounts.provider_advance(facility_code), set_off_fen),
        Posting(PAYMENT, due, accounts.in_payment(county_code), amount_fen),
    ]
    return [Booked(facility_code, year, posting) for posting in postings if posting.amount_fen]


def advance_transfers(facility_code: str, county_code: str, year: int, amount_fen: Fen) -> list[Booked]:
    """What the approval of an advance books."""
    given = accounts.provider_advance(facility_code)
    posting = Posting(PAYMENT, given, accounts.in_payment(county_code), amount_fen)
    return [Booked(facility_code, year, posting)]


def set_off_returned(facility_code: str, year: int, amount_fen: Fen) -> Booked:
    """What had been kept back for an advance that came back from the bank is due again."""
    given, due = accounts.provider_advance(facility_code), accounts.provider_due(facility_code)
    return Booked(facility_code, year, Posting(SET_OFF_RETURNED, given, due, amount_fen))


def card_transfers(county_code: str, by_year: Mapping[int, Fen]) -> list[Booked]:
    """What the approval of a person's payment books: years in which the person owes are set off first.

    Every year's account ends at zero; the years must not come to less than nothing together.
    """
    owed = {year: -fen for year, fen in sorted(by_year.items()) if fen < 0}
    booked = []
    for year, fen in sorted(by_year.items()):
        left, due = fen, accounts.card_due(county_code, year)
        for other in [each for each in owed if left > 0]:
            amount = min(left, owed[other])
            if amount:
                posting = Posting(CARD_SET_OFF, due, accounts.card_due(county_code, other), amount)
                booked.append(Booked("", year, posting))
                left, owed[other] = left - amount, owed[other] - amount
        if left > 0:
            posting = Posting(PAYMENT, due, accounts.in_payment(county_code), left)
            booked.append(Booked("", year, posting))
    return booked

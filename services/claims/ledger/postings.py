"""Which transfers a fact leads to. Pure. One transfer debits one account and credits one other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from services.claims.ledger import accounts
from shared.money import Fen

BASIC_INSURANCE = "basic_insurance"
PROVIDER = "provider"
"""The payer that is the treating provider itself: nobody owes it what it carries."""

PERSONAL = "personal"
"""The source of financing that is the insured people's own premium."""

PAYER, PERSON = "payer", "person"
INFLOW, SET_APART, REVERSAL = "inflow", "set_apart", "reversal"
RELAPSE_PAYOUT = "relapse_payout"
ONE_OFF_AID, RELAPSE_PREMIUM, SPONSORED_PREMIUM = "one_off_aid", "relapse_premium", "sponsored_premium"
PAYER_INCREASE, PAYER_DECREASE = "payer_increase", "payer_decrease"
CARD_PAYABLE, CARD_OWED = "card_payable", "card_owed"


class Posting(NamedTuple):
    """A transfer about to be booked; the amount is above zero."""

    kind: str
    debit_account: str
    credit_account: str
    amount_fen: Fen


class NewTransfer(NamedTuple):
    """A transfer about to be booked under its own reference; the facility is empty without a provider."""

    reference: str
    year: int
    facility_code: str
    kind: str
    debit_account: str
    credit_account: str
    amount_fen: Fen


@dataclass(frozen=True, slots=True)
class Financing:
    """One version of a county's financing plan: Σ due = total = reserve + outpatient account + pooled."""

    county_code: str
    year: int
    due_fen: Mapping[str, Fen]
    reserve_fen: Fen
    outpatient_account_fen: Fen


def settlement_postings(
    county_code: str, year: int, facility_code: str, payers: Iterable[tuple[str, Fen]], person_fen: Fen
) -> list[Posting]:
    """A settled bill: every payer owes its part to the provider, the person's part was collected there."""
    postings = [
        Posting(PAYER, *_sides(payer, county_code, year, facility_code), amount) for payer, amount in payers
    ]
    if person_fen:
        collected = accounts.provider_collected(facility_code)
        postings.append(Posting(PERSON, accounts.patients(county_code, year), collected, person_fen))
    return postings


def _sides(payer: str, county_code: str, year: int, facility_code: str) -> tuple[str, str]:
    """Debit and credit of what a payer takes over of a bill."""
    if payer == PROVIDER:
        return accounts.borne_by_provider(facility_code), accounts.provider_waived(facility_code)
    return accounts.fund(payer, county_code, year), accounts.provider_due(facility_code)


def relapse_postings(payer: str, county_code: str, year: int, amount_fen: Fen) -> list[Posting]:
    """A payout of the relapse insurance (防贫保): its pool owes it to a person, who gets it by card."""
    pool, card = accounts.fund(payer, county_code, year), accounts.card_due(county_code, year)
    return [Posting(RELAPSE_PAYOUT, pool, card, amount_fen)]


def one_off_posting(payer: str, county_code: str, year: int, amount_fen: Fen) -> Posting:
    """One-off aid (一次性救助, DOMAIN S-44): the payer's fund owes it to a person, who gets it by card."""
    fund, card = accounts.fund(payer, county_code, year), accounts.card_due(county_code, year)
    return Posting(ONE_OFF_AID, fund, card, amount_fen)


def relapse_premium_posting(
    payer: str, paid_by: str, county_code: str, year: int, amount_fen: Fen
) -> Posting:
    """The premium of the relapse insurance (DOMAIN S-46): who takes out the policy owes it to the pool."""
    due, pool = accounts.financing_due(paid_by, county_code, year), accounts.fund(payer, county_code, year)
    return Posting(RELAPSE_PREMIUM, due, pool, amount_fen)


def sponsored_premium_posting(payer: str, county_code: str, year: int, amount_fen: Fen) -> Posting:
    """Sponsored enrolment (资助参保, DOMAIN S-22): a fund pays what people owe as their own premium."""
    fund = accounts.fund(payer, county_code, year)
    return Posting(SPONSORED_PREMIUM, fund, accounts.financing_due(PERSONAL, county_code, year), amount_fen)


def adjustment_postings(
    county_code: str,
    year: int,
    facility_code: str,
    payer_differences: Mapping[str, Fen],
    person_difference_fen: Fen,
) -> list[Posting]:
    """The differences of a settled bill whose total stays: they add up to zero, so the provider gets as much.

    A payer's increase is paid to the provider in the next payment, its decrease is kept back from it. The
    person has paid at the counter long since: what he or she paid too much is payable by card, what too
    little is owed and set off there; the provider's next payment carries the other side of it. What the
    provider itself comes to carry is waived, and so is missing from what it is due.
    """
    due = accounts.provider_due(facility_code)
    postings = []
    for payer, difference in payer_differences.items():
        debit, credit = _sides(payer, county_code, year, facility_code)
        if difference > 0:
            postings.append(Posting(PAYER_INCREASE, debit, credit, difference))
        elif difference < 0:
            postings.append(Posting(PAYER_DECREASE, credit, debit, -difference))
    card = accounts.card_due(county_code, year)
    if person_difference_fen < 0:
        postings.append(Posting(CARD_PAYABLE, due, card, -person_difference_fen))
    elif person_difference_fen > 0:
        postings.append(Posting(CARD_OWED, card, due, person_difference_fen))
    return postings


def financing_postings(plan: Financing) -> list[Posting]:
    """The money enters the basic insurance fund; reserve and outpatient account are set apart from it."""
    fund = accounts.fund(BASIC_INSURANCE, plan.county_code, plan.year)
    postings = [
        Posting(INFLOW, accounts.financing_due(source, plan.county_code, plan.year), fund, amount)
        for source, amount in plan.due_fen.items()
        if amount
    ]
    reserve = accounts.risk_reserve(plan.county_code, plan.year)
    outpatient = accounts.outpatient_account(plan.county_code, plan.year)
    for account, amount in ((reserve, plan.reserve_fen), (outpatient, plan.outpatient_account_fen)):
        if amount:
            postings.append(Posting(SET_APART, fund, account, amount))
    return postings

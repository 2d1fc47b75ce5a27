"""What the postings of a settlement have led to, and which transfers each of them has to book."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.claims.verification.records import Booked, Settled

_COUNTY_DIGITS = 6
Moves = dict[tuple[str, UUID], int]
"""By accumulator and holder."""


@dataclass(slots=True)
class Standing:
    """A settlement as its postings so far have left it; nothing before the first."""

    moves: Moves = field(default_factory=dict)
    payers: Mapping[str, int] = field(default_factory=dict)
    person: int = 0
    booked: tuple[Booked, ...] = ()


def transfers(settled: Settled, payers: Mapping[str, int], person: int, before: Standing) -> list[Booked]:
    """The transfers of a posting: those of the settlement, their mirror, or what an adjustment changes."""
    if settled.reverses:
        return [
            Booked("reversal", each.credit_account, each.debit_account, each.amount_fen)
            for each in before.booked
        ]
    if settled.revision:
        return _adjusted(settled, payers, person, before)
    booked = [Booked("payer", *_sides(settled, payer), amount) for payer, amount in payers.items()]
    if person:
        collected = f"provider_collected:{settled.facility_code}"
        booked.append(Booked("person", f"patients:{_place(settled)}", collected, person))
    return booked


def _adjusted(settled: Settled, payers: Mapping[str, int], person: int, before: Standing) -> list[Booked]:
    """Payers owe more or less to the provider, who gives the person the difference by card or gets it."""
    due, card = f"provider_due:{settled.facility_code}", f"card_due:{_place(settled)}"
    booked = []
    for payer in {*payers, *before.payers}:
        more = payers.get(payer, 0) - before.payers.get(payer, 0)
        debit, credit = _sides(settled, payer)
        if more > 0:
            booked.append(Booked("payer_increase", debit, credit, more))
        elif more < 0:
            booked.append(Booked("payer_decrease", credit, debit, -more))
    more = person - before.person
    if more > 0:
        booked.append(Booked("card_owed", card, due, more))
    elif more < 0:
        booked.append(Booked("card_payable", due, card, -more))
    return booked


def _sides(settled: Settled, payer: str) -> tuple[str, str]:
    """Debit and credit of a payer's part; what the provider carries itself is owed by nobody."""
    facility = settled.facility_code
    if payer == "provider":
        return f"borne_by_provider:{facility}", f"provider_waived:{facility}"
    return f"fund:{payer}:{_place(settled)}", f"provider_due:{facility}"


def _place(settled: Settled) -> str:
    """County and year, as accounts name them."""
    return f"{settled.division_code[:_COUNTY_DIGITS]}:{settled.year}"

"""Derive every amount of a settlement from its explanation and its bill alone. Pure."""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from services.claims.verification.arithmetic import Unreadable, priced, share_bp
from services.claims.verification.bills import Bill
from services.claims.verification.records import (
    HOUSEHOLD_OWN_PAYMENT,
    OWN_PAYMENT,
    Booked,
    Difference,
    Findings,
    Settled,
    held_by_county,
)
from services.claims.verification.shapes import Shape
from services.claims.verification.steps import Step

_COUNTY_DIGITS = 6
_CEILING = "ceiling_bp"


def differences(settled: Settled, shapes: Mapping[str, Shape]) -> list[Difference]:
    """What is stored about a settlement and does not follow; nothing when all of it does."""
    found = Findings(settled.id)
    bill = _check_bill(found, settled)
    try:
        steps = [Step(row, shapes) for row in _rows(settled)]
        _check_steps(found, steps, bill)
        _check_outcome(found, settled, steps)
    except Unreadable as error:
        found.expect(None, "form", str(error), "")
    return found.all


def digests(steps: object) -> set[str]:
    """The bases that stored steps name."""
    rows = steps if isinstance(steps, list) else []
    return {row[0] for row in rows if isinstance(row, list) and row and isinstance(row[0], str)}


def _rows(settled: Settled) -> list[object]:
    if not isinstance(settled.steps, list) or not settled.steps:
        raise Unreadable("an explanation has steps")
    return settled.steps


def _check_bill(found: Findings, settled: Settled) -> Bill:
    """The division of the bill, from its lines; the bill that they make."""
    for place, line in enumerate(settled.lines, 1):
        expected = priced(line.quantity_milli, line.unit_price_e4)
        found.expect(None, f"lines/{place}/amount", line.amount_fen, expected)
    bill = Bill(settled.lines)
    found.expect(None, "total", settled.total_fen, bill.whole["total"])
    found.expect(None, "non_covered", settled.non_covered_fen, bill.whole["non_covered"])
    found.expect(None, "over_limit", settled.over_limit_fen, bill.whole["over_limit"])
    found.expect(None, "upfront_copay", settled.upfront_copay_fen, bill.whole["upfront_copay"])
    found.expect(None, "eligible", settled.eligible_fen, bill.whole["eligible"])
    taken = settled.non_covered_fen + settled.over_limit_fen + settled.upfront_copay_fen
    found.expect(None, "eligible/identity", settled.eligible_fen, settled.total_fen - taken)
    return bill


def _check_steps(found: Findings, steps: list[Step], bill: Bill) -> None:
    for no, step in enumerate(steps, 1):
        found.expect(no, "basis/layer", step.shape.layer == "charges", no == 1)
        step.check(found, no, bill)


def _check_outcome(found: Findings, settled: Settled, steps: list[Step]) -> None:
    """What the steps lead to: payers, the person's part, the ceiling, movements, transfers."""
    paid = _by_payer(steps[1:])
    person = settled.total_fen - sum(amount for _, amount in paid)
    found.expect(None, "payers", list(settled.payers), paid)
    found.expect(None, "person_pays", settled.person_pays_fen, person)
    share = share_bp(settled.person_pays_fen, settled.total_fen)
    found.expect(None, "personal_share", settled.personal_share_bp, share)
    ceilings = [_ceiling(step) for step in steps if step.shape.names[1:2] == (_CEILING,)]
    stored = (settled.ceiling_bp, settled.ceiling_base_fen)
    found.expect(None, "ceiling", stored, min(ceilings, default=(None, None)))
    _check_movements(found, settled, steps, person)
    _check_transfers(found, settled, paid, person)


def _by_payer(steps: list[Step]) -> list[tuple[str, int]]:
    """One amount per payer, in the order in which they first pay."""
    sums: dict[str, int] = {}
    for step in steps:
        if step.amount:
            payer = step.shape.payer or ""
            sums[payer] = sums.get(payer, 0) + step.amount
    return list(sums.items())


def _ceiling(step: Step) -> tuple[int, int]:
    """The ceiling of one visit, and the amount it is a share of."""
    return step.parameters[_CEILING], step.parameters[step.shape.names[0]]


def _check_movements(found: Findings, settled: Settled, steps: list[Step], person: int) -> None:
    """What the steps count, and the person's part in the own payments of person and household."""
    derived: Counter[tuple[str, UUID]] = Counter()
    for step in steps:
        for kind, before, after in step.counted:
            derived[kind, settled.person_id] += after - before
    derived[OWN_PAYMENT, settled.person_id] += person
    derived[HOUSEHOLD_OWN_PAYMENT, settled.household_id] += person
    stored: Counter[tuple[str, UUID]] = Counter()
    for moved in settled.moved:
        found.expect(None, f"movements/{moved.kind}/year", moved.year, settled.year)
        # Money of a fund is the county's, whoever's visit spends it.
        holder = settled.person_id if held_by_county(moved.kind) else moved.holder
        stored[moved.kind, holder] += moved.amount_fen
    for kind, holder in sorted({*stored, *derived}):
        found.expect(None, f"movements/{kind}", stored[kind, holder], derived[kind, holder])


def _check_transfers(found: Findings, settled: Settled, paid: list[tuple[str, int]], person: int) -> None:
    """Every payer owes its part to the provider, who collected the person's part."""
    county, year = settled.division_code[:_COUNTY_DIGITS], settled.year
    due = f"provider_due:{settled.facility_code}"
    derived = [Booked("payer", f"fund:{payer}:{county}:{year}", due, amount) for payer, amount in paid]
    if person:
        collected = f"provider_collected:{settled.facility_code}"
        derived.append(Booked("person", f"patients:{county}:{year}", collected, person))
    booked, wanted = Counter(settled.booked), Counter(derived)
    surplus, missing = sorted((booked - wanted).elements()), sorted((wanted - booked).elements())
    found.expect(None, "transfers", [_text(each) for each in surplus], [_text(each) for each in missing])


def _text(booked: Booked) -> str:
    return f"{booked.debit_account}→{booked.credit_account} {booked.amount_fen}"

"""Derive every amount of a settlement from its explanation and its bill alone. Pure."""

from collections import Counter
from collections.abc import Mapping

from services.claims.verification.arithmetic import Unreadable, priced, share_bp
from services.claims.verification.bills import Bill
from services.claims.verification.booking import Moves, Standing, transfers
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

_CEILING = "ceiling_bp"


def differences(
    settled: Settled, shapes: Mapping[str, Shape], standing: Standing | None = None
) -> list[Difference]:
    """What is stored about a posting and does not follow; nothing when all of it does.

    ``standing`` is what earlier postings of the settlement led to; afterwards it includes this one.
    """
    found = Findings(settled.id, settled.revision)
    standing = Standing() if standing is None else standing
    try:
        steps = [] if settled.reverses else [Step(row, shapes) for row in _rows(settled)]
        _check_steps(found, steps, _check_bill(found, settled))
        _check_outcome(found, settled, steps, standing)
    except Unreadable as error:
        found.expect(None, "form", str(error), "")
        standing.payers, standing.person = dict(settled.payers), settled.person_pays_fen
        standing.moves = _sum(standing.moves, _stored_moves(settled))
    standing.booked += settled.booked
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
    for place, line in enumerate(() if settled.revision else settled.lines, 1):
        expected = priced(line.quantity_milli, line.unit_price_e4)
        found.expect(None, f"lines/{place}/amount", line.amount_fen, expected)
    bill = Bill(() if settled.reverses else settled.lines)
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


def _check_outcome(found: Findings, settled: Settled, steps: list[Step], standing: Standing) -> None:
    """What the steps lead to: payers, the person's part, the ceiling, movements, transfers."""
    paid = _by_payer(steps[1:])
    person = settled.total_fen - sum(paid.values())
    found.expect(None, "payers", list(settled.payers), list(paid.items()))
    found.expect(None, "person_pays", settled.person_pays_fen, person)
    share = share_bp(settled.person_pays_fen, settled.total_fen)
    found.expect(None, "personal_share", settled.personal_share_bp, share)
    ceilings = [_ceiling(step) for step in steps if step.shape.names[1:2] == (_CEILING,)]
    stored = (settled.ceiling_bp, settled.ceiling_base_fen)
    found.expect(None, "ceiling", stored, min(ceilings, default=(None, None)))
    moves = _derived_moves(settled, steps, person)
    _check_movements(found, settled, moves, standing.moves)
    _check_transfers(found, settled, transfers(settled, paid, person, standing))
    standing.moves, standing.payers, standing.person = moves, paid, person


def _by_payer(steps: list[Step]) -> dict[str, int]:
    """One amount per payer, in the order in which they first pay."""
    sums: dict[str, int] = {}
    for step in steps:
        if step.amount:
            payer = step.shape.payer or ""
            sums[payer] = sums.get(payer, 0) + step.amount
    return sums


def _ceiling(step: Step) -> tuple[int, int]:
    """The ceiling of one visit, and the amount it is a share of."""
    return step.parameters[_CEILING], step.parameters[step.shape.names[0]]


def _derived_moves(settled: Settled, steps: list[Step], person: int) -> Moves:
    """What the steps count, and the person's part in the own payments of person and household."""
    counted = {
        (OWN_PAYMENT, settled.person_id): person,
        (HOUSEHOLD_OWN_PAYMENT, settled.household_id): person,
    }
    for step in steps:
        for kind, before, after in step.counted:
            key = (kind, settled.person_id)
            counted[key] = counted.get(key, 0) + after - before
    return counted


def _stored_moves(settled: Settled) -> Moves:
    """Money of a fund is the county's, whoever's visit spends it."""
    moves: Moves = {}
    for moved in settled.moved:
        key = (moved.kind, settled.person_id if held_by_county(moved.kind) else moved.holder)
        moves[key] = moves.get(key, 0) + moved.amount_fen
    return moves


def _sum(first: Moves, second: Moves) -> Moves:
    return {key: first.get(key, 0) + second.get(key, 0) for key in {*first, *second}}


def _check_movements(found: Findings, settled: Settled, derived: Moves, before: Moves) -> None:
    """A posting moves what its figures move, less what earlier postings of the settlement have moved."""
    for moved in settled.moved:
        found.expect(None, f"movements/{moved.kind}/year", moved.year, settled.year)
    stored = _stored_moves(settled)
    for key in sorted({*stored, *derived, *before}):
        by = derived.get(key, 0) - before.get(key, 0)
        found.expect(None, f"movements/{key[0]}", stored.get(key, 0), by)


def _check_transfers(found: Findings, settled: Settled, derived: list[Booked]) -> None:
    booked, wanted = Counter(settled.booked), Counter(derived)
    surplus, missing = sorted((booked - wanted).elements()), sorted((wanted - booked).elements())
    found.expect(None, "transfers", [_text(each) for each in surplus], [_text(each) for each in missing])


def _text(booked: Booked) -> str:
    return f"{booked.debit_account}→{booked.credit_account} {booked.amount_fen}"

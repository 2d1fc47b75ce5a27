"""Derive every amount of a settlement from its explanation and its bill alone. Pure."""

from collections import Counter
from collections.abc import Mapping

from services.claims.verification.arithmetic import Unreadable, part_of, priced, rounded, share_bp
from services.claims.verification.records import Booked, Difference, Findings, Line, Settled
from services.claims.verification.shapes import PARTS, Shape
from services.claims.verification.steps import Bill, Step

_COUNTY_DIGITS = 6


def differences(settled: Settled, shapes: Mapping[str, Shape]) -> list[Difference]:
    """What is stored about a settlement and does not follow; nothing when all of it does."""
    found = Findings(settled.id)
    whole = _check_bill(found, settled)
    try:
        steps = [Step(row, shapes) for row in _rows(settled)]
        _check_steps(found, steps, whole)
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


def _check_bill(found: Findings, settled: Settled) -> dict[str, int]:
    """The division of the bill, from its lines; the figures that they give."""
    whole = {"total": 0, **dict.fromkeys(PARTS, 0)}
    for place, line in enumerate(settled.lines, 1):
        expected = priced(line.quantity_milli, line.unit_price_e4)
        found.expect(None, f"lines/{place}/amount", line.amount_fen, expected)
        whole["total"] += line.amount_fen
        for part, amount in _divided(line).items():
            whole[part] += amount
    found.expect(None, "total", settled.total_fen, whole["total"])
    found.expect(None, "non_covered", settled.non_covered_fen, whole["non_covered"])
    found.expect(None, "over_limit", settled.over_limit_fen, whole["over_limit"])
    found.expect(None, "upfront_copay", settled.upfront_copay_fen, whole["upfront_copay"])
    found.expect(None, "eligible", settled.eligible_fen, whole["eligible"])
    taken = settled.non_covered_fen + settled.over_limit_fen + settled.upfront_copay_fen
    found.expect(None, "eligible/identity", settled.eligible_fen, settled.total_fen - taken)
    return whole


def _divided(line: Line) -> dict[str, int]:
    """Class C is not covered; what exceeds the price limit is own cost; of class B a part comes first."""
    if line.item_class == "C":
        return {"non_covered": line.amount_fen}
    over = 0
    if line.price_limit_e4 is not None:
        over = max(line.amount_fen - priced(line.quantity_milli, line.price_limit_e4), 0)
    rest = line.amount_fen - over
    upfront = rounded(part_of(rest, line.self_pay_rate_bp)) if line.item_class == "B" else 0
    return {"over_limit": over, "upfront_copay": upfront, "eligible": rest - upfront}


def _check_steps(found: Findings, steps: list[Step], whole: dict[str, int]) -> None:
    bill = Bill(whole, {part: whole[part] for part in PARTS})
    for no, step in enumerate(steps, 1):
        found.expect(no, "basis/layer", step.shape.layer == "charges", no == 1)
        step.check(found, no, bill)


def _check_outcome(found: Findings, settled: Settled, steps: list[Step]) -> None:
    """What the steps lead to: payers, the person's part, the ceiling, movements, transfers."""
    paid = [(step.shape.payer or "", step.amount) for step in steps[1:] if step.amount]
    person = settled.total_fen - sum(amount for _, amount in paid)
    found.expect(None, "payers", list(settled.payers), paid)
    found.expect(None, "person_pays", settled.person_pays_fen, person)
    share = share_bp(settled.person_pays_fen, settled.total_fen)
    found.expect(None, "personal_share", settled.personal_share_bp, share)
    ceilings = [_ceiling(step) for step in steps if "ceiling_bp" in step.parameters]
    stored = (settled.ceiling_bp, settled.ceiling_base_fen)
    found.expect(None, "ceiling", stored, min(ceilings, default=(None, None)))
    _check_movements(found, settled, steps)
    _check_transfers(found, settled, paid, person)


def _ceiling(step: Step) -> tuple[int, int]:
    whole = "total" if "total" in step.parameters else "eligible"
    return step.parameters["ceiling_bp"], step.parameters[whole]


def _check_movements(found: Findings, settled: Settled, steps: list[Step]) -> None:
    stored: Counter[str] = Counter()
    for moved in settled.moved:
        stored[moved.kind] += moved.amount_fen
        owner = (moved.holder, moved.year)
        found.expect(None, f"movements/{moved.kind}/owner", owner, (settled.person_id, settled.year))
    derived: Counter[str] = Counter()
    for step in steps:
        for kind, before, after in step.counted:
            derived[kind] += after - before
    for kind in sorted({*stored, *derived}):
        found.expect(None, f"movements/{kind}", stored[kind], derived[kind])


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

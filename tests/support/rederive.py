"""Work out an explained amount again from its explanation alone, by fractions, without the engine."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

HUNDRED_PERCENT = 10_000


def half_up(exact: Fraction) -> int:
    """A non-negative fraction rounded half-up."""
    return int((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal(1), ROUND_HALF_UP))


def by_tiers(before: int, after: int, deductible: int, tiers: list[list[Any]]) -> int:
    """Marginal tiers as a difference: what they give up to ``after`` less what up to ``before``."""

    def up_to(point: int) -> Fraction:
        total, lower = Fraction(0), deductible
        for end, rate in tiers:
            upper = point if end is None else min(point, end)
            total += Fraction(max(0, upper - lower) * rate, HUNDRED_PERCENT)
            lower = max(lower, upper)
        return total

    return half_up(up_to(after) - up_to(before))


def rederived(step: dict[str, Any]) -> int:
    """The amount of a step, from the dict that ``step_as_dict`` gives."""
    known: dict[str, Any] = {step["base"]["name"]: step["base"]["fen"], **step["parameters"]}
    result = 0
    for line in step["arithmetic"]:
        given = [known[name] for name in line["arguments"]]
        match line["op"]:
            case "less":
                result = max(given[0] - given[1], 0)
            case "plus":
                result = given[0] + given[1]
            case "at_most":
                result = sorted(given)[0]
            case "at_rate":
                result = half_up(Fraction(given[0] * given[1], HUNDRED_PERCENT))
            case "at_rate_down":
                result = int(Fraction(given[0] * given[1], HUNDRED_PERCENT))
            case "tiers":
                result = by_tiers(*given)
        assert result == line["value"]
        known[line["result"]] = result
    return result


def parameters_from_rules(step: dict[str, Any]) -> dict[str, int]:
    """Every parameter as the sum of what its rules gave; rates stay between nothing and everything."""
    sums: dict[str, int] = {}
    for rule in step["rules"]:
        if rule["value"] is not None:
            sums[rule["parameter"]] = sums.get(rule["parameter"], 0) + rule["value"]
    return {
        name: max(0, min(HUNDRED_PERCENT, value)) if name.endswith("_bp") else value
        for name, value in sums.items()
    }


def stated_parameters(step: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a step by the names that its rules use: those of tiers one by one."""
    tiers = step["parameters"].get("tiers", [])
    ends = {f"tiers/{number}/up_to": up_to for number, (up_to, _) in enumerate(tiers, 1)}
    rates = {f"tiers/{number}/rate_bp": rate_bp for number, (_, rate_bp) in enumerate(tiers, 1)}
    return {**step["parameters"], **ends, **rates}


COMPONENTS = ("eligible", "upfront_copay", "over_limit", "non_covered")


def replayed(steps: list[dict[str, Any]]) -> tuple[dict[str, int], int, dict[str, int]]:
    """Payers, the person's part and movements of a whole explanation; asserts that every base is right.

    The first step divides the bill; each further one takes what it pays from the components it covers.
    """
    first, *layers = steps
    given = first["parameters"]
    total = first["base"]["fen"]
    left = {"eligible": first["amount_fen"], **{name: given[name] for name in COMPONENTS[1:]}}
    bill = {"total": total, "eligible": first["amount_fen"]}
    payers: dict[str, int] = {}
    moved: dict[str, int] = {}
    for step in layers:
        amount, numbers = step["amount_fen"], step["parameters"]
        check_base(step, left, bill)
        if step["layer"] == "waiver":
            results = {line["result"]: line["value"] for line in step["arithmetic"]}
            parts = {name: {**numbers, **results}[f"waived_{name}"] for name in COMPONENTS}
            bill = {"total": bill["total"] - amount, "eligible": bill["eligible"] - parts["eligible"]}
            left = {name: left[name] - parts[name] for name in COMPONENTS}
        else:
            left = taken_over(left, step["covers"], amount)
        if amount:
            payers[step["payer"]] = payers.get(step["payer"], 0) + amount
        for movement in step["accumulators"]:
            by = movement["after"] - movement["before"]
            moved[movement["kind"]] = moved.get(movement["kind"], 0) + by
    return payers, sum(left.values()), {kind: by for kind, by in moved.items() if by}


def check_base(step: dict[str, Any], left: dict[str, int], bill: dict[str, int]) -> None:
    """What a step says about the bill is what the steps before it left."""
    numbers = {step["base"]["name"]: step["base"]["fen"], **step["parameters"]}
    is_open = {"eligible_open": left["eligible"], "person_open": sum(left.values())}
    if step["layer"] != "waiver":
        is_open |= {"covered_open": sum(left[name] for name in step["covers"])}
        is_open |= {"given": bill["total"] - sum(left.values()), **bill}
    assert {name: numbers[name] for name in numbers if name in is_open} == {
        name: value for name, value in is_open.items() if name in numbers
    }


def taken_over(left: dict[str, int], covers: list[str], amount: int) -> dict[str, int]:
    """The open components after a payment that takes them over in the stated order."""
    after = dict(left)
    for name in covers:
        part = min(amount, after[name])
        after[name] -= part
        amount -= part
    assert amount == 0
    return after

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

"""Worked examples: a pack states what must come out, and is refused when something else does."""

from collections.abc import Mapping
from typing import Any

from services.claims.benefits.adjudicate import Decision, adjudicate
from services.claims.benefits.facts import (
    ITEM_CLASSES,
    PLACES,
    PROVIDER_LEVELS,
    REFERRALS,
    VISIT_TYPES,
    Charge,
    Facts,
)
from services.claims.benefits.policy import Example, NoPolicyInForce, PackError, PolicyBook, PolicyVersion
from services.claims.benefits.relapse import failed_examples as failed_relapse_examples
from services.claims.benefits.sections import Section
from services.claims.benefits.steps import counts_times
from shared.money import format_yuan, parse_yuan

E4_PER_FEN = 100
ONE_MILLI = 1_000


class ExamplesFailed(PackError):
    """At least one worked example does not come out; ``failures`` has one text per example."""

    def __init__(self, path: str, failures: list[str]) -> None:
        super().__init__(path, "; ".join(failures))
        self.failures = failures


def check_examples(book: PolicyBook) -> None:
    """Refuse a pack of which any version has an example that fails (raises ``ExamplesFailed``).

    An example has to belong to its version: that must be in force on the governing date of the example.
    """
    for version in book.versions:
        failures = [text for example in version.examples if (text := _failure(book, version, example))]
        failures += failed_relapse_examples(version)
        if failures:
            raise ExamplesFailed(f"{version.pack}/{version.version}/examples", failures)


def _failure(book: PolicyBook, version: PolicyVersion, example: Example) -> str:
    """What is wrong with one example; empty when it comes out."""
    try:
        in_force = book.governing(example.facts)
    except NoPolicyInForce:
        return f"{example.name}: lies before the first version"
    if in_force is not version:
        return f"{example.name}: the version of {in_force.version} is in force on its governing date"
    decision = adjudicate(version, example.facts, example.used)
    found, stated = _found_and_stated(decision, example)
    names = [name for name in {**stated, **found} if stated.get(name, 0) != found.get(name, 0)]
    texts = [
        f"{name} {_written(name, found.get(name, 0))} instead of {_written(name, stated.get(name, 0))}"
        for name in names
    ]
    return f"{example.name}: {', '.join(texts)}" if texts else ""


def _found_and_stated(decision: Decision, example: Example) -> tuple[dict[str, int], dict[str, int]]:
    """What came out and what the example says, by name; what the example is silent about is left out."""
    found = {
        "eligible": decision.eligible_fen,
        **{f"payers/{payer}": amount for payer, amount in decision.payers},
        "person_pays": decision.person_pays_fen,
    }
    stated = {
        "eligible": example.eligible_fen,
        **{f"payers/{payer}": amount for payer, amount in example.payers.items()},
        "person_pays": example.person_pays_fen,
    }
    if example.movements is not None:
        found |= {f"movements/{kind}": amount for kind, amount in decision.movements.items()}
        stated |= {f"movements/{kind}": amount for kind, amount in example.movements.items()}
    if example.waived_fen is not None:
        found["waived"] = sum(step.amount_fen for step in decision.steps if step.layer == "waiver")
        stated["waived"] = example.waived_fen
    return found, stated


def _written(name: str, number: int) -> str:
    return str(number) if counts_times(name) else format_yuan(number)


def read_example(part: Section) -> Example:
    """Read one worked example; dates left out are the day of discharge, a charge is one item."""
    visit, expected = part.section("visit"), part.section("expect")
    charges = tuple(_read_charge(charge) for charge in part.sections("charges"))
    return Example(
        name=part.text("name"),
        facts=_read_facts(visit, charges),
        used=_counted(part, "used") if part.has("used") else {},
        eligible_fen=expected.amount("eligible") or 0,
        payers=_amounts(expected, "payers"),
        person_pays_fen=expected.amount("person_pays") or 0,
        movements=_counted(expected, "movements") if expected.has("movements") else None,
        waived_fen=expected.amount("waived"),
    )


def _read_facts(visit: Section, charges: tuple[Charge, ...]) -> Facts:
    discharged = visit.text("discharged_on")
    level, age = visit.raw.get("level"), visit.raw.get("age", 50)
    if level not in PROVIDER_LEVELS or not isinstance(age, int):
        raise visit.fail("level", "expected a provider level 0 to 3 and an age in years")
    return Facts(
        visit_type=visit.word("visit_type", VISIT_TYPES),
        admitted_on=visit.day("admitted_on", discharged),
        discharged_on=visit.day("discharged_on"),
        settled_on=visit.day("settled_on", discharged),
        provider_level=level,
        place=visit.word("place", PLACES),
        referral=visit.word("referral", REFERRALS),
        categories=frozenset(visit.raw.get("categories", ())),
        chronic_codes=frozenset(visit.raw.get("chronic_codes", ())),
        diagnoses=tuple(visit.raw.get("diagnoses", ())),
        age=age,
        sex=visit.text("sex", "1"),
        charges=charges,
        total_fen=sum(charge.amount_fen for charge in charges),
        designated_for=frozenset(visit.raw.get("designated_for", ())),
    )


def _read_charge(part: Section) -> Charge:
    amount = part.amount("amount") or 0
    limit = part.amount("price_limit")
    return Charge(
        item_code=part.text("item_code", "EXAMPLE"),
        name="示例项目",
        category=part.text("category", "other"),
        item_class=part.word("class", ITEM_CLASSES),
        self_pay_rate_bp=part.rate("self_pay_rate") if part.has("self_pay_rate") else 0,
        quantity_milli=ONE_MILLI,
        unit_price_e4=amount * E4_PER_FEN,
        amount_fen=amount,
        price_limit_e4=None if limit is None else limit * E4_PER_FEN,
    )


def _counted(section: Section, key: str) -> dict[str, int]:
    """Accumulators in yuan, those that count times as whole numbers."""
    raw: Mapping[str, Any] = section.section(key).raw
    times = {kind: value for kind, value in raw.items() if counts_times(kind)}
    if not all(isinstance(value, str) and value.isdecimal() for value in times.values()):
        raise section.fail(key, "expected whole numbers as text where times are counted")
    amounts = {kind: value for kind, value in raw.items() if kind not in times}
    return _in_fen(section, key, amounts) | {kind: int(value) for kind, value in times.items()}


def _amounts(section: Section, key: str) -> dict[str, int]:
    return _in_fen(section, key, section.section(key).raw)


def _in_fen(section: Section, key: str, raw: Mapping[str, Any]) -> dict[str, int]:
    try:
        return {name: parse_yuan(amount) for name, amount in raw.items()}
    except (ValueError, AttributeError) as error:
        raise section.fail(key, "expected amounts in yuan as text") from error

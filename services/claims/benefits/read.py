"""Turn the plain data of one pack version (parsed YAML or JSON) into a compiled ``PolicyVersion``."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from services.claims.benefits.facts import ITEM_CLASSES, PLACES, REFERRALS, VISIT_TYPES, Charge, Facts
from services.claims.benefits.layers import KINDS
from services.claims.benefits.policy import GOVERNING_DATES, Example, Layer, PackError, PolicyVersion
from services.claims.benefits.sections import Reading, Section
from shared.money import parse_yuan

E4_PER_FEN = 100


def read_version(raw: Mapping[str, Any]) -> PolicyVersion:
    """Compile one version. Raises ``PackError`` naming the place of the first mistake."""
    bare = Section(raw, "", Reading({}, {}))
    reading = Reading(bare.section("sources").raw, bare.section("accumulators").raw)
    pack = Section(raw, "", reading)
    layers = tuple(_read_layer(part) for part in pack.sections("layers"))
    payers = [layer.payer for layer in layers]
    if not layers or len(set(payers)) < len(payers):
        raise PackError("layers", "a version needs layers, each with its own payer")
    governing = pack.word("governing_date", tuple(GOVERNING_DATES))
    return PolicyVersion(
        pack=pack.text("pack"),
        version=pack.text("effective_from"),
        effective_from=pack.day("effective_from"),
        jurisdiction=pack.text("jurisdiction"),
        title=pack.text("title"),
        governing_date=governing,
        layers=layers,
        examples=tuple(_read_example(part) for part in pack.sections("examples")),
        traits=attrgetter(*sorted(reading.reads)),
    )


def _read_layer(part: Section) -> Layer:
    return KINDS[part.word("kind", tuple(KINDS))](part)


def _read_example(part: Section) -> Example:
    visit, expected = part.section("visit"), part.section("expect")
    used = part.section("used").raw if part.has("used") else {}
    charges = tuple(_read_charge(charge) for charge in part.sections("charges"))
    discharged = visit.text("discharged_on")
    facts = Facts(
        visit_type=visit.word("visit_type", VISIT_TYPES),
        admitted_on=visit.day("admitted_on", discharged),
        discharged_on=visit.day("discharged_on"),
        settled_on=visit.day("settled_on", discharged),
        provider_level=int(visit.raw.get("level", 2)),
        place=visit.word("place", PLACES),
        referral=visit.word("referral", REFERRALS),
        categories=frozenset(visit.raw.get("categories", ())),
        chronic_codes=frozenset(visit.raw.get("chronic_codes", ())),
        diagnoses=tuple(visit.raw.get("diagnoses", ())),
        age=int(visit.raw.get("age", 50)),
        sex=str(visit.raw.get("sex", "1")),
        charges=charges,
        total_fen=sum(charge.amount_fen for charge in charges),
    )
    return Example(part.text("name"), facts, _fen_of(used), dict(expected.raw))


def _read_charge(part: Section) -> Charge:
    amount = part.amount("amount") or 0
    limit = part.amount("price_limit")
    return Charge(
        item_code="EXAMPLE",
        name="示例项目",
        category="other",
        item_class=part.word("class", ITEM_CLASSES),
        self_pay_rate_bp=part.rate("self_pay_rate") if part.has("self_pay_rate") else 0,
        quantity_milli=1_000,
        unit_price_e4=amount * E4_PER_FEN,
        amount_fen=amount,
        price_limit_e4=None if limit is None else limit * E4_PER_FEN,
    )


def _fen_of(amounts: Mapping[str, Any]) -> dict[str, int]:
    return {str(name): parse_yuan(str(amount)) for name, amount in amounts.items()}

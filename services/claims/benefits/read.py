"""Turn the plain data of one pack version (parsed YAML or JSON) into a compiled ``PolicyVersion``."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.claims.benefits.burden import read_burden
from services.claims.benefits.enrolment import read_enrolment
from services.claims.benefits.examples import read_example
from services.claims.benefits.layers import KINDS
from services.claims.benefits.layers.fund import check_what_funds_leave
from services.claims.benefits.lists import read_programmes
from services.claims.benefits.one_off import read_one_off
from services.claims.benefits.policy import GOVERNING_DATES, Layer, PackError, PolicyVersion
from services.claims.benefits.relapse import read_relapse
from services.claims.benefits.sections import Reading, Section
from services.claims.benefits.steps import Rule
from services.claims.benefits.traits import traits_of

CERTIFICATES = "chronic_certificates"


def read_version(raw: Mapping[str, Any]) -> PolicyVersion:
    """Compile one version. Raises ``PackError`` naming the place of the first mistake."""
    bare = Section(raw, "", Reading({}, {}))
    reading = Reading(bare.section("sources").raw, bare.section("accumulators").raw)
    pack = Section(raw, "", reading)
    reading.programmes = read_programmes(pack)
    layers = tuple(
        layer for place, part in enumerate(pack.sections("layers")) for layer in _read_layer(part, place)
    )
    _check_limits(reading, [layer.raw.get("kind") == "fund" for layer in pack.sections("layers")])

    _check_payers(layers)
    check_what_funds_leave(layers)
    governing = pack.word("governing_date", tuple(GOVERNING_DATES))
    return PolicyVersion(
        pack=pack.text("pack"),
        version=pack.text("effective_from"),
        effective_from=pack.day("effective_from"),
        jurisdiction=pack.text("jurisdiction"),
        title=pack.text("title"),
        governing_date=governing,
        layers=layers,
        examples=tuple(read_example(part) for part in pack.sections("examples")),
        traits=traits_of(frozenset(reading.reads), reading.conditions),
        burden=read_burden(pack),
        relapse=read_relapse(pack),
        enrolment=read_enrolment(pack),
        one_off=read_one_off(pack),
        programmes=tuple(reading.programmes.values()),
        chronic_certificates=_read_certificates(pack),
    )


def _read_certificates(pack: Section) -> Rule | None:
    """The rule of the optional section ``chronic_certificates``, where it asks for certificates."""
    if not pack.has(CERTIFICATES):
        return None
    section = pack.section(CERTIFICATES)
    rule, required = section.rule(), section.raw.get("required")
    if not isinstance(required, bool):
        raise section.fail("required", "expected true or false")
    return rule if required else None


def _read_layer(part: Section, place: int) -> tuple[Layer, ...]:
    part.reading.layer = place

    return KINDS[part.word("kind", tuple(KINDS))](part)


def _check_limits(reading: Reading, funds: Sequence[bool]) -> None:
    """No limit is shared across a fund that does not share it.

    What the fund pays may fall when a charge gets dearer (others then pay more of it); a limit used up on one
    side of it would lower what is paid on the other side by more than the charge has risen.
    """
    for name, uses in reading.uses.items():
        between = range(min(uses), max(uses) + 1)
        if any(funds[place] and place not in uses for place in between):
            raise PackError("layers", f"the limit {name} is shared by layers on both sides of a fund")


def _check_payers(layers: Sequence[Layer]) -> None:
    """Waivers come first, and what is said of a payer is the same wherever it pays."""
    if not layers:
        raise PackError("layers", "a version needs layers")
    said: dict[str, tuple[str, str]] = {}
    for layer in layers:
        about = (layer.title, layer.fund_pay_type)
        if said.setdefault(layer.payer, about) != about:
            raise PackError("layers", f"the payer {layer.payer} has two titles or two fund_pay_types")
    waivers = [layer.kind == "waiver" for layer in layers]
    if waivers != sorted(waivers, reverse=True):
        raise PackError("layers", "waivers come before all other layers")

"""Turn the plain data of one pack version (parsed YAML or JSON) into a compiled ``PolicyVersion``."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from services.claims.benefits.burden import read_burden
from services.claims.benefits.enrolment import read_enrolment
from services.claims.benefits.examples import read_example
from services.claims.benefits.facts import Facts
from services.claims.benefits.layers import KINDS
from services.claims.benefits.layers.fund import check_what_funds_leave
from services.claims.benefits.lists import read_programmes
from services.claims.benefits.one_off import read_one_off
from services.claims.benefits.policy import GOVERNING_DATES, Layer, PackError, PolicyVersion
from services.claims.benefits.relapse import read_relapse
from services.claims.benefits.sections import Reading, Section

REMEMBERED_ILLNESSES = 10_000


def read_version(raw: Mapping[str, Any]) -> PolicyVersion:
    """Compile one version. Raises ``PackError`` naming the place of the first mistake."""
    bare = Section(raw, "", Reading({}, {}))
    reading = Reading(bare.section("sources").raw, bare.section("accumulators").raw)
    pack = Section(raw, "", reading)
    reading.programmes = read_programmes(pack)
    layers = tuple(layer for part in pack.sections("layers") for layer in _read_layer(part))
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
        traits=_traits(reading),
        burden=read_burden(pack),
        relapse=read_relapse(pack),
        enrolment=read_enrolment(pack),
        one_off=read_one_off(pack),
    )


def _read_layer(part: Section) -> tuple[Layer, ...]:
    return KINDS[part.word("kind", tuple(KINDS))](part)


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


def _traits(reading: Reading) -> Callable[[Facts], Any]:
    """What of the facts the conditions look at; of diagnoses only which conditions they fulfil."""
    plain = attrgetter(*sorted(reading.reads))
    conditions = tuple(reading.illness)
    if not conditions:
        return plain

    @lru_cache(maxsize=REMEMBERED_ILLNESSES)
    def illness(diagnoses: tuple[str, ...], age: int) -> tuple[bool, ...]:
        return tuple(condition.illness_fits(diagnoses, age) for condition in conditions)

    return lambda facts: (plain(facts), illness(facts.diagnoses, facts.age))

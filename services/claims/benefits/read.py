"""Turn the plain data of one pack version (parsed YAML or JSON) into a compiled ``PolicyVersion``."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from services.claims.benefits.burden import read_burden
from services.claims.benefits.examples import read_example
from services.claims.benefits.layers import KINDS
from services.claims.benefits.policy import GOVERNING_DATES, Layer, PackError, PolicyVersion
from services.claims.benefits.relapse import read_relapse
from services.claims.benefits.sections import Reading, Section


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
        examples=tuple(read_example(part) for part in pack.sections("examples")),
        traits=attrgetter(*sorted(reading.reads)),
        burden=read_burden(pack),
        relapse=read_relapse(pack),
    )


def _read_layer(part: Section) -> Layer:
    return KINDS[part.word("kind", tuple(KINDS))](part)

"""What explanations share, read once: the form of the arithmetic and the numbers of the rules."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.claims.verification.arithmetic import Unreadable, number

_FULL_BP = 10_000
_DIGEST = 32
PARTS = ("eligible", "upfront_copay", "over_limit", "non_covered")
"""Parts of a bill in the order in which a payer that covers several of them takes them over."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of one step: names, lines of arithmetic, and what the rules say each parameter is."""

    layer: str
    payer: str | None
    base_name: str
    names: tuple[str, ...]
    lines: tuple[tuple[str, str, tuple[str, ...]], ...]
    from_rules: Mapping[str, int | None]
    accumulator_of: Mapping[str, str]
    covers: tuple[str, ...]
    item_codes: tuple[str, ...]
    charge_categories: frozenset[str]
    right: bool
    """Whether the digest under which it is stored is that of its content: no word and number was changed."""


def read_shape(digest: str, content: Mapping[str, Any]) -> Shape:
    """Read a stored basis; raises ``Unreadable``."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    try:
        base_name = content["base_name"]
        return Shape(
            layer=content["layer"],
            payer=content["payer"],
            base_name=base_name,
            names=tuple(content["parameter_names"]),
            lines=tuple(
                (line["op"], line["result"], tuple(line["arguments"])) for line in content["arithmetic"]
            ),
            from_rules=_from_rules(content["rules"]),
            accumulator_of=dict(content["accumulator_of"]),
            covers=_covers(content),
            item_codes=tuple(content.get("item_codes", ())),
            charge_categories=frozenset(content.get("charge_categories", ())),
            right=hashlib.sha256(text.encode()).hexdigest()[:_DIGEST] == digest,
        )
    except (KeyError, TypeError) as error:
        raise Unreadable(f"basis {digest} lacks {error}") from error


def _from_rules(rules: list[dict[str, Any]]) -> dict[str, int | None]:
    """What the rules give to each parameter: their sum; a rate stays between nothing and everything."""
    given: dict[str, list[int | None]] = {}
    for rule in rules:
        value = rule["value"]
        given.setdefault(rule["parameter"], []).append(None if value is None else number(value))
    return {name: _sum(name, values) for name, values in given.items()}


def _sum(name: str, values: list[int | None]) -> int | None:
    numbers = [value for value in values if value is not None]
    if not numbers:
        return None
    total = sum(numbers)
    return min(max(total, 0), _FULL_BP) if name.endswith("_bp") else total


def _covers(content: Mapping[str, Any]) -> tuple[str, ...]:
    covers = tuple(content["covers"])
    if not set(covers) <= set(PARTS):
        raise Unreadable(f"covers unknown parts of a bill: {covers}")
    return tuple(part for part in PARTS if part in covers)

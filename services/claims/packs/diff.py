"""What changes from one version of a pack to another, number by number. Pure, on plain data.

A rule is recognised by its id wherever it stands. A value that belongs to no rule (a title, the accumulator
of a limit) is named by its place. The order of rules counts too, because the first that holds decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

ChangeKind = Literal["added", "removed", "changed"]
_GROUNDS: Final = ("source", "clause", "verified")
_EXAMPLES: Final = "examples"


class Ground(NamedTuple):
    """Where a number comes from."""

    source: str | None
    clause: str | None


NO_GROUND: Final = Ground(None, None)


class Change(NamedTuple):
    """One value that is not what it was; ``rule`` is ``None`` for what belongs to no rule."""

    kind: ChangeKind
    rule: str | None
    place: str
    field: str
    old: str | None
    new: str | None
    old_ground: Ground
    new_ground: Ground


class ExampleChanges(NamedTuple):
    """Worked examples by name."""

    added: list[str]
    removed: list[str]
    changed: list[str]


class _Part(NamedTuple):
    """A rule, or the values of a place that belong to none."""

    rule: str | None
    place: str
    fields: Mapping[str, str]
    ground: Ground


Parts = dict[str, _Part]
Orders = dict[str, list[str]]


def changes(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[Change]:
    """Every difference between two versions outside their examples; without an old one all is added."""
    (before, old_orders), (after, new_orders) = _read(old or {}), _read(new)
    found = [change for key in {**after, **before} for change in _compare(before.get(key), after.get(key))]
    return [*found, *_reordered(old_orders, new_orders)]


def example_changes(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> ExampleChanges:
    """Which worked examples came, went or changed."""
    before, after = _examples(old or {}), _examples(new)
    return ExampleChanges(
        added=[name for name in after if name not in before],
        removed=[name for name in before if name not in after],
        changed=[name for name in after if name in before and after[name] != before[name]],
    )


def _examples(pack: Mapping[str, Any]) -> dict[str, Any]:
    return {str(example["name"]): example for example in pack.get(_EXAMPLES, ())}


def _read(pack: Mapping[str, Any]) -> tuple[Parts, Orders]:
    parts: Parts = {}
    orders: Orders = {}
    _collect({name: value for name, value in pack.items() if name != _EXAMPLES}, "", parts, orders)
    return parts, orders


def _collect(node: Mapping[str, Any], place: str, parts: Parts, orders: Orders) -> None:
    """Take one mapping apart: its own values here, what holds rules of its own further down."""
    rule = node["id"] if isinstance(node.get("id"), str) else None
    fields: dict[str, str] = {}
    for name, value in node.items():
        if not _holds_rules(value):
            fields.update(_leaves(name, value))
            continue
        below = _join(_join(place, rule or ""), name)
        if isinstance(value, Mapping):
            _collect(value, below, parts, orders)
            continue
        names = [_name_of(item, index) for index, item in enumerate(value)]
        orders[below] = names
        for item, item_name in zip(value, names, strict=True):
            if isinstance(item, Mapping):
                inside = below if isinstance(item.get("id"), str) else _join(below, item_name)
                _collect(item, inside, parts, orders)
            else:
                fields.update(_leaves(_join(name, item_name), item))
    fields.pop("id", None)
    if rule is not None or fields:
        ground = Ground(fields.get("source"), fields.get("clause")) if rule else NO_GROUND
        key = f"@{place}" if rule is None else rule
        parts[key if key not in parts else f"{key}@{place}"] = _Part(rule, place, fields, ground)


def _holds_rules(value: Any) -> bool:
    if isinstance(value, Mapping):
        return isinstance(value.get("id"), str) or any(map(_holds_rules, value.values()))
    return isinstance(value, list) and any(map(_holds_rules, value))


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(_join(name, str(key)), inner)
    elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        for index, inner in enumerate(value):
            yield from _leaves(_join(name, str(index)), inner)
    elif isinstance(value, list):
        yield name, ", ".join(map(_word, value))
    else:
        yield name, _word(value)


def _word(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name_of(item: Any, index: int) -> str:
    for key in ("id", "payer"):
        if isinstance(item, Mapping) and isinstance(item.get(key), str):
            return str(item[key])
    return str(index)


def _join(place: str, name: str) -> str:
    return f"{place}/{name}" if place and name else place or name


def _compare(old: _Part | None, new: _Part | None) -> Iterator[Change]:
    known = new or old
    assert known is not None
    kind: ChangeKind = "changed" if old and new else "added" if new else "removed"
    before, after = old.fields if old else {}, new.fields if new else {}
    grounds = old.ground if old else NO_GROUND, new.ground if new else NO_GROUND
    if old and new and old.place != new.place:
        yield Change(kind, known.rule, known.place, "place", old.place, new.place, *grounds)
    for field in {**after, **before}:
        if before.get(field) != after.get(field) and not (kind != "changed" and field in _GROUNDS):
            yield Change(kind, known.rule, known.place, field, before.get(field), after.get(field), *grounds)


def _reordered(old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]) -> Iterator[Change]:
    for place in [place for place in new if place in old]:
        common = set(old[place]) & set(new[place])
        before = [name for name in old[place] if name in common]
        after = [name for name in new[place] if name in common]
        if before != after:
            texts = ", ".join(before), ", ".join(after)
            yield Change("changed", None, place, "order", *texts, NO_GROUND, NO_GROUND)

"""Read a pack from plain data: typed access to mappings, errors that name the place, sources looked up.

What may appear where is the business of ``pack.schema.json``; this module turns text into integers and
refuses what a schema cannot see (unknown sources, rates above one, tiers out of order).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from services.claims.benefits.conditions import ALWAYS, FACTS_READ, ILLNESS, SINGLE_VALUES, Condition
from services.claims.benefits.facts import Facts
from services.claims.benefits.policy import PackError
from services.claims.benefits.programmes import Programme
from services.claims.benefits.steps import Applied, Rule
from shared.money import FULL_RATE_BP, parse_rate, parse_yuan

KEPT_FOR_HOUSEHOLDS: Final = "household."

LIMIT: Final = "limit"
BURDEN: Final = "burden"
SHARED: Final = frozenset({LIMIT, BURDEN, "whole"})
"""What several layers may count in one accumulator."""


class Row(NamedTuple):
    """One conditional number of a pack; ``value`` is ``None`` where the pack says ``null`` (no cap)."""

    condition: Condition
    value: int | None
    rule: Rule


class Reading:
    """Shared while one version is read: its sources, the facts its conditions look at, rule ids so far."""

    def __init__(self, sources: Mapping[str, Any], accumulators: Mapping[str, Any]) -> None:
        self.sources = sources
        self.accumulators = accumulators
        self.programmes: dict[str, Programme] = {}
        self.reads: set[str] = {"visit_type"}
        self.conditions: list[Condition] = []
        self.layer = 0
        """Which layer is being read."""
        self.uses: dict[str, dict[int, str]] = {}
        """What each accumulator counts, by layer."""
        self.year_burdens: dict[str, tuple[str, str]] = {}

        """Accumulators of a person's yearly burden: what it is a share of, and where that is counted."""
        self.rule_ids: set[str] = set()


class Section:
    """A mapping inside a pack together with its path."""

    def __init__(self, raw: Any, path: str, reading: Reading) -> None:
        if not isinstance(raw, Mapping):
            raise PackError(path, "expected a mapping")
        self.raw = raw
        self.path = path
        self.reading = reading

    def fail(self, key: str, message: str) -> PackError:
        """The error for one of this section's keys."""
        return PackError(f"{self.path}/{key}" if self.path else key, message)

    def has(self, key: str) -> bool:
        """Whether the key is present."""
        return key in self.raw

    def text(self, key: str, default: str | None = None) -> str:
        """A non-empty string."""
        value = self.raw.get(key, default)
        if not isinstance(value, str) or not value:
            raise self.fail(key, "expected a text")
        return value

    def word(self, key: str, words: tuple[str, ...]) -> str:
        """One of the given words."""
        value = self.text(key)
        if value not in words:
            raise self.fail(key, f"expected one of {', '.join(words)}")
        return value

    def day(self, key: str, default: str | None = None) -> date:
        """A date written as ``2026-01-01``."""
        try:
            return date.fromisoformat(self.text(key, default))
        except ValueError as error:
            raise self.fail(key, "expected a date such as 2026-01-01") from error

    def amount(self, key: str) -> int | None:
        """An amount in yuan as text, in fen; ``null`` is ``None``."""
        value = self.raw.get(key)
        if value is None:
            return None
        try:
            fen = parse_yuan(value if isinstance(value, str) else "")
        except ValueError as error:
            raise self.fail(key, "expected an amount in yuan as text") from error
        if fen < 0:
            raise self.fail(key, "an amount cannot be negative")
        return fen

    def rate(self, key: str) -> int:
        """A rate between 0 and 1 as text, in basis points."""
        try:
            return parse_rate(self.text(key))
        except ValueError as error:
            raise self.fail(key, "expected a rate between 0 and 1 as text") from error

    def points(self, key: str) -> int:
        """Points added to or taken off a rate (``"+0.05"``, ``"-0.10"``), in basis points."""
        text = self.text(key)
        try:
            size = parse_rate(text[1:])
        except ValueError as error:
            raise self.fail(key, "expected signed points such as +0.05") from error
        if text[0] not in "+-":
            raise self.fail(key, "points need a sign")
        return size if text[0] == "+" else -size

    def accumulator(self, counts: str, key: str = "accumulator") -> tuple[str, str]:
        """The accumulator under a key and its Chinese name.

        One accumulator counts one thing. Only limits and burdens are shared by layers: two layers that took
        the same payment for their deductible or their tiers would count it twice.
        """
        name = self.text(key)
        if name.startswith(KEPT_FOR_HOUSEHOLDS):
            raise self.fail(key, f"{KEPT_FOR_HOUSEHOLDS}… is kept for the burden of households")
        title = self.reading.accumulators.get(name)
        if not isinstance(title, str) or not title:
            raise self.fail(key, "the pack lists no accumulator of this name")
        uses, layer = self.reading.uses.setdefault(name, {}), self.reading.layer
        if any(other != counts for other in uses.values()):
            raise self.fail(key, "an accumulator counts one thing only")
        if counts not in SHARED and uses.keys() - {layer}:
            raise self.fail(key, "only limits and burdens are shared by layers")
        uses[layer] = counts
        return name, title

    def section(self, key: str) -> "Section":
        """A nested mapping."""
        return Section(self.raw.get(key), f"{self.path}/{key}".lstrip("/"), self.reading)

    def sections(self, key: str) -> list["Section"]:
        """A list of mappings; absent means empty."""
        items = self.raw.get(key, [])
        if not isinstance(items, list):
            raise self.fail(key, "expected a list")
        path = f"{self.path}/{key}".lstrip("/")
        return [Section(item, f"{path}/{index}", self.reading) for index, item in enumerate(items)]

    def rule(self) -> Rule:
        """The identity of this rule with its source; an unknown source or a repeated id is refused."""
        source = self.text("source")
        if source not in self.reading.sources:
            raise self.fail("source", f"no source is called {source}")
        verified = self.raw.get("verified")
        if not isinstance(verified, bool):
            raise self.fail("verified", "expected true or false")
        if self.text("id") in self.reading.rule_ids:
            raise self.fail("id", f"two rules are called {self.text('id')}")
        self.reading.rule_ids.add(self.text("id"))
        title = Section(self.reading.sources[source], f"sources/{source}", self.reading).text("title")
        return Rule(self.text("id"), source, title, self.text("clause"), verified)

    def condition(self, key: str = "when") -> Condition:
        """The condition under which this section applies; absent means always."""
        if key not in self.raw:
            return ALWAYS
        section = self.section(key)
        raw = dict(section.raw)
        for name, value in raw.items():
            known = name in FACTS_READ or name in ILLNESS
            if not known or isinstance(value, list) == (name in SINGLE_VALUES):
                raise section.fail(name, "not a part of a condition, or a list where none belongs")
            if isinstance(value, list):
                raw[name] = tuple(value) if name == "diagnoses" else frozenset(value)
        for name in raw.keys() & {"programmes", "designated_for"}:
            named = section.programmes(name)
            raw[name] = named if name == "programmes" else frozenset(part.id for part in named)
        condition = Condition(**raw)
        self.reading.reads |= condition.reads()
        self.reading.conditions.append(condition)
        return condition

    def programmes(self, key: str) -> tuple[Programme, ...]:
        """Disease programmes of the pack by id; one the pack does not have is refused."""
        names = self.raw.get(key)
        if not isinstance(names, list) or not set(names) <= set(self.reading.programmes):
            raise self.fail(key, "expected disease programmes of this pack")
        return tuple(self.reading.programmes[name] for name in names)

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number that is not negative."""
        value = self.raw.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.fail(key, "expected a whole number")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; absent means empty."""
        values = self.raw.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
            raise self.fail(key, "expected a list of texts")
        return tuple(values)

    def rows(self, key: str, value: str) -> tuple[Row, ...]:
        """Conditional numbers of one sort: ``value`` is ``amount``, ``rate`` or ``points``."""
        return tuple(row.row(value) for row in self.sections(key))

    def row(self, value: str) -> Row:
        """This section as one conditional number."""
        number = {"amount": self.amount, "rate": self.rate, "points": self.points}[value](value)
        return Row(self.condition(), number, self.rule())


def first(rows: tuple[Row, ...], facts: Facts) -> Row | None:
    """The first row whose condition holds."""
    return next((row for row in rows if row.condition.holds(facts)), None)


def adjusted(rate_bp: int, points: tuple[Row, ...], facts: Facts) -> tuple[int, list[Row]]:
    """A rate with all points that hold, kept between 0 and 1, and the rows that gave them."""
    given = [row for row in points if row.condition.holds(facts)]
    total = rate_bp + sum(row.value or 0 for row in given)
    return max(0, min(FULL_RATE_BP, total)), given


def applied(parameter: str, row: Row) -> Applied:
    """Record that a row gave its number to a parameter."""
    return Applied(parameter, row.value, row.rule)

"""When a rule applies: plain tests of the facts, all of which must hold."""

from dataclasses import dataclass, fields
from typing import Final

from services.claims.benefits.facts import Facts
from services.claims.benefits.programmes import Programme

FACTS_READ: Final[dict[str, str]] = {
    "visit_types": "visit_type",
    "levels": "provider_level",
    "places": "place",
    "referrals": "referral",
    "categories": "categories",
    "without_categories": "categories",
    "chronic_codes": "chronic_codes",
    "designated_for": "designated_for",
    "min_age": "age",
    "max_age": "age",
    "sex": "sex",
}
"""Which fact each part of a condition looks at, as it stands."""

ILLNESS: Final = frozenset({"diagnoses", "programmes"})
"""Parts that look at diagnoses (and age): of these only the outcome matters, see ``illness_fits``."""

SINGLE_VALUES: Final = frozenset({"min_age", "max_age", "sex"})
"""Parts that are one value; the others are lists."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Parts left ``None`` do not matter. Lists mean any of them; ``diagnoses`` are ICD-10 prefixes."""

    visit_types: frozenset[str] | None = None
    levels: frozenset[int] | None = None
    places: frozenset[str] | None = None
    referrals: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    without_categories: frozenset[str] | None = None
    chronic_codes: frozenset[str] | None = None
    designated_for: frozenset[str] | None = None
    diagnoses: tuple[str, ...] | None = None
    programmes: tuple[Programme, ...] | None = None
    min_age: int | None = None
    max_age: int | None = None
    sex: str | None = None

    def holds(self, facts: Facts) -> bool:
        """Whether every stated part is true of the visit."""
        return (
            self._visit_fits(facts)
            and self._person_fits(facts)
            and self.illness_fits(facts.diagnoses, facts.age)
        )

    def reads(self) -> frozenset[str]:
        """Names of the facts that this condition looks at, diagnoses aside."""
        stated = (part.name for part in fields(self) if getattr(self, part.name) is not None)
        return frozenset(FACTS_READ[name] for name in stated if name not in ILLNESS)

    @property
    def looks_at_illness(self) -> bool:
        """Whether any stated part looks at diagnoses."""
        return self.diagnoses is not None or self.programmes is not None

    def illness_fits(self, diagnoses: tuple[str, ...], age: int) -> bool:
        """Whether the parts that look at diagnoses hold."""
        return (self.diagnoses is None or any(code.startswith(self.diagnoses) for code in diagnoses)) and (
            self.programmes is None or any(programme.disease(diagnoses, age) for programme in self.programmes)
        )

    def failing(self, facts: Facts) -> tuple[str, ...]:
        """Names of the stated parts that are not true of the visit; empty when the condition holds."""
        stated = {part.name: getattr(self, part.name) for part in fields(self)}
        alone = {name: Condition(**{name: value}) for name, value in stated.items() if value is not None}
        return tuple(name for name, condition in alone.items() if not condition.holds(facts))

    def _visit_fits(self, facts: Facts) -> bool:
        return (
            (self.visit_types is None or facts.visit_type in self.visit_types)
            and (self.levels is None or facts.provider_level in self.levels)
            and (self.places is None or facts.place in self.places)
            and (self.referrals is None or facts.referral in self.referrals)
            and (self.designated_for is None or not self.designated_for.isdisjoint(facts.designated_for))
        )

    def _person_fits(self, facts: Facts) -> bool:
        return (
            (self.categories is None or not self.categories.isdisjoint(facts.categories))
            and (self.without_categories is None or self.without_categories.isdisjoint(facts.categories))
            and (self.chronic_codes is None or not self.chronic_codes.isdisjoint(facts.chronic_codes))
            and (self.min_age is None or facts.age >= self.min_age)
            and (self.max_age is None or facts.age <= self.max_age)
            and (self.sex is None or facts.sex == self.sex)
        )


ALWAYS: Final = Condition()

"""The audit rules as they are used. Pure; numbers in fen, thousandths, 1/10,000 yuan and basis points."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeAlias

from shared.money import BasisPoints, Fen


@dataclass(frozen=True, slots=True)
class Rule:
    """What every rule has: its name, whence it comes, from when to when it applies (end exclusive)."""

    id: str
    kind: str
    title: str
    source: str
    clause: str
    verified: bool
    valid_from: date
    valid_to: date | None

    def on(self, day: date) -> bool:
        """Whether the rule applies on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Duplicates(Rule):
    """The same item billed twice, in these categories of charges."""

    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PriceLimits(Rule):
    """The highest unit price of an item at a provider of a level, in 1/10,000 yuan."""

    limits: Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class DayLimits(Rule):
    """How much of an item may be billed for one day of a stay, in thousandths."""

    visit_types: tuple[str, ...]
    per_day_milli: Mapping[str, int]


class Fit(NamedTuple):
    """For whom a diagnosis or an item is: a sex, an age in completed years (the end exclusive)."""

    prefix: str
    name: str
    sex: str | None
    from_age: int | None
    to_age: int | None

    def misfit(self, sex: str, age: int) -> str | None:
        """What of a patient does not fit: ``sex``, ``age``, or nothing."""
        if self.sex is not None and sex in ("1", "2") and sex != self.sex:
            return "sex"
        if self.from_age is not None and age < self.from_age:
            return "age"
        if self.to_age is not None and age >= self.to_age:
            return "age"
        return None


@dataclass(frozen=True, slots=True)
class PatientFit(Rule):
    """Diagnoses and items against the patient's sex and age."""

    diagnoses: tuple[Fit, ...]
    items: tuple[Fit, ...]


@dataclass(frozen=True, slots=True)
class DrugShare(Rule):
    """The highest share of drugs in what a provider bills in a month."""

    categories: tuple[str, ...]
    levels: tuple[int, ...]
    limit_bp: BasisPoints
    from_visits: int


@dataclass(frozen=True, slots=True)
class CostOutlier(Rule):
    """When a provider's average cost stands out among its level's. Ratio and deviations in hundredths."""

    visit_types: tuple[str, ...]
    ratio_percent: int
    deviations_percent: int
    from_visits: int
    from_peers: int


AnyRule: TypeAlias = Duplicates | PriceLimits | DayLimits | PatientFit | DrugShare | CostOutlier


@dataclass(frozen=True, slots=True)
class Hearing:
    """How many days a provider has for its defence."""

    valid_from: date
    days: int
    source: str
    clause: str
    verified: bool


@dataclass(frozen=True, slots=True)
class AuditRules:
    """All rules with their dates."""

    rules: tuple[AnyRule, ...]
    hearings: tuple[Hearing, ...]

    def on(self, day: date) -> list[AnyRule]:
        """The rules that apply on a day."""
        return [rule for rule in self.rules if rule.on(day)]

    def known(self, id_: str, valid_from: date) -> AnyRule | None:
        """A rule by its name and first day; ``None`` where it is no longer in the file."""
        return next((rule for rule in self.rules if (rule.id, rule.valid_from) == (id_, valid_from)), None)

    def hearing_on(self, day: date) -> Hearing:
        """The terms of the hearing on a day."""
        return max(
            (each for each in self.hearings if each.valid_from <= day), key=lambda each: each.valid_from
        )


class Found(NamedTuple):
    """What a rule has found. ``fingerprint`` is the same whenever the same thing is found again."""

    rule: AnyRule
    facility_code: str
    settlement_id: str | None
    line_nos: tuple[int, ...]
    fingerprint: str
    at_stake_fen: Fen
    text: str
    arithmetic: dict[str, object]

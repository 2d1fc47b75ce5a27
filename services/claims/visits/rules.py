"""Who is admitted without a deposit (先诊疗后付费, DOMAIN S-32). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Arrival:
    """A patient on the day of admission: as what, for what, where, and how he or she came."""

    day: date
    categories: frozenset[str]
    visit_type: str
    place: str
    referral: str


@dataclass(frozen=True, slots=True)
class DepositWaiver:
    """A rule that waives the deposit from a day on; ``source`` is title and clause."""

    id: str
    title: str
    effective_from: date
    categories: frozenset[str]
    visit_types: frozenset[str]
    places: frozenset[str]
    referrals: frozenset[str]
    source: str
    verified: bool

    def holds(self, arrival: Arrival) -> bool:
        """Whether every part of the rule holds."""
        return (
            self.effective_from <= arrival.day
            and not self.categories.isdisjoint(arrival.categories)
            and arrival.visit_type in self.visit_types
            and arrival.place in self.places
            and arrival.referral in self.referrals
        )


def waiver_for(arrival: Arrival, rules: Sequence[DepositWaiver]) -> DepositWaiver | None:
    """The first rule that waives the deposit, ``None`` when it has to be paid."""
    return next((rule for rule in rules if rule.holds(arrival)), None)

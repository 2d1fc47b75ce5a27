"""A person's year in memory: settled, reversed and corrected as the service does it, without a database."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.claims.benefits.adjudicate import adjudicate
from services.claims.benefits.facts import Charge
from services.claims.benefits.policy import PolicyBook
from services.claims.coverage.insured import Held, Insured
from services.claims.readjudication.core import (
    Line,
    PersonYear,
    Standing,
    decide,
    judged,
    own_movements,
    settlement_after,
)
from services.claims.settlements.movements import keyed, moves_of
from services.claims.settlements.policies import Policies
from services.claims.settlements.record import REVERSED, Settlement
from services.claims.settlements.visit import AccumulatorKey, facts_again, known_anew, place_of
from shared.clock import business_date
from shared.ids import new_id

YEAR = 2026
COUNTY = "990101"
HOUSEHOLD = UUID(int=7)
HOSPITAL = "H99010100001"
ENROLLED = (Held("resident", "2026-01-01", "2027-01-01"),)


@dataclass
class Year:
    """What the service would have stored of one person's year."""

    books: Callable[[int], PolicyBook]
    corrected: int = 0
    insured: Insured = field(
        default_factory=lambda: Insured(
            UUID(int=1), HOUSEHOLD, f"{COUNTY}200203", date(1970, 5, 17), "1", (), ENROLLED
        )
    )
    standings: list[Standing] = field(default_factory=list)
    programmes: tuple[Held, ...] = ()
    """For which disease programmes the hospital is designated."""

    @property
    def policies(self) -> Policies:
        """The packs now in force."""
        return Policies([self.books(self.corrected)])

    @property
    def used(self) -> dict[AccumulatorKey, int]:
        """The person's accumulators as stored."""
        return {key: by for key, by in own_movements(self.standings).items() if by}

    def settle(self, day: date, charges: tuple[Charge, ...], **visit: Any) -> bool:
        """Settle a visit as things stand now; refused without enrolment, as the service refuses it."""
        if not self.insured.enrolled_on(day):
            return False
        version = self.books(self.corrected).on(day)
        settlement = known_anew(
            _unsettled(day, self.insured, charges, visit), version, self.insured, self.programmes, day
        )
        facts = facts_again(settlement, charges, self.insured, day, business_date(settlement.settled_at))
        decision = adjudicate(version, facts, {key.kind: by for key, by in self.used.items()})
        settled = settlement_after(settlement, decision, version, facts)._replace(revision=0)
        moved = keyed(self.insured, YEAR, moves_of(decision))
        self.standings.append(Standing(settled, len(self.standings) + 1, charges, moved))
        return True

    def reverse(self, index: int) -> None:
        """Reverse a settlement that stands."""
        standing = self.standings[index]
        nothing = standing.settlement._replace(
            status=REVERSED,
            payers=(),
            person_pays_fen=0,
            total_fen=0,
            revision=standing.settlement.revision + 1,
        )
        self.standings[index] = standing._replace(settlement=nothing, moved={})

    def readjudicate(self) -> list[Line]:
        """Work the year out anew and post every difference."""
        year = PersonYear(
            self.insured.person_id, YEAR, self.insured, self.standings, {HOSPITAL: self.programmes}
        )
        lines = decide(judged(year, self.policies), {})
        places = {standing.settlement.id: place for place, standing in enumerate(self.standings)}
        for line in lines:
            place = places[line.before.id]
            standing = self.standings[place]
            moved = {
                key: standing.moved.get(key, 0) + line.moved.get(key, 0)
                for key in {**standing.moved, **line.moved}
            }
            moved = {key: by for key, by in moved.items() if by}
            self.standings[place] = standing._replace(settlement=line.after, moved=moved)
        return lines

    def from_scratch(self) -> "Year":
        """The same visits settled by somebody new with the final facts, in the same order, none reversed.

        A visit that was accepted stays one although its enrolment was withdrawn: people decide on that.
        """
        always = (Held("resident", "2000-01-01", None),)
        other = Year(self.books, self.corrected, replace(self.insured, enrolments=always))
        other.programmes = self.programmes
        for standing in self.standings:
            was = standing.settlement
            if was.status != REVERSED:
                names = ("visit_type", "chronic_code", "provider_level", "place", "referral", "diagnoses")
                visit = {name: getattr(was, name) for name in names}
                assert other.settle(was.discharged_on, standing.charges, **visit)
        return other

    def figures(self) -> list[tuple[Any, ...]]:
        """What everybody pays for every settlement that stands, why, and by what it moved accumulators."""
        return [
            (
                standing.settlement.payers,
                standing.settlement.person_pays_fen,
                standing.settlement.policy_version,
                standing.settlement.categories,
                standing.settlement.chronic_reason,
                standing.settlement.steps,
                {key.kind: by for key, by in standing.moved.items()},
            )
            for standing in self.standings
            if standing.settlement.status != REVERSED
        ]


def _unsettled(day: date, insured: Insured, charges: tuple[Charge, ...], visit: dict[str, Any]) -> Settlement:
    stored = {
        "id": new_id(),
        "facility_code": HOSPITAL,
        "visit_no": "ZY1",
        "division_code": insured.division_code,
        "person_id": insured.person_id,
        "household_id": insured.household_id,
        "id_number_masked": "990***********1234",
        "visit_type": "inpatient",
        "admitted_on": day - timedelta(days=3),
        "discharged_on": day,
        "year": day.year,
        "referral_no": None,
        "chronic_code": None,
        "diagnoses": ["I63.900"],
        "place": place_of(COUNTY, COUNTY),
        "referral": "not_needed",
        "provider_level": 2,
        "categories": [],
        "policy_pack": "",
        "policy_version": "",
        "settled_at": datetime(2026, 12, 1, 2, 0, tzinfo=UTC),
        "settled_by": "hospital",
        "total_fen": sum(charge.amount_fen for charge in charges),
        "non_covered_fen": 0,
        "over_limit_fen": 0,
        "upfront_copay_fen": 0,
        "eligible_fen": 0,
        "person_pays_fen": 0,
        "personal_share_bp": 0,
        "ceiling_bp": None,
        "ceiling_base_fen": None,
        "steps": "[]",
        "referral_reason": None,
        "designated_for": [],
        "chronic_reason": None,
        "payers": (),
    }
    return Settlement(**{**stored, **visit})

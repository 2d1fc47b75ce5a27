"""One dated version of a policy pack, compiled, and the book of all versions of a pack."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from services.claims.benefits.bill import Bill
from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import Facts
from services.claims.benefits.steps import Rule

if TYPE_CHECKING:  # these read packs, and reading needs PackError from here
    from services.claims.benefits.burden import BurdenThreshold
    from services.claims.benefits.enrolment import EnrolmentRules
    from services.claims.benefits.one_off import OneOffAid
    from services.claims.benefits.programmes import Programme
    from services.claims.benefits.relapse import RelapseInsurance

GOVERNING_DATES: Final = {
    "admission": "admitted_on",
    "discharge": "discharged_on",
    "settlement": "settled_on",
}
"""Which date of a visit decides on version, categories and accumulator year (DOMAIN S-31)."""

REMEMBERED_PLANS = 10_000

COUNTY_PREFIX: Final = "fund."
"""Accumulators whose name begins so belong to the county, not to the person: balances of funds."""


def held_by_county(kind: str) -> bool:
    """Whether an accumulator belongs to the county (balance of a fund) instead of the person."""
    return kind.startswith(COUNTY_PREFIX)


class PackError(ValueError):
    """A pack that cannot be used; ``path`` points at the place (``layers/0/benefits/1/rate``)."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


class NoPolicyInForce(LookupError):
    """No version of the pack was in force on the day."""


class Terms(Protocol):
    """A layer's rules resolved for one kind of visit: only numbers are left to compute."""

    @property
    def payer(self) -> str:
        """Who pays."""

    @property
    def year_kinds(self) -> tuple[str, ...]:
        """Yearly accumulators that ``settle`` reads or moves."""

    @property
    def day_kinds(self) -> tuple[str, ...]:
        """Accumulators of one day: used under ``<kind>@<governing date>``."""

    def settle(self, bill: Bill) -> None:
        """Pay this layer's part of what is still open."""


class Gate(NamedTuple):
    """One way into a layer that a condition keeps; ``title`` and ``rule`` say what it would give."""

    title: str
    rule: Rule
    condition: Condition


class Layer(Protocol):
    """One payer's rules as the pack states them."""

    @property
    def kind(self) -> str:
        """Kind of the layer, a key of ``layers.KINDS``."""

    @property
    def payer(self) -> str:
        """Identifier of the payer. Layers of one payer have the same title and fund_pay_type."""

    @property
    def title(self) -> str:
        """Chinese name of the payer."""

    @property
    def fund_pay_type(self) -> str:
        """NHSA fund_pay_type code of the payer."""

    def terms(self, facts: Facts) -> Terms | None:
        """The rules for this kind of visit, ``None`` where the layer does not apply."""

    def gates(self, facts: Facts) -> tuple[Gate, ...]:
        """Where a visit that the layer does not apply to is turned away; empty for one that only follows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Every layer that applies to one kind of visit, in the pack's order.

    ``county_kinds`` are those of the ``year_kinds`` that belong to the county (``held_by_county``).
    ``shares_payers``: some payer stands behind more than one of the terms.
    """

    terms: tuple[Terms, ...]
    year_kinds: tuple[str, ...]
    day_kinds: tuple[str, ...]
    county_kinds: tuple[str, ...]
    shares_payers: bool


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example of a pack: a visit, what was used before, and what must come out (amounts in fen).

    ``payers`` lists everybody who pays something. ``movements`` and ``waived_fen`` (what the patient is not
    billed for) are ``None`` where the example is silent.
    """

    name: str
    facts: Facts
    used: dict[str, int]
    eligible_fen: int
    payers: dict[str, int]
    person_pays_fen: int
    movements: dict[str, int] | None
    waived_fen: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PolicyVersion:
    """One dated version of a pack. Compare by ``pack`` and ``version``."""

    pack: str
    version: str
    effective_from: date
    jurisdiction: str
    title: str
    governing_date: str
    layers: tuple[Layer, ...]
    examples: tuple[Example, ...]
    traits: Callable[[Facts], Any] = field(repr=False)
    """The facts that any condition of this version looks at: equal traits, equal plan."""
    plans: dict[Any, Plan] = field(default_factory=dict, repr=False)
    burden: "tuple[BurdenThreshold, ...]" = ()
    """Thresholds of the year's own payment."""
    relapse: "RelapseInsurance | None" = None
    """Insurance against relapse into poverty (``relapse.relapse_payout``)."""
    enrolment: "EnrolmentRules | None" = None
    """Waiting period and sponsored premiums (``enrolment.waiting_until``, ``sponsored_premium``)."""
    one_off: "OneOffAid | None" = None
    """One-off assistance by disease (``one_off.one_off_aid``)."""
    programmes: "tuple[Programme, ...]" = ()
    """Disease programmes for which providers are designated."""
    chronic_certificates: Rule | None = None
    """The rule that a chronic disease counts only with a certificate; ``None``: it counts as stated."""

    def governing_day(self, facts: Facts) -> date:
        """The date of the visit that decides on version, categories and accumulator year."""
        return governing_day(self.governing_date, facts)

    def plan(self, facts: Facts) -> Plan:
        """The layers that apply to this kind of visit (remembered; forgetting never changes a result)."""
        key = self.traits(facts)
        plan = self.plans.get(key)
        if plan is None:
            if len(self.plans) >= REMEMBERED_PLANS:
                self.plans.clear()
            plan = self.plans[key] = self._make_plan(facts)
        return plan

    def _make_plan(self, facts: Facts) -> Plan:
        terms = tuple(found for layer in self.layers if (found := layer.terms(facts)) is not None)
        year_kinds = sorted({kind for part in terms for kind in part.year_kinds})
        day_kinds = sorted({kind for part in terms for kind in part.day_kinds})
        return Plan(
            terms=terms,
            year_kinds=tuple(year_kinds),
            day_kinds=tuple(day_kinds),
            county_kinds=tuple(filter(held_by_county, year_kinds)),
            shares_payers=len({part.payer for part in terms}) < len(terms),
        )


def governing_day(governing_date: str, facts: Facts) -> date:
    """The date of a visit that a pack's ``governing_date`` names."""
    day: date = getattr(facts, GOVERNING_DATES[governing_date])
    return day


class PolicyBook:
    """All versions of one pack by effective date. Each is in force until the next begins."""

    def __init__(self, versions: Sequence[PolicyVersion]) -> None:
        """Refuses an empty book, mixed packs or governing dates, and two versions of one date."""
        ordered = sorted(versions, key=lambda version: version.effective_from)
        if not ordered:
            raise PackError("", "a pack needs at least one version")
        if len({(version.pack, version.governing_date) for version in ordered}) > 1:
            raise PackError("", "versions of one pack share its name and its governing date")
        dates = [version.effective_from for version in ordered]
        if len(set(dates)) < len(dates):
            raise PackError("", "two versions of a pack begin on the same day")
        self.versions = tuple(ordered)
        self._dates = dates

    @property
    def pack(self) -> str:
        """Name of the pack."""
        return self.versions[0].pack

    @property
    def governing_date(self) -> str:
        """``admission``, ``discharge`` or ``settlement``."""
        return self.versions[0].governing_date

    def on(self, day: date) -> PolicyVersion:
        """The version in force on a day; raises ``NoPolicyInForce`` before the first one."""
        index = bisect_right(self._dates, day)
        if not index:
            raise NoPolicyInForce(f"{self.pack} has no version in force on {day}")
        return self.versions[index - 1]

    def governing(self, facts: Facts) -> PolicyVersion:
        """The version in force on the governing date of a visit; raises ``NoPolicyInForce``."""
        return self.on(governing_day(self.governing_date, facts))

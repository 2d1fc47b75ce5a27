"""Visits of January to October 2026 in the settlement request shape, the same for the same seed."""

from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple

from deploy.demo import bills
from deploy.demo.diseases import BIRTH, CAESAREAN, CHRONIC, INPATIENT, OUTPATIENT, ChronicDisease, Disease
from deploy.demo.enrolment import RESIDENT
from deploy.demo.handbooks import handbooks
from deploy.demo.handbooks import ill as is_ill
from deploy.demo.model import CHRONIC as CHRONIC_STATE
from deploy.demo.model import COUNTY_CODE, FEMALE, MAJOR, YEAR, County, Person, age_of
from deploy.demo.places import TRADITIONAL_HOSPITAL
from deploy.demo.settlement_request import SettlementRequest
from deploy.demo.where import Where
from shared.money import format_yuan

VISITS = 5_000
_SHARES = (("inpatient", 30), ("outpatient", 40), ("chronic_outpatient", 25), ("delivery", 5))
_FIRST_DAY = date(YEAR, 1, 1)
_DAYS = (date(YEAR, 10, 31) - _FIRST_DAY).days + 1
_REFERRED_PERCENT = 70
_NUMBER_PREFIX = {"inpatient": "ZY", "outpatient": "MZ", "chronic_outpatient": "MT", "delivery": "ZY"}
_AGE_WEIGHTS = ((6, 4), (18, 2), (45, 2), (60, 5), (75, 10), (200, 13))
_TRIES = 20
_UNRECOGNISED_EVERY = 60


class Patient(NamedTuple):
    """A resident-scheme member of 2026 and where he or she lives."""

    person: Person
    township_order: int
    weight: int


class Visit(NamedTuple):
    facility_code: str
    visit_no: str
    visit_type: str
    id_number: str
    discharged_on: date
    request: SettlementRequest


class _Draft(NamedTuple):
    """A visit before it has a number and a bill."""

    discharged_on: date
    admitted_on: date
    visit_type: str
    facility_code: str
    patient: Patient
    disease: Disease | ChronicDisease


def patients_of(county: County) -> list[Patient]:
    """Everyone insured by the resident scheme from the first day of the year."""
    orders = {township.code: order for order, township in enumerate(county.townships)}
    return [
        Patient(person, orders[household.village.township_code], _weight(person))
        for household in county.households
        for person in household.people
        if person.enrolled(YEAR, RESIDENT)
    ]


def _weight(person: Person) -> int:
    """How often somebody is ill: the older, the poorer and the sicker, the more often."""
    weight = next(each for below, each in _AGE_WEIGHTS if age_of(person.born) < below)
    if person.categories:
        weight *= 2
    return weight * {MAJOR: 6, CHRONIC_STATE: 2}.get(person.health, 1)


class _Pool:
    """Draws patients by weight."""

    def __init__(self, patients: Sequence[Patient]) -> None:
        self._patients = patients
        self._bounds = list(accumulate(patient.weight for patient in patients))

    def draw(self, rng: Random) -> Patient:
        return self._patients[bisect(self._bounds, rng.randrange(self._bounds[-1]))]


class _Calendar:
    """Nobody is in two hospitals on one day."""

    def __init__(self) -> None:
        self._taken: dict[str, set[int]] = {}

    def book(self, rng: Random, id_number: str, days: int) -> date | None:
        """A free admission day for a stay of this many days, or None if the one drawn is taken."""
        first = rng.randrange(_DAYS - days)
        wanted = set(range(first, first + days + 1))
        taken = self._taken.setdefault(id_number, set())
        if taken & wanted:
            return None
        taken |= wanted
        return _FIRST_DAY + timedelta(days=first)


class _Generator:
    """Draws drafts; holds who has which chronic disease and who is where on which day."""

    def __init__(self, rng: Random, county: County) -> None:
        self._rng = rng
        self._where = Where(county.providers)
        self._calendar = _Calendar()
        everyone = patients_of(county)
        self._everyone = _Pool(everyone)
        recognised = handbooks(county)
        self._chronic = {number: handbook.disease for number, handbook in recognised.items()}
        ill = [each for each in everyone if each.person.id_number in recognised]
        # Some come for the treatment of a chronic disease before it was recognised.
        others = [each for each in everyone if is_ill(each.person)][::_UNRECOGNISED_EVERY]
        self._chronically_ill = _Pool(
            [*ill, *(each for each in others if each.person.id_number not in recognised)]
        )
        self._mothers = _Pool([each for each in everyone if _may_give_birth(each.person)])
        self._delivered: set[str] = set()
        self._referrals = 0

    def draft(self, visit_type: str) -> _Draft:
        """One visit; whoever is elsewhere on that day, or gave birth this year, is drawn again."""
        for _ in range(_TRIES):
            patient, disease, days = self._choose(visit_type)
            if visit_type == "delivery" and patient.person.id_number in self._delivered:
                continue
            admitted_on = self._calendar.book(self._rng, patient.person.id_number, days)
            if admitted_on:
                if visit_type == "delivery":
                    self._delivered.add(patient.person.id_number)
                facility = self._where.treated(self._rng, visit_type, patient.township_order)
                last = admitted_on + timedelta(days=days)
                return _Draft(last, admitted_on, visit_type, facility, patient, disease)
        raise RuntimeError(f"no free day for a {visit_type} visit after {_TRIES} draws")

    def _choose(self, visit_type: str) -> tuple[Patient, Disease | ChronicDisease, int]:
        if visit_type == "chronic_outpatient":
            return self._chronic_visit()
        if visit_type == "delivery":
            return self._delivery()
        return self._ill(INPATIENT if visit_type == "inpatient" else OUTPATIENT)

    def _ill(self, diseases: Sequence[Disease]) -> tuple[Patient, Disease, int]:
        patient = self._everyone.draw(self._rng)
        age = age_of(patient.person.born)
        possible = [each for each in diseases if age >= each.from_age]
        disease = self._rng.choices(possible, [each.weight for each in possible])[0]
        return patient, disease, self._rng.randint(*disease.days)

    def _chronic_visit(self) -> tuple[Patient, ChronicDisease, int]:
        patient = self._chronically_ill.draw(self._rng)
        drawn = self._rng.choices(CHRONIC, [each.weight for each in CHRONIC])[0]
        return patient, self._chronic.setdefault(patient.person.id_number, drawn), 0

    def _delivery(self) -> tuple[Patient, Disease, int]:
        patient = self._mothers.draw(self._rng)
        disease = self._rng.choices((BIRTH, CAESAREAN), (BIRTH.weight, CAESAREAN.weight))[0]
        return patient, disease, self._rng.randint(*disease.days)

    def visit(self, draft: _Draft, visit_no: str) -> Visit:
        """Add number, referral and bill to a draft."""
        bill = self._bill(draft)
        code = draft.disease.diagnosis if isinstance(draft.disease, ChronicDisease) else draft.disease.code
        request: SettlementRequest = {
            "facility_code": draft.facility_code,
            "visit_no": visit_no,
            "visit_type": draft.visit_type,
            "patient": {"id_number": draft.patient.person.id_number},
            "admitted_on": draft.admitted_on.isoformat(),
            "discharged_on": draft.discharged_on.isoformat(),
            "referral_no": self._referral(draft),
            "diagnoses": [{"code": code, "main": True}],
            "charges": bill.charges,
            "total": format_yuan(bill.total_fen),
        }
        if isinstance(draft.disease, ChronicDisease):
            request["chronic_code"] = draft.disease.chronic_code
        id_number = draft.patient.person.id_number
        return Visit(draft.facility_code, visit_no, draft.visit_type, id_number, draft.discharged_on, request)

    def _referral(self, draft: _Draft) -> str | None:
        """Most who leave the county for a hospital bed bring a referral; the rest went on their own."""
        inside = self._where.inside_county(draft.facility_code)
        if inside or draft.visit_type != "inpatient" or self._rng.randrange(100) >= _REFERRED_PERCENT:
            return None
        self._referrals += 1
        drawn = self._rng.randrange(10_000)
        return f"ZZ{COUNTY_CODE}{draft.admitted_on:%Y%m%d}{drawn:04d}{self._referrals:04d}"

    def _bill(self, draft: _Draft) -> bills.Bill:
        rng, disease = self._rng, draft.disease
        level = self._where.level(draft.facility_code)
        if isinstance(disease, ChronicDisease):
            return bills.chronic(rng, disease, level)
        days = (draft.discharged_on - draft.admitted_on).days
        if draft.visit_type == "delivery":
            return bills.delivery(rng, disease, level, days)
        herbs = draft.facility_code == TRADITIONAL_HOSPITAL and rng.randrange(10) < 7
        if draft.visit_type == "outpatient":
            return bills.outpatient(rng, disease, level, herbs=herbs)
        return bills.inpatient(rng, disease, level, days, herbs=herbs)


def _may_give_birth(person: Person) -> bool:
    return person.sex == FEMALE and 21 <= age_of(person.born) <= 41


def _types(count: int) -> list[str]:
    drawn = [name for name, percent in _SHARES[1:] for _ in range(count * percent // 100)]
    return [_SHARES[0][0]] * (count - len(drawn)) + drawn


def generate(county: County, visits: int = VISITS) -> list[Visit]:
    """The visits in order of discharge; numbers count up per hospital and kind."""
    generator = _Generator(Random(f"visits/{county.seed}"), county)
    drafts = sorted(
        (generator.draft(visit_type) for visit_type in _types(visits)),
        key=lambda draft: (draft.discharged_on, draft.facility_code, draft.patient.person.id_number),
    )
    numbers: Counter[tuple[str, str]] = Counter()
    found = []
    for draft in drafts:
        prefix = _NUMBER_PREFIX[draft.visit_type]
        numbers[draft.facility_code, prefix] += 1
        number = f"{prefix}{YEAR}{numbers[draft.facility_code, prefix]:06d}"
        found.append(generator.visit(draft, number))
    return found

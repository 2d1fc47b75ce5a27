"""The visits: bills that add up, people who could have had them, the shape of the settlement request."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

from deploy.demo import catalogue, referrals, visits
from deploy.demo.enrolment import RESIDENT
from deploy.demo.model import FEMALE, County, Person, age_of
from deploy.demo.visits import Visit
from services.claims.guards.data import item_limits
from shared.money import parse_rate, parse_yuan

Visits = list[Visit]
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "settlement.json"
CATEGORIES = {
    "western_medicine",
    "chinese_patent_medicine",
    "herbal",
    "examination",
    "laboratory",
    "treatment",
    "surgery",
    "nursing",
    "material",
    "bed",
    "other",
}


def _by_number(sample: County) -> dict[str, Person]:
    return {person.id_number: person for each in sample.households for person in each.people}


def test_the_patient_of_the_readme_lives_in_the_county_and_is_at_home_on_the_days_of_the_example(
    sample: County, sample_visits: Visits
) -> None:
    example = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    number = example["patient"]["id_number"]
    assert _by_number(sample)[number].categories
    for visit in sample_visits:
        if visit.request["patient"]["id_number"] == number:
            apart = visit.request["discharged_on"] < example["admitted_on"]
            assert apart or visit.request["admitted_on"] > example["discharged_on"]


def test_the_same_seed_gives_the_same_visits(sample: County, sample_visits: Visits) -> None:
    assert visits.generate(sample) == sample_visits


def test_five_thousand_visits_are_mixed_as_announced(sample_visits: Visits) -> None:
    kinds = Counter(visit.visit_type for visit in sample_visits)
    assert kinds == {"inpatient": 1500, "outpatient": 2000, "chronic_outpatient": 1250, "delivery": 250}


def test_every_line_multiplies_half_up_and_the_lines_make_the_total(sample_visits: Visits) -> None:
    for visit in sample_visits:
        added = 0
        for charge in visit.request["charges"]:
            exact = Decimal(charge["quantity"]) * Decimal(charge["unit_price"])
            assert Decimal(charge["amount"]) == exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
            added += parse_yuan(charge["amount"])
        assert parse_yuan(visit.request["total"]) == added > 0


def test_some_lines_need_rounding(sample_visits: Visits) -> None:
    lines = [charge for visit in sample_visits for charge in visit.request["charges"]]
    assert any(
        Decimal(line["quantity"]) * Decimal(line["unit_price"]) != Decimal(line["amount"]) for line in lines
    )


def test_charges_are_classed_and_coded_as_the_national_lists_do(sample_visits: Visits) -> None:
    lines = [charge for visit in sample_visits for charge in visit.request["charges"]]
    assert {line["category"] for line in lines} == CATEGORIES
    for line in lines:
        rate = parse_rate(line["self_pay_rate"])
        assert {"A": rate == 0, "B": 0 < rate < 10_000, "C": rate == 10_000}[line["class"]]
        assert re.fullmatch(r"[XZ].{22}|T\d{9}|C\d{19}|\d{15}", line["item_code"])
    assert {line["class"] for line in lines} == {"A", "B", "C"}


def test_every_code_of_the_catalogue_is_used_once() -> None:
    items = [item for item in vars(catalogue).values() if isinstance(item, catalogue.Item)]
    assert len({item.code for item in items}) == len(items) > 50


def test_patients_are_members_of_the_resident_scheme(sample: County, sample_visits: Visits) -> None:
    people = _by_number(sample)
    assert all(people[visit.id_number].enrolled(2026, RESIDENT) for visit in sample_visits)


def test_the_old_and_the_poor_are_ill_more_often(sample: County, sample_visits: Visits) -> None:
    people = _by_number(sample)
    patients = [people[visit.id_number] for visit in sample_visits]
    everyone = list(people.values())

    def share_of(chosen: Callable[[Person], bool], among: list[Person]) -> float:
        return sum(map(chosen, among)) / len(among)

    assert share_of(_old, patients) > 1.4 * share_of(_old, everyone)
    assert share_of(_helped, patients) > 1.4 * share_of(_helped, everyone)


def _old(person: Person) -> bool:
    return age_of(person.born) >= 60


def _helped(person: Person) -> bool:
    return bool(person.categories)


def test_nobody_is_in_two_hospitals_on_one_day(sample_visits: Visits) -> None:
    stays: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for visit in sample_visits:
        stays[visit.id_number].append((visit.request["admitted_on"], visit.request["discharged_on"]))
    for dates in stays.values():
        dates.sort()
        assert all(before[1] < after[0] for before, after in pairwise(dates))


def test_visits_lie_between_january_and_october_in_order_of_discharge(sample_visits: Visits) -> None:
    days = [visit.discharged_on for visit in sample_visits]
    assert days == sorted(days)
    for visit in sample_visits:
        admitted = date.fromisoformat(visit.request["admitted_on"])
        assert date(2026, 1, 1) <= admitted <= visit.discharged_on <= date(2026, 10, 31)
        same_day = visit.visit_type in {"outpatient", "chronic_outpatient"}
        assert (admitted == visit.discharged_on) == same_day


def test_visit_numbers_are_unique_in_their_hospital(sample_visits: Visits) -> None:
    numbers = [(visit.facility_code, visit.visit_no) for visit in sample_visits]
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"(ZY|MZ|MT)2026\d{6}", number) for _, number in numbers)


def test_every_provider_has_visits_and_only_known_ones(sample: County, sample_visits: Visits) -> None:
    assert {visit.facility_code for visit in sample_visits} == {
        provider.facility_code for provider in sample.providers
    }


def test_only_chronic_visits_carry_a_chronic_code_and_a_person_keeps_it(sample_visits: Visits) -> None:
    codes: dict[str, set[str]] = defaultdict(set)
    for visit in sample_visits:
        assert ("chronic_code" in visit.request) == (visit.visit_type == "chronic_outpatient")
        if "chronic_code" in visit.request:
            assert re.fullmatch(r"M\d{5}", visit.request["chronic_code"])
            codes[visit.id_number].add(visit.request["chronic_code"])
    assert all(len(held) == 1 for held in codes.values())


def test_out_of_county_stays_come_with_and_without_a_referral(sample_visits: Visits) -> None:
    outside = {"H99010000001", "H99000000001"}
    stays = [each for each in sample_visits if each.visit_type == "inpatient"]
    referred = [each for each in stays if each.request["referral_no"]]
    assert all(each.facility_code in outside for each in referred)
    share = len(referred) / sum(each.facility_code in outside for each in stays)
    assert 0.6 <= share <= 0.8


def test_every_referral_that_a_visit_names_is_filed_once_for_its_patient(sample_visits: Visits) -> None:
    filed = {each["referral_no"]: each for each in referrals.of(sample_visits)}
    named = [each for each in sample_visits if each.request["referral_no"]]
    assert len(filed) == len(named) > 100
    for visit in named:
        referral = filed[str(visit.request["referral_no"])]
        assert referral["patient"]["id_number"] == visit.id_number
        assert referral["to_facility_code"] == visit.facility_code


def test_no_bill_exceeds_a_daily_limit(sample_visits: Visits) -> None:
    limits = item_limits().per_day_milli
    for visit in sample_visits:
        admitted = date.fromisoformat(visit.request["admitted_on"])
        days = (visit.discharged_on - admitted).days + 1
        for line in visit.request["charges"]:
            if line["item_code"] in limits:
                assert Decimal(line["quantity"]) * 1000 <= limits[line["item_code"]] * days


def test_mothers_are_women_of_the_right_age_and_give_birth_once(
    sample: County, sample_visits: Visits
) -> None:
    people = _by_number(sample)
    mothers = [people[each.id_number] for each in sample_visits if each.visit_type == "delivery"]
    assert len({mother.id_number for mother in mothers}) == len(mothers)
    assert all(mother.sex == FEMALE and 20 <= age_of(mother.born) <= 42 for mother in mothers)


def test_requests_have_exactly_the_agreed_keys(sample_visits: Visits) -> None:
    always = {
        "facility_code",
        "visit_no",
        "visit_type",
        "patient",
        "admitted_on",
        "discharged_on",
        "referral_no",
        "diagnoses",
        "charges",
        "total",
    }
    for visit in sample_visits:
        parsed = json.loads(json.dumps(visit.request))
        assert set(parsed) - {"chronic_code"} == always
        assert [each["main"] for each in parsed["diagnoses"]] == [True]
        assert re.fullmatch(r"[A-Z]\d\d\.\d{3}", parsed["diagnoses"][0]["code"])


def test_a_few_bills_are_large_enough_for_every_layer_of_protection(sample_visits: Visits) -> None:
    totals = [parse_yuan(visit.request["total"]) for visit in sample_visits]
    assert sum(total > 2_000_000 for total in totals) > 50
    assert max(totals) > 5_000_000

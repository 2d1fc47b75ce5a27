"""The sample county: realistic, consistent, fictional, and the same for the same seed."""

from collections import Counter
from datetime import date

from stdnum.cn import ric

from deploy.demo import county
from deploy.demo.enrolment import EMPLOYEE, RESIDENT
from deploy.demo.model import County, Household, Person, age_of
from shared.identity import check_id_number, sex


def _people(sample: County) -> list[Person]:
    return [person for household in sample.households for person in household.people]


def _with(people: list[Person], category: str) -> list[Person]:
    return [person for person in people if category in person.categories]


def test_the_same_seed_gives_the_same_county(small: County) -> None:
    assert county.generate(seed=7, households=600) == small


def test_another_seed_gives_another_county(small: County) -> None:
    assert county.generate(seed=8, households=600).households != small.households


def test_the_county_has_the_announced_size(sample: County) -> None:
    villages = {village.code for township in sample.townships for village in township.villages}
    assert len(sample.townships) == 20
    assert len(villages) == 180
    assert {household.village.code for household in sample.households} == villages
    assert len(sample.households) == 12_000
    assert 39_000 <= sample.people_count <= 41_000


def test_the_24_providers_have_national_codes_and_levels(sample: County) -> None:
    codes = [provider.facility_code for provider in sample.providers]
    assert len(set(codes)) == 24
    assert all(len(code) == 12 and code.startswith("H99") for code in codes)
    assert Counter(provider.level for provider in sample.providers) == {0: 3, 1: 16, 2: 3, 3: 2}
    outside = [each for each in sample.providers if not each.division_code.startswith("990101")]
    assert [each.level for each in outside] == [3, 3]


def test_every_id_number_is_valid_fictional_and_belongs_to_one_person(sample: County) -> None:
    people = _people(sample)
    for person in people:
        assert check_id_number(person.id_number) == person.id_number
        assert ric.calc_check_digit(person.id_number) == person.id_number[-1]
        assert ric.get_birth_date(person.id_number) == person.born
        assert person.id_number.startswith("990101")
        assert sex(person.id_number) == person.sex
    assert len({person.id_number for person in people}) == len(people)
    assert len({person.person_no for person in people}) == len(people)


def test_every_household_has_one_head_and_nobody_is_born_before_the_mother(sample: County) -> None:
    for household in sample.households:
        assert [person.relation for person in household.people].count("户主") == 1
        assert household.people[0].relation == "户主"
        _children_are_younger(household)


def _children_are_younger(household: Household) -> None:
    heads = [person.born for person in household.people if person.relation in {"户主", "配偶"}]
    children = [person.born for person in household.people if person.relation in {"之子", "之女"}]
    assert all(child.year - max(heads).year >= 18 for child in children)


def test_about_fifteen_percent_of_households_left_registered_poverty(sample: County) -> None:
    exited = sum(household.hardship.exited for household in sample.households)
    assert 0.14 <= exited / len(sample.households) <= 0.16


def test_registered_people_overlap_with_dibao_and_extreme_poverty_as_in_the_county_reports(
    sample: County,
) -> None:
    registered = _with(_people(sample), "registered_poor")
    dibao = len(_with(registered, "dibao")) / len(registered)
    extreme = len(_with(registered, "extreme_poverty")) / len(registered)
    assert 0.30 <= dibao <= 0.40  # S-12: 2,657 of 7,515
    assert 0.002 <= extreme <= 0.008  # S-12: 32 of 7,515


def test_every_category_of_the_platform_occurs(sample: County) -> None:
    found = {category for person in _people(sample) for category in person.categories}
    assert found == {
        "registered_poor",
        "extreme_poverty",
        "dibao",
        "dibao_margin",
        "orphan",
        "unstable_exited",
        "marginal_at_risk",
        "sudden_hardship",
        "illness_poverty",
        "severe_disability",
    }


def test_no_person_has_identities_that_exclude_each_other(sample: County) -> None:
    for person in _people(sample):
        held = set(person.categories)
        assert len(held & {"dibao", "extreme_poverty", "dibao_margin"}) <= 1
        assert len(held & {"unstable_exited", "marginal_at_risk", "sudden_hardship"}) <= 1
        assert "unstable_exited" not in held or "registered_poor" in held
        assert "marginal_at_risk" not in held or "registered_poor" not in held
        assert "orphan" not in held or age_of(person.born) < 18
        assert ("severe_disability" in held) == bool(person.disability and person.disability.severe)


def test_registered_and_monitored_households_say_why(sample: County) -> None:
    for household in sample.households:
        record = household.hardship
        assert bool(record.causes) == (record.exited or bool(record.monitored))
        assert bool(record.identified_month) == bool(record.monitored)
        assert not record.removed_month or record.removed_month > record.identified_month


def test_an_unpaid_premium_in_a_helped_household_is_explained_by_illness(sample: County) -> None:
    for household in sample.households:
        unpaid = any(
            not person.enrolled(2026, RESIDENT) and not person.enrolled(2026, EMPLOYEE)
            for person in household.people
        )
        if unpaid and household.hardship.causes:
            assert "因病" in household.hardship.causes


def test_enrolment_reaches_the_target_and_nobody_is_in_both_schemes(sample: County) -> None:
    people = _people(sample)
    resident = [person for person in people if person.enrolled(2026, RESIDENT)]
    employees = [person for person in people if person.enrolled(2026, EMPLOYEE)]
    assert 0.95 <= len(resident) / len(people) <= 0.99
    assert 0.005 <= len(employees) / len(people) <= 0.03
    assert not {each.id_number for each in resident} & {each.id_number for each in employees}


def test_some_people_paid_for_only_one_of_the_two_years(sample: County) -> None:
    years = Counter(tuple(each.year for each in person.enrolments) for person in _people(sample))
    assert years[2025,] > 100
    assert years[2026,] > 100
    assert years[()] > 100


def test_nobody_joined_before_being_born_or_after_the_year(sample: County) -> None:
    for person in _people(sample):
        for each in person.enrolments:
            assert person.born <= each.joined_on <= date(each.year, 12, 31)


def test_phone_numbers_are_obviously_fictional(sample: County) -> None:
    phones = [person.phone for person in _people(sample) if person.phone]
    assert len(phones) == 12_000
    assert all(phone.startswith("190000") and len(phone) == 11 for phone in phones)

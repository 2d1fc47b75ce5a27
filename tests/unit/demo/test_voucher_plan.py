"""Who gets which vouchers, and what the answers to a repeated run count as."""

from typing import Any

from deploy.demo import voucher_plan
from deploy.demo.enrolment import RESIDENT, YEARS
from deploy.demo.model import County, age_of
from deploy.demo.steps.vouchers import serial_of
from deploy.demo.voucher_count import Refusal, VoucherCount
from deploy.demo.voucher_plan import Holder, SerialRange


def test_ranges_follow_each_other_and_are_as_large_as_the_members() -> None:
    holders = [Holder("a", "甲", 3), Holder("b", "乙", 0), Holder("c", "丙", 2)]
    found = voucher_plan.allot(11, holders)
    assert found == {"a": SerialRange(11, 13), "b": SerialRange(14, 13), "c": SerialRange(14, 15)}


def test_townships_and_villages_together_get_what_the_county_prints(sample: County) -> None:
    for year in YEARS:
        members = voucher_plan.members_by_village(sample, year)
        townships = voucher_plan.township_holders(sample, members)
        villages = [
            holder
            for township in sample.townships
            for holder in voucher_plan.village_holders(township, members)
        ]
        assert sum(holder.members for holder in townships) == sum(members.values())
        assert sum(holder.members for holder in villages) == sum(members.values())


def test_vouchers_go_to_grown_ups_who_are_members_of_both_years(sample: County) -> None:
    guests = voucher_plan.guests(sample, 500)
    assert len({guest.person.person_no for guest in guests}) == 500
    for guest in guests:
        assert age_of(guest.person.born) >= 18
        assert all(guest.person.enrolled(year, RESIDENT) for year in YEARS)


def test_more_vouchers_begin_with_the_same_people_and_serials(sample: County) -> None:
    few, many = voucher_plan.guests(sample, 300), voucher_plan.guests(sample, 3_000)
    assert few == many[:300]


def test_everybodys_serial_is_his_own_and_in_his_villages_range(sample: County) -> None:
    guests = voucher_plan.guests(sample, 3_000)
    ranges = {}
    for first, year in enumerate(YEARS, 1):
        members = voucher_plan.members_by_village(sample, year)
        villages = [
            holder
            for township in voucher_plan.townships_of(sample, guests)
            for holder in voucher_plan.village_holders(township, members)
        ]
        ranges[year] = voucher_plan.allot(first * 1_000_000, villages)
    serials = set()
    for guest in guests:
        for year in YEARS:
            serial = serial_of(guest, year, ranges)
            assert ranges[year][guest.village_code].first <= serial <= ranges[year][guest.village_code].last
            serials.add(serial)
    assert len(serials) == 6_000


def test_nobody_is_examined_before_the_vouchers_are_handed_out(sample: County) -> None:
    issued_on = voucher_plan.timetable(YEARS[1]).issued_on
    days = [guest.examined_on for guest in voucher_plan.guests(sample, 500)]
    assert issued_on < min(days)
    assert max(days).year == YEARS[1]


def refused(code: str) -> dict[str, Any]:
    return {"status": "refused", "problem": {"code": code, "title": "原因"}}


def test_vouchers_issued_by_an_earlier_run_are_recognised() -> None:
    count = VoucherCount()
    count.add_issues([{"status": "issued"}] * 3, replayed=True)
    count.add_issues([{"status": "issued"}, refused("screening.serial_already_issued")], replayed=False)
    assert (count.issued, count.issued_before, count.refused) == (5, 4, {})


def test_a_check_up_is_counted_with_what_the_hospital_may_claim() -> None:
    count = VoucherCount()
    done = {"status": "redeemed", "amount": "20.00"}
    count.add_redemptions([done, done, refused("screening.already_redeemed")], replayed=False)
    assert (count.redeemed, count.redeemed_before, count.paid_fen) == (3, 1, 4_000)


def test_a_line_refused_for_another_reason_is_a_fault() -> None:
    count = VoucherCount()
    count.add_issues([refused("screening.not_enrolled")], replayed=False)
    assert (count.issued, count.refused) == (0, {Refusal("screening.not_enrolled", "原因"): 1})


def test_an_accepted_mistake_is_noticed() -> None:
    count = VoucherCount()
    count.add_mistakes(["重复核销", "外村"], [refused("screening.already_redeemed"), {"status": "issued"}])
    assert count.accepted_mistakes == 1
    assert count.mistakes == {("重复核销", Refusal("screening.already_redeemed", "原因")): 1}

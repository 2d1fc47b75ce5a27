"""What held on which day, and what was known when: categories, enrolment, removal, moving house."""

from datetime import timedelta

import pytest

from tests.integration.registry.conftest import Registry
from tests.support.registry import NOW, person

pytestmark = pytest.mark.integration
NUMBER = person(1)["证件号码"]


def held(standing: dict[str, object], what: str = "categories") -> list[tuple[object, ...]]:
    spells = standing[what]
    assert isinstance(spells, list)
    return [tuple(spell.values()) for spell in spells]


async def test_the_first_file_of_a_year_speaks_of_the_whole_year(registry: Registry) -> None:
    await registry.load([person(1, 户类型="脱贫户", **{"享受低保/特困政策情况": "低保、孤儿"})])
    january = await registry.eligibility(NUMBER, on="2026-01-01")
    assert january["enrolled"]
    assert held(january, "enrolments") == [("resident", 2026, "2026-01-01", "2027-01-01", 0)]
    assert [spell[0] for spell in held(january)] == ["dibao", "orphan", "registered_poor"]
    before = await registry.eligibility(NUMBER, on="2025-12-31")
    assert not before["enrolled"]
    assert not before["categories"]
    after = await registry.eligibility(NUMBER, on="2027-01-01")
    assert not after["enrolled"]
    assert len(after["categories"]) == 3


async def test_who_is_no_longer_enrolled_is_not_covered_from_the_day_of_the_file(registry: Registry) -> None:
    await registry.load([person(1)], as_of="2026-02-01")
    out = person(1, 是否参加城乡居民基本医疗保险="否")
    await registry.load([out], as_of="2026-04-10")
    assert (await registry.eligibility(NUMBER, on="2026-04-09"))["enrolled"]
    assert not (await registry.eligibility(NUMBER, on="2026-04-10"))["enrolled"]
    [told] = (await registry.events())[-1]["enrolments"]
    assert (told["scheme"], told["valid_from"], told["valid_to"]) == ("resident", "2026-01-01", "2026-04-10")
    await registry.load([person(1)], as_of="2026-05-20")
    for day, enrolled in (("2026-04-09", True), ("2026-05-19", False), ("2026-05-20", True)):
        assert (await registry.eligibility(NUMBER, on=day))["enrolled"] is enrolled


async def test_changing_the_scheme_leaves_no_gap_and_no_overlap(registry: Registry) -> None:
    await registry.load([person(1)], as_of="2026-02-01")
    employed = person(1, 是否参加城乡居民基本医疗保险="否", 是否参加城镇职工基本医疗保险="是")
    await registry.load([employed], as_of="2026-04-10")
    for day, scheme in (("2026-04-09", "resident"), ("2026-04-10", "employee")):
        standing = await registry.eligibility(NUMBER, on=day)
        assert [spell[0] for spell in held(standing, "enrolments")] == [scheme]


@pytest.mark.parametrize(("status", "alive"), [("死亡", False), ("迁出", True)])
async def test_who_died_or_left_is_covered_by_nothing_any_more(
    registry: Registry, status: str, alive: bool
) -> None:
    await registry.load([person(1, 户类型="脱贫户")], as_of="2026-02-01")
    await registry.load([person(1, 户类型="脱贫户", 人员状态=status)], as_of="2026-06-01")
    before, after = [await registry.eligibility(NUMBER, on=day) for day in ("2026-05-31", "2026-06-01")]
    assert (before["enrolled"], len(before["categories"])) == (True, 1)
    assert (after["enrolled"], after["categories"], after["household_id"]) == (False, [], None)
    assert (await registry.events())[-1]["alive"] is alive


async def test_the_monitored_class_follows_the_months_of_the_file(registry: Registry) -> None:
    monitored = person(1, 监测对象类别="边缘易致贫户", 识别监测时间="202502")
    await registry.load([monitored], as_of="2026-02-01")
    removed = {**monitored, "风险是否已消除": "是", "消除监测时间": "202604", "风险消除方式": "帮扶消除"}
    await registry.load([removed], as_of="2026-06-01")
    for day, monitored_as in (
        ("2025-01-31", None),
        ("2025-02-01", "marginal_at_risk"),
        ("2026-04-30", "marginal_at_risk"),
        ("2026-05-01", None),
    ):
        assert (await registry.eligibility(NUMBER, on=day))["monitored"] == monitored_as, day


async def test_what_was_known_at_an_instant_can_still_be_asked(registry: Registry) -> None:
    await registry.load([person(1, **{"享受低保/特困政策情况": "低保"})], as_of="2026-02-01")
    first_known = registry.clock.instant
    registry.clock.instant = NOW + timedelta(days=30)
    await registry.load([person(1)], as_of="2026-03-01")
    day = {"on": "2026-04-01"}
    now = await registry.eligibility(NUMBER, **day)
    then = await registry.eligibility(NUMBER, **day, as_known_at=first_known.isoformat())
    before = (first_known - timedelta(seconds=1)).isoformat()
    unknown = await registry.eligibility(NUMBER, **day, as_known_at=before)
    assert [len(standing["categories"]) for standing in (now, then, unknown)] == [0, 1, 0]
    assert [standing["enrolled"] for standing in (now, then, unknown)] == [True, True, False]


async def test_who_moves_to_another_household_belongs_to_one_at_a_time(registry: Registry) -> None:
    await registry.load([person(1), person(2)], as_of="2026-02-01")
    moved = {**person(2, 与户主关系="配偶"), "户编号": person(1)["户编号"]}
    await registry.load([moved], as_of="2026-03-15")
    number = person(2)["证件号码"]
    before, after = [await registry.eligibility(number, on=day) for day in ("2026-03-14", "2026-03-15")]
    home = await registry.eligibility(NUMBER)
    assert before["household_id"] != after["household_id"] == home["household_id"]


async def test_many_people_are_checked_at_once_each_with_an_answer(registry: Registry) -> None:
    await registry.load([person(1), person(2, 是否参加城乡居民基本医疗保险="否")])
    body = {
        "on": "2026-05-01",
        "people": [
            {"id_number": person(2)["证件号码"]},
            {"id_number": "123456789012345678"},
            {"person_id": await registry.person_id(NUMBER)},
            {},
            {"person_id": "01900000-0000-7000-8000-000000000000"},
            {"id_number": NUMBER},
        ],
    }
    reply = await registry.client.post("/v1/eligibility:check", json=body, headers=registry.headers())
    items = reply.json()["items"]
    assert [item["no"] for item in items] == list(range(6))
    assert [item["code"] for item in items] == [
        None,
        "registry.id_number_checksum",
        None,
        "registry.one_of_person_id_or_number",
        "registry.person_not_found",
        None,
    ]
    assert [item["eligibility"]["enrolled"] for item in items if item["eligibility"]] == [False, True, True]


async def test_more_than_a_thousand_people_are_refused(registry: Registry) -> None:
    body = {"people": [{"id_number": NUMBER}] * 1001}
    reply = await registry.client.post("/v1/eligibility:check", json=body, headers=registry.headers())
    assert (reply.status_code, reply.json()["code"]) == (422, "request.invalid")


async def test_a_believed_row_is_never_rewritten_even_by_the_service(registry: Registry) -> None:
    await registry.load([person(1)])
    with pytest.raises(Exception, match="permission denied"):
        await registry.platform.as_role("registry", "api", "UPDATE enrolments SET valid_to = '2026-02-01'")
    with pytest.raises(Exception, match="permission denied"):
        await registry.platform.as_role("registry", "api", "DELETE FROM category_spells")

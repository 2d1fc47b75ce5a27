"""Who may see what of people and households."""

from datetime import date

import pytest

from tests.integration.registry.conftest import Registry
from tests.support.claims import id_number
from tests.support.registry import VILLAGE, as_csv, people, person

pytestmark = pytest.mark.integration
NUMBER = person(1)["证件号码"]


async def audited(registry: Registry) -> int:
    found = await registry.rows("SELECT count(*) AS n FROM audit_log WHERE action = 'read personal data'")
    return int(found[0].n)


async def test_personal_data_are_masked_without_the_right_to_see_them(registry: Registry) -> None:
    await registry.load([person(1, 联系电话="139-0000-1234")])
    found = (await registry.look_up(NUMBER)).json()
    assert found["id_number"] == f"{NUMBER[:3]}***********{NUMBER[-4:]}"
    assert (found["name"], found["phone"]) == ("杨**", "139******34")
    assert (found["sex"], found["birth_date"], found["division_code"]) == ("1", "1970-05-17", VILLAGE)
    assert found["ethnicity"] == {"code": "01", "source": "汉族", "system": "name"}
    assert await audited(registry) == 0


async def test_reading_whole_personal_data_is_audited(registry: Registry) -> None:
    await registry.load([person(1, 联系电话="13900001234")])
    found = (await registry.look_up(NUMBER, "registry_pii")).json()
    assert (found["id_number"], found["name"], found["phone"]) == (NUMBER, "杨测试", "13900001234")
    path = f"/v1/persons/{found['person_id']}"
    again = await registry.client.get(path, headers=registry.headers("registry_pii"))
    assert again.json() == found
    assert await audited(registry) == 2
    entries = await registry.rows("SELECT details::text AS text FROM audit_log")
    assert not any(NUMBER in entry.text for entry in entries)


async def test_the_kind_of_a_disability_needs_a_scope_of_its_own_and_is_audited(registry: Registry) -> None:
    mental = {**person(1), "证件号码": f"{NUMBER}62"}
    await registry.load([mental])
    for role in ("registry_officer", "registry_pii"):
        found = (await registry.look_up(NUMBER, role)).json()
        assert found["disability"] == {"kind": None, "grade": "2"}
    found = (await registry.look_up(NUMBER, "registry_restricted")).json()
    assert found["disability"] == {"kind": "6", "grade": "2"}
    assert found["name"] == "杨**", "the restricted class is not the right to see personal data"
    [entry] = await registry.rows("SELECT details FROM audit_log WHERE action = 'read restricted data'")
    assert entry.details == {"people": [found["person_id"]]}


async def test_nothing_personal_is_stored_in_clear(registry: Registry) -> None:
    await registry.load([person(1, 联系电话="13900001234")])
    for table in ("people", "households", "event_log", "imports", "import_errors", "audit_log"):
        text = str(await registry.rows(f"SELECT {table}::text AS row FROM {table}"))
        hidden = [NUMBER, "杨测试", "13900001234"]
        assert not [found for found in hidden if found in text or found.encode().hex() in text], table


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        (id_number(77), 404, "registry.person_not_found"),
        (NUMBER[:-1], 422, "registry.id_number_length"),
        (NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1"), 422, "registry.id_number_checksum"),
        ("990101700517001", 422, "registry.id_number_old_form"),
    ],
)
async def test_a_number_nobody_has_or_can_have_is_refused(
    registry: Registry, number: str, status: int, code: str
) -> None:
    await registry.load(people(1))
    reply = await registry.look_up(number)
    assert (reply.status_code, reply.json()["code"]) == (status, code)


async def test_another_county_sees_nothing(registry: Registry) -> None:
    report = await registry.load([*people(2), person(3, 户类型="?")])
    known = (await registry.look_up(NUMBER)).json()
    person_id, household_id = known["person_id"], known["household_id"]
    await registry.client.put(
        "/v1/financing-plans/990101/2026",
        json={
            "enrolled": 1,
            "per_head": {"personal": "1"},
            "risk_reserve_rate": "0",
            "outpatient_account_per_head": "0",
        },
        headers=registry.headers(),
    )
    stranger = registry.headers_for(["registry:read", "registry:pii"], ["990102"])
    paths = [
        f"/v1/persons/{person_id}",
        f"/v1/persons/{person_id}/eligibility",
        f"/v1/households/{household_id}",
        f"/v1/imports/{report['import_id']}",
        report["errors_url"],
        "/v1/financing-plans/990101/2026",
    ]
    for path in paths:
        assert (await registry.client.get(path, headers=registry.headers())).status_code == 200, path
        assert (await registry.client.get(path, headers=stranger)).status_code == 404, path
    body = {"id_number": NUMBER}
    reply = await registry.client.post("/v1/persons:lookup", json=body, headers=stranger)
    assert reply.json()["code"] == "registry.person_not_found"
    check = {"people": [{"person_id": person_id}, body]}
    checked = await registry.client.post("/v1/eligibility:check", json=check, headers=stranger)
    assert {item["code"] for item in checked.json()["items"]} == {"registry.person_not_found"}


async def test_a_township_sees_its_own_villages_only(registry: Registry) -> None:
    await registry.load([person(1), person(2, 行政村代码="990101101200")])
    township = registry.headers_for(["registry:read"], ["990101100"])
    for order, status in ((1, 200), (2, 404)):
        body = {"id_number": person(order)["证件号码"]}
        reply = await registry.client.post("/v1/persons:lookup", json=body, headers=township)
        assert reply.status_code == status


async def test_the_same_number_may_be_registered_in_two_counties(registry: Registry) -> None:
    await registry.load(people(1))
    neighbour = registry.headers_for(["registry:read", "registry:write"], ["990102"])
    row = person(1, 行政村代码="990102100200", 姓名="邻县人")
    reply = await registry.send(as_csv([row]), neighbour, county="990102")
    assert (reply.status_code, reply.json()["created"]) == (201, 1)
    body = {"id_number": NUMBER}
    theirs = await registry.client.post("/v1/persons:lookup", json=body, headers=neighbour)
    ours = await registry.look_up(NUMBER)
    assert theirs.json()["person_id"] != ours.json()["person_id"]


async def test_a_household_shows_its_members_of_a_day_head_first(registry: Registry) -> None:
    child = person(2, 与户主关系="之子", 证件号码=id_number(5, date(2026, 3, 1)))
    child["户编号"] = person(1)["户编号"]
    await registry.load([child, person(1)])
    household = (await registry.look_up(NUMBER)).json()["household_id"]
    path = f"/v1/households/{household}"
    now = (await registry.client.get(path, headers=registry.headers())).json()
    assert [member["relation"] for member in now["members"]] == ["02", "20"]
    before_birth = {"on": "2026-02-28"}
    then = (await registry.client.get(path, params=before_birth, headers=registry.headers())).json()
    assert [member["relation"] for member in then["members"]] == ["02"]

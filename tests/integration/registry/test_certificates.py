"""Certificates of chronic diseases: recorded, ended, listed, imported, told to the other services."""

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.registry.conftest import Registry
from tests.support.registry import COUNTY, VILLAGE, as_csv, people, person

pytestmark = pytest.mark.integration
BODY = {"chronic_code": "M03900", "valid_from": "2026-01-01", "handbook_no": "SC1", "issued_by": "县医保局"}
HIV = "M00300"


def row(order: int = 1, **changes: Any) -> dict[str, Any]:
    stated = {
        "人编号": person(order)["人编号"],
        "证件号码": person(order)["证件号码"],
        "慢病病种编码": "M03900",
        "认定日期": "2026-01-01",
        "有效期至": "2027-12-31",
        "慢性病手册编号": f"SC{order}",
        "认定机构": "县医疗保障局",
    }
    assert changes.keys() <= stated.keys()
    return {**stated, **changes}


async def load(registry: Registry, rows: list[dict[str, Any]], **query: Any) -> dict[str, Any]:
    reply = await registry.send(as_csv(rows), kind="certificates", **query)
    assert reply.status_code == 201, reply.text
    report: dict[str, Any] = reply.json()
    return report


def numbers(report: dict[str, Any]) -> tuple[int, ...]:
    return tuple(report[name] for name in ("rows", "rejected", "created", "changed", "unchanged"))


async def somebody(registry: Registry) -> str:
    await registry.load(people(1))
    return f"/v1/persons/{await registry.person_id(person(1)['证件号码'])}/certificates"


async def record(registry: Registry, path: str, headers: Any = None, **changes: Any) -> Any:
    return await registry.client.post(path, json={**BODY, **changes}, headers=headers or registry.headers())


async def listed(registry: Registry, path: str, headers: Any = None, **query: Any) -> list[Any]:
    reply = await registry.client.get(path, params=query, headers=headers or registry.headers())
    assert reply.status_code == 200, reply.text
    return [(each["chronic_code"], each["valid_from"], each["valid_to"]) for each in reply.json()["items"]]


async def told(registry: Registry) -> list[Any]:
    """The certificates of the last event of a person."""
    certificates = (await registry.events())[-1]["certificates"]
    return [(each["chronic_code"], each["valid_from"], each["valid_to"]) for each in certificates]


async def test_a_recorded_certificate_is_listed_and_told_and_the_same_again_changes_nothing(
    registry: Registry,
) -> None:
    path = await somebody(registry)
    reply = await record(registry, path)
    assert reply.status_code == 200, reply.text
    assert reply.json()["items"][0]["handbook_no"] == "SC1"
    assert await told(registry) == [("M03900", "2026-01-01", None)]
    events = await registry.events()
    assert (await record(registry, path)).json()["items"] == reply.json()["items"]
    assert await registry.events() == events
    overlapping = await record(registry, path, valid_from="2026-02-01")
    assert (overlapping.status_code, overlapping.json()["code"]) == (409, "registry.certificate_overlaps")


async def test_an_ended_certificate_is_known_as_it_was_known_before(registry: Registry) -> None:
    path = await somebody(registry)
    await record(registry, path)
    known_then = registry.clock.instant + timedelta(minutes=1)
    registry.clock.instant += timedelta(days=1)
    body = {"ended_on": "2026-05-01"}
    for _ in range(2):
        reply = await registry.client.post(f"{path}/M03900:end", json=body, headers=registry.headers())
        assert reply.status_code == 200, reply.text
    assert await listed(registry, path) == [("M03900", "2026-01-01", "2026-05-01")]
    assert await told(registry) == [("M03900", "2026-01-01", "2026-05-01")]
    assert await listed(registry, path, on="2026-05-01") == []
    then = {"on": "2026-05-01", "as_known_at": known_then.isoformat()}
    assert await listed(registry, path, **then) == [("M03900", "2026-01-01", None)]
    unknown = await registry.client.post(f"{path}/M01600:end", json=body, headers=registry.headers())
    assert (unknown.status_code, unknown.json()["code"]) == (404, "registry.no_certificate")


async def test_a_restricted_disease_is_neither_recorded_nor_listed_without_the_right(
    registry: Registry,
) -> None:
    path = await somebody(registry)
    refused = await record(registry, path, chronic_code=HIV)
    assert (refused.status_code, refused.json()["code"]) == (403, "registry.restricted_disease")
    trusted = registry.headers_for(["registry:read", "registry:write", "restricted:read"], [COUNTY])
    assert (await record(registry, path, trusted, chronic_code=HIV)).status_code == 200
    assert await listed(registry, path) == []
    assert [code for code, *_ in await listed(registry, path, trusted)] == [HIV]
    read = await registry.rows("SELECT details FROM audit_log WHERE action = 'read restricted data'")
    assert len(read) == 2


async def test_an_import_reaches_the_event_and_the_same_file_again_changes_nothing(
    registry: Registry,
) -> None:
    await registry.load(people(2))
    rows = [row(1), row(1, 慢病病种编码="m01600", 有效期至="长期"), row(2, 人编号="")]
    before = await registry.counts()
    assert numbers(await load(registry, rows, dry_run="true")) == (3, 0, 3, 0, 0)
    assert await registry.counts() == before
    assert numbers(await load(registry, rows)) == (3, 0, 3, 0, 0)
    news = (await registry.events())[2:]
    assert [len(event["certificates"]) for event in news] == [2, 1]
    assert news[0]["certificates"][1]["valid_to"] == "2028-01-01", "the last day still counts"
    assert numbers(await load(registry, rows)) == (3, 0, 0, 0, 3)
    assert numbers(await load(registry, [row(2, 有效期至="2026-12-31")])) == (1, 0, 0, 1, 0)
    assert await told(registry) == [("M03900", "2026-01-01", "2027-01-01")]


async def test_two_rows_may_divide_what_was_one_certificate(registry: Registry) -> None:
    await registry.load(people(1))
    await load(registry, [row(1, 认定日期="2024-01-01", 有效期至="")])
    halves = [row(1, 有效期至="2026-03-31"), row(1, 认定日期="2026-04-01", 有效期至="")]
    assert numbers(await load(registry, halves)) == (2, 0, 1, 1, 0)
    assert await told(registry) == [
        ("M03900", "2024-01-01", "2026-01-01"),
        ("M03900", "2026-01-01", "2026-04-01"),
        ("M03900", "2026-04-01", None),
    ]


@pytest.mark.parametrize(
    ("bad", "column", "code"),
    [
        (row(9), "人编号", "import.unknown_person"),
        (row(1, 证件号码=person(2)["证件号码"]), "人编号", "import.person_mismatch"),
        (row(1, 慢病病种编码="高血压"), "慢病病种编码", "import.bad_chronic_code"),
        (row(1, 慢病病种编码=HIV), "慢病病种编码", "import.restricted_disease"),
        (row(1, 认定日期="2026-13-01"), "认定日期", "import.bad_date"),
        (row(1, 认定日期="2026-12-31"), "认定日期", "import.date_in_future"),
        (row(1, 有效期至="2025-12-31"), "有效期至", "import.ends_before_beginning"),
        (row(3, 认定日期="2026-05-01"), "人编号", "import.duplicate_certificate"),
    ],
)
async def test_a_bad_certificate_row_is_listed_and_the_others_imported(
    registry: Registry, bad: dict[str, Any], column: str, code: str
) -> None:
    await registry.load(people(3))
    report = await load(registry, [row(3), bad])
    assert numbers(report) == (2, 1, 1, 0, 0)
    assert [(fault["row"], fault["column"], fault["code"]) for fault in report["problems"]] == [
        (3, column, code)
    ]


async def test_certificates_follow_a_household_that_moves(registry: Registry) -> None:
    path = await somebody(registry)
    await record(registry, path)
    moved = VILLAGE[:-3] + "201"
    await registry.load([person(1, 行政村代码=moved)])
    assert await registry.rows("SELECT division_code FROM chronic_certificates") == [(moved,)]


async def test_somebody_elses_person_is_not_found(registry: Registry) -> None:
    path = await somebody(registry)
    other = registry.headers_for(["registry:read", "registry:write"], ["990102"])
    reply = await record(registry, path, other)
    assert (reply.status_code, reply.json()["code"]) == (404, "registry.person_not_found")

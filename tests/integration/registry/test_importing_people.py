"""A people file on the real database: what is written, what is announced, what is refused."""

import httpx
import pytest

from tests.integration.registry.conftest import Registry
from tests.support.registry import TITLE, as_csv, as_ndjson, as_xlsx, people, person

pytestmark = pytest.mark.integration
NUMBERS = ("rows", "accepted", "rejected", "created", "changed", "unchanged")


def numbers(report: dict[str, object]) -> tuple[object, ...]:
    return tuple(report[name] for name in NUMBERS)


@pytest.mark.parametrize(
    ("format_", "content"),
    [
        ("xlsx", as_xlsx(people(3))),
        ("csv", as_csv(people(3))),
        ("csv", as_csv(people(3), "gb18030", title=TITLE)),
        ("csv", as_csv(people(3), "utf-16")),
        ("ndjson", as_ndjson(people(3))),
    ],
    ids=["xlsx", "utf8", "gb18030", "utf16", "ndjson"],
)
async def test_every_format_brings_the_same_people(registry: Registry, format_: str, content: bytes) -> None:
    reply = await registry.send(content, format=format_)
    assert reply.status_code == 201, reply.text
    assert numbers(reply.json()) == (3, 3, 0, 3, 0, 0)
    found = (await registry.look_up(person(2)["证件号码"])).json()
    assert (found["person_no"], found["name"], found["relation"]) == (person(2)["人编号"], "杨**", "02")
    assert len(await registry.events()) == 3
    assert len(await registry.events("registry.household_recorded.v1")) == 3


async def test_the_same_file_again_changes_nothing_and_is_not_announced(registry: Registry) -> None:
    await registry.load(people(3))
    before = await registry.counts()
    report = await registry.load(people(3))
    assert numbers(report) == (3, 3, 0, 0, 0, 3)
    after = await registry.counts()
    assert {name for name in after if after[name] != before[name]} == {"imports", "idempotency_keys"}


async def test_a_changed_file_announces_exactly_the_changed_people(registry: Registry) -> None:
    await registry.load(people(4))
    rows = people(4)
    rows[1]["姓名"] = "杨改名"
    rows[2]["享受低保/特困政策情况"] = "农村低保"
    report = await registry.load([*rows, person(5)])
    assert numbers(report) == (5, 5, 0, 1, 2, 2)
    news = (await registry.events())[4:]
    assert [event["version"] for event in news] == [2, 2, 1]
    assert [[spell["category"] for spell in event["categories"]] for event in news] == [[], ["dibao"], []]
    households = (await registry.events("registry.household_recorded.v1"))[4:]
    assert [event["version"] for event in households] == [1]


async def test_a_dry_run_reports_the_same_numbers_and_writes_nothing(registry: Registry) -> None:
    await registry.load(people(2))
    before = await registry.counts()
    rows = [person(1), person(2, 姓名="改名"), person(3), person(4, 行政村代码="990102100200")]
    dry = await registry.load(rows, dry_run="true")
    assert await registry.counts() == before
    real = await registry.load(rows)
    assert numbers(dry) == numbers(real) == (4, 3, 1, 1, 1, 1)
    assert (dry["import_id"], dry["errors_url"]) == (None, None)
    assert dry["problems"] == real["problems"]


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
async def test_half_a_workbook_is_refused_and_writes_nothing(registry: Registry, kept: float) -> None:
    content = as_xlsx(people(50))
    reply = await registry.send(content[: int(len(content) * kept)], format="xlsx")
    assert (reply.status_code, reply.json()["code"]) == (422, "import.file_unreadable")
    assert set((await registry.counts()).values()) == {0}


async def test_a_csv_cut_off_in_the_middle_of_a_row_loses_that_row_only(registry: Registry) -> None:
    content = as_csv(people(3)).rstrip()
    reply = await registry.send(content[:-60])
    assert reply.status_code == 201, reply.text
    assert numbers(reply.json()) == (3, 2, 1, 2, 0, 0)
    assert reply.json()["problems"][0]["code"] == "import.short_row"


async def test_a_missing_column_is_one_clear_problem(registry: Registry) -> None:
    rows = [{name: cell for name, cell in row.items() if name != "行政村代码"} for row in people(2)]
    reply = await registry.send(as_csv(rows))
    assert (reply.status_code, reply.json()["code"]) == (422, "import.column_missing")
    assert "行政村代码" in reply.json()["title"]


@pytest.mark.parametrize(
    ("content", "format_", "code"),
    [
        (b"", "csv", "import.file_empty"),
        ("只有一句话\n".encode(), "csv", "import.header_not_found"),
        (b"\xff\xff\x00\xff", "csv", "import.file_encoding"),
        (b"not a workbook", "xlsx", "import.file_unreadable"),
        (b'{"a": 1}\n', "ndjson", "import.column_missing"),
        (b"[1]\n", "ndjson", "import.file_unreadable"),
        (as_csv([{**person(), "户号": "1"}]), "csv", "import.column_repeated"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    registry: Registry, content: bytes, format_: str, code: str
) -> None:
    reply = await registry.send(content, format=format_)
    assert reply.status_code == 422, reply.text
    assert reply.json()["code"] == code
    assert set((await registry.counts()).values()) == {0}


async def test_bad_rows_are_listed_for_download_and_the_others_imported(registry: Registry) -> None:
    bad = person(2, 证件号码=person(2)["证件号码"][:-1] + "?", 民族="=火星")
    report = await registry.load([person(1), bad, person(3, 姓名="")])
    assert numbers(report) == (3, 1, 2, 1, 0, 0)
    file = await registry.client.get(report["errors_url"], headers=registry.headers())
    assert file.headers["content-type"].startswith("text/csv")
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "行号,列,级别,代码,说明"
    assert lines[1] == "3,证件号码,错误,import.id_number_checksum,证件号码校验码错误（GB 11643）"
    assert lines[2].startswith("3,民族,错误,import.unknown_ethnicity")
    assert lines[3] == "4,姓名,错误,import.cell_missing,缺少必填项"
    assert person(2)["证件号码"][:17] not in file.text
    english = await registry.client.get(
        report["errors_url"], headers={**registry.headers(), "Accept-Language": "en"}
    )
    assert "The cell is empty but required" in english.text


async def test_an_import_can_be_looked_at_again(registry: Registry) -> None:
    report = await registry.load([person(1), person(2, 户类型="大户")])
    again = await registry.client.get(f"/v1/imports/{report['import_id']}", headers=registry.headers())
    assert again.json() == report


async def test_a_retry_with_the_same_key_gives_the_same_reply_and_runs_once(registry: Registry) -> None:
    headers = registry.headers()
    first = await registry.send(as_csv(people(2)), headers)
    before = await registry.counts()
    second = await registry.send(as_csv(people(2)), headers)
    assert (second.status_code, second.headers["Idempotency-Hit"]) == (201, "true")
    assert second.json() == first.json()
    assert await registry.counts() == before
    other = await registry.send(as_csv(people(3)), headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")


async def test_an_import_needs_a_key_a_scope_and_its_county(registry: Registry) -> None:
    content = as_csv(people(1))
    keyless = {name: value for name, value in registry.headers().items() if name != "Idempotency-Key"}
    assert (await registry.send(content, keyless)).json()["code"] == "idempotency.key_missing"
    reader = registry.headers_for(["registry:read"], ["990101"])
    assert (await registry.send(content, reader)).json()["code"] == "auth.forbidden"
    refused = await registry.send(content, county="990102")
    assert (refused.status_code, refused.json()["code"]) == (403, "registry.outside_jurisdiction")


async def test_two_imports_of_a_county_do_not_run_at_once(registry: Registry) -> None:
    async with registry.platform.worker_session("registry") as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(hashtextextended('registry.import.990101', 0))"
        )
        reply = await registry.send(as_csv(people(1)))
    assert (reply.status_code, reply.json()["code"]) == (409, "registry.import_running")
    assert (await registry.send(as_csv(people(1)))).status_code == 201


async def test_a_form_upload_is_refused_because_it_is_not_the_file_itself(registry: Registry) -> None:
    headers = {**registry.headers(), "Content-Type": "multipart/form-data; boundary=x"}
    reply: httpx.Response = await registry.send(b"--x--", headers)
    assert (reply.status_code, reply.json()["code"]) == (415, "request.unsupported_media")


async def test_identity_numbers_can_be_exchanged_but_not_taken(registry: Registry) -> None:
    await registry.load(people(3))
    one, two = people(2)
    one["证件号码"], two["证件号码"] = two["证件号码"], one["证件号码"]
    assert numbers(await registry.load([one, two])) == (2, 2, 0, 0, 2, 0)
    taken = await registry.load([{**person(9), "证件号码": person(3)["证件号码"]}])
    assert numbers(taken) == (1, 0, 1, 0, 0, 0)
    assert taken["problems"][0]["code"] == "import.id_number_taken"


async def test_an_older_file_cannot_overwrite_newer_data(registry: Registry) -> None:
    await registry.load(people(1), as_of="2026-06-01")
    late = await registry.load([person(1, 姓名="旧名")], as_of="2026-05-01")
    assert (late["rejected"], late["problems"][0]["code"]) == (1, "import.older_file")
    unchanged = await registry.load(people(1), as_of="2026-05-01")
    assert unchanged["unchanged"] == 1


async def test_a_household_that_moves_takes_members_along_whom_the_file_does_not_name(
    registry: Registry,
) -> None:
    child = {**person(2, 与户主关系="之子"), "户编号": person(1)["户编号"]}
    await registry.load([person(1), child])
    report = await registry.load([person(1, 行政村代码="990101101205")])
    assert (report["changed"], report["households_changed"]) == (1, 1)
    moved = (await registry.events())[2:]
    assert [(event["division_code"], event["version"]) for event in moved] == [("990101101205", 2)] * 2
    divisions = await registry.rows("SELECT DISTINCT division_code FROM memberships")
    assert [row.division_code for row in divisions] == ["990101101205"]

"""A list of money received becomes receipts, once, whole, and each approved by somebody else."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support.funds import RECEIPTS, Bureau
from tests.support.races import all_at_once
from tests.support.receipts import ROWS, TOTAL, as_csv, as_xlsx, changed

pytestmark = pytest.mark.integration
ASKED = {"county": build.COUNTY, "year": "2026", "format": "csv"}
WRITTEN = ("fund_operations", "transfers", "idempotency_keys")


@pytest.fixture
async def bureau(world: World) -> Bureau:
    await world.plan(build.financing(enrolled=145_903))
    return Bureau(world)


async def send(bureau: Bureau, body: bytes, role: str = "finance", **asked: str) -> httpx.Response:
    headers = {**bureau.world.headers(role), "Content-Type": "application/octet-stream"}
    params = {**ASKED, **asked}
    return await bureau.world.client.post(f"{RECEIPTS}:import", content=body, params=params, headers=headers)


def told(reply: httpx.Response) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in reply.json()["errors"]]


async def test_a_list_is_prepared_whole_and_each_receipt_approved_by_somebody_else(bureau: Bureau) -> None:
    tried = await send(bureau, as_xlsx(), format="xlsx", dry_run="true")
    assert (tried.status_code, tried.json()["created"]) == (200, 3)
    assert await bureau.world.counts(["fund_operations"]) == {"fund_operations": 0}
    reply = await send(bureau, as_xlsx(), format="xlsx", total="3300.75")
    assert reply.status_code == 201, reply.text
    made = reply.json()
    assert (made["rows"], made["created"], made["total"], made["warnings"]) == (3, 3, "3300.75", [])
    assert [item["row"] for item in made["items"]] == [5, 6, 7]
    # Not by who prepared it, as with a single one.
    alone = bureau.world.platform.mint("finance", ["funds:approve"], [build.COUNTY])
    headers = {**bureau.world.headers("finance"), "Authorization": f"Bearer {alone}"}
    path = f"{RECEIPTS}/{made['items'][0]['id']}:approve"
    own = await bureau.world.client.post(path, json={"accept": []}, headers=headers)
    assert own.json()["code"] == "funds.second_person_needed"
    ids = [item["id"] for item in made["items"]]
    for wrong in ([ids[0], str(uuid4())], [ids[0], ids[0]]):
        reply = await bureau.send(f"{RECEIPTS}:approve", {"ids": wrong}, "finance_approver")
        assert reply.json()["errors"][0]["pointer"] == "/ids/1"
    booked = await bureau.send(f"{RECEIPTS}:approve", {"ids": ids}, "finance_approver")
    assert (booked.status_code, booked.json()["total"]) == (200, "3300.75")
    fund = (await bureau.funds())["basic_insurance"]
    assert fund["received"] == "3000.50"
    # The same list again, now as a table: nothing is new.
    again = (await send(bureau, as_csv())).json()
    assert (again["created"], again["unchanged"]) == (0, 3)
    assert [item["id"] for item in again["items"]] == [item["id"] for item in made["items"]]


async def test_the_same_list_three_times_at_once_is_prepared_once(bureau: Bureau) -> None:
    lock = "LOCK TABLE fund_operations IN EXCLUSIVE MODE"
    sending = [send(bureau, as_csv()) for _ in range(3)]
    replies = await all_at_once(bureau.world.platform, "claims", lock, sending)
    assert sorted(reply.json()["created"] for reply in replies) == [0, 0, 3]
    assert await bureau.world.counts(["fund_operations"]) == {"fund_operations": 3}
    ids = {tuple(item["id"] for item in reply.json()["items"]) for reply in replies}
    assert len(ids) == 1


async def test_one_wrong_row_refuses_all_and_every_fault_is_listed_by_row_and_column(bureau: Bureau) -> None:
    await bureau.arrives("1.00", bank_reference="B-0003")
    before = await bureau.world.counts(WRITTEN)
    rows = changed(0, 到账日期="2026-11-03", 资金来源="捐赠")
    rows[1][3] = "两千"
    reply = await send(bureau, as_csv(rows))
    assert (reply.status_code, reply.json()["code"]) == (422, "funds.receipt_file_faults")
    assert told(reply) == [
        ("/rows/3/到账日期", "funds.day_out_of_range"),
        ("/rows/4/到账金额", "import.bad_amount"),
        ("/rows/5/银行流水号", "funds.bank_reference_used"),
    ]
    assert "2026-11-02" in reply.json()["errors"][0]["detail"]
    unplanned = await send(bureau, as_csv(changed(0, 资金来源="捐赠")[:2]))
    assert told(unplanned) == [("/rows/3/资金来源", "funds.source_not_planned")]
    assert await bureau.world.counts(WRITTEN) == before


@pytest.mark.parametrize(
    ("body", "asked", "status", "code"),
    [
        (as_csv(total=None), {}, 422, "funds.receipt_file_total_missing"),
        (as_csv(ROWS[:2], None), {"total": "3300.75"}, 422, "funds.receipt_file_total"),
        (as_csv(ROWS[:2]), {}, 422, "funds.receipt_file_total"),
        (as_csv(), {"total": "3300.74"}, 422, "funds.receipt_file_total"),
        (as_csv([], None), {"total": "0.00"}, 422, "funds.receipt_file_empty"),
        (as_xlsx()[:3000], {"format": "xlsx"}, 422, "import.file_unreadable"),
        (b"", {}, 422, "import.file_empty"),
        (as_csv(), {"county": "990102"}, 403, "funds.outside_jurisdiction"),
        (as_csv(), {"year": "2023"}, 422, "funds.receipt_file_faults"),
    ],
)
async def test_a_list_that_cannot_be_right_is_refused_and_nothing_is_stored(
    bureau: Bureau, body: bytes, asked: dict[str, str], status: int, code: str
) -> None:
    reply = await send(bureau, body, **asked)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert await bureau.world.counts(["fund_operations"]) == {"fund_operations": 0}


async def test_what_is_unusual_in_a_list_is_for_the_approver_of_each_receipt(bureau: Bureau) -> None:
    rows: list[Any] = [*ROWS, ["4", *ROWS[2][1:5], "B-0004", *ROWS[2][6:]]]
    rows[3][3] = "300.25"
    total = [*TOTAL[:3], "3601.00", *TOTAL[4:]]
    made = (await send(bureau, as_csv(rows, total))).json()
    assert [(each["code"], each["count"]) for each in made["warnings"]] == [("looks_alike", 1)]
    assert made["items"][3]["warnings"] == ["looks_alike"]
    refused = await bureau.approve(made["items"][3]["id"])
    assert refused.json()["code"] == "funds.warnings_not_accepted"
    assert (await bureau.approve(made["items"][3]["id"], "looks_alike")).status_code == 200

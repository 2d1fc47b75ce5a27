"""The standard table: exact while things are settled, taken back and worked out anew, down to each row."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.claims.reports.folding import fold, fold_anew
from services.claims.verification.service import verify_ledger
from tests.integration.claims.conftest import World
from tests.integration.claims.test_readjudication import approve, grant, propose, the_proposal
from tests.integration.claims.test_reversal import reversed_
from tests.support import claims as build
from tests.support.platform import bearer

pytestmark = pytest.mark.integration
REPORT = "/v1/reports/ncms"
DOCUMENT = Path(__file__).parents[3] / "docs" / "reports.md"
# A settlement written in a transaction that takes its number early and commits late.
_LATE_COPY = """
INSERT INTO settlements SELECT (jsonb_populate_record(settlement, jsonb_build_object(
  'id', gen_random_uuid(), 'visit_no', 'ZY0', 'added_in', pg_current_xact_id()::text::bigint))).*
FROM settlements AS settlement
"""
FEBRUARY = "2026-02-10"
GROUPS = ("main_dibao", "main_registered_poor", "held_dibao", "held_registered_poor", "main_none")
PLACES = (
    ("total", "all", "year_to_date"),
    ("total", "poor", "month"),
    ("inpatient_out_of_county", "all", "month"),
    ("level_2", "other", "year_to_date"),
    ("total", "main_dibao", "month"),
    ("level_2", "main_none", "year_to_date"),
    ("inpatient_in_county", "held_registered_poor", "year_to_date"),
)
MARCH = {"county": "990101", "month": "2026-03"}


async def ask(world: World, path: str = REPORT, role: str = "agency", **query: Any) -> Any:
    return await world.client.get(path, params={**MARCH, **query}, headers=world.headers(role))


async def read(world: World, **query: Any) -> dict[str, Any]:
    reply = await ask(world, **query)
    assert reply.status_code == 200, reply.text
    report: dict[str, Any] = reply.json()
    return report


async def folded(world: World) -> None:
    await fold(world.platform.worker_sessions("claims"), world.clock)


def figures(report: dict[str, Any], line: str = "total", group: str = "all", period: str = "month") -> Any:
    [found] = [
        each
        for each in [*report["lines"], *report["categories"]]
        if (each["line"], each["group"], each["period"]) == (line, group, period)
    ]
    return {each["id"]: each for each in found["figures"]}


def without_time(report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name != "counted_at"}


async def busy(world: World) -> list[dict[str, Any]]:
    """Two months: poor and others, in and out of the county, delivery, chronic; one of them taken back."""
    poor = await world.insure(1, ["registered_poor", "dibao"])
    other, third = await world.insure(2), await world.insure(3)
    await world.refer(third, "ZZ1", build.CITY_HOSPITAL)
    drugs = [build.charge("600.00"), build.charge("400.00", category="herbal"),
             build.charge("1000.00", category="bed")]  # fmt: skip
    settled = [
        await world.settle(build.visit(poor, "ZY1", "10000.00")),
        await world.settle(build.visit(other, "ZY2", "2000.00", charges=drugs)),
        await world.settle(
            build.visit(
                other, "MZ1", "35.50", visit_type="outpatient", admitted_on=FEBRUARY, discharged_on=FEBRUARY
            )
        ),
        await world.settle(
            build.visit(third, "ZY3", "9000.00", facility_code=build.CITY_HOSPITAL, referral_no="ZZ1")
        ),
        await world.settle(build.visit(third, "ZY4", "7000.00", facility_code=build.PROVINCIAL_HOSPITAL)),
        await world.settle(build.visit(third, "FM1", "3000.00", visit_type="delivery")),
    ]
    await folded(world)
    await reversed_(world, settled[4])
    return settled


async def recounted(world: World) -> None:
    """The sums are what a plain recount of the settlements gives."""
    report = await verify_ledger(world.platform.worker_url("claims"))
    assert report.failed is None, report.record


async def work_out_anew(world: World, order: int, *categories: str, version: int) -> None:
    await grant(world, build.id_number(order), *categories, version=version)
    await propose(world, automatic=False)
    assert (await approve(world, await the_proposal(world))).status_code == 200


async def test_the_report_is_exact_before_and_after_everything_is_folded(world: World) -> None:
    await busy(world)
    before = without_time(await read(world))
    assert figures(before)["visits"]["value"] == "4"
    assert figures(before, period="year_to_date")["visits"]["value"] == "5"
    await work_out_anew(world, 2, "dibao", version=2)
    live = without_time(await read(world))
    assert live != before
    assert figures(live, group="poor")["visits"]["value"] == "2"
    assert figures(live, group="poor", period="year_to_date")["visits"]["value"] == "3"
    await recounted(world)
    await folded(world)
    await recounted(world)
    assert without_time(await read(world)) == live
    await fold_anew(world.platform.worker_sessions("claims"), world.clock)
    assert without_time(await read(world)) == live


async def test_corrections_of_corrections_and_their_reversal_come_to_what_stands(world: World) -> None:
    settled = await busy(world)
    await work_out_anew(world, 2, "dibao", version=2)
    await folded(world)
    await work_out_anew(world, 2, "dibao", "extreme_poverty", version=3)
    await recounted(world)
    await folded(world)
    await reversed_(world, settled[1])
    await recounted(world)
    assert figures(await read(world))["visits"]["value"] == "3"
    await folded(world)
    await recounted(world)
    assert figures(await read(world))["visits"]["value"] == "3"


async def test_a_posting_that_commits_late_is_counted_once_whatever_was_folded_meanwhile(
    world: World,
) -> None:
    number = await world.insure(1)
    await world.settle(build.visit(number, "ZY1", "10000.00"))
    address = world.platform.system.config.admin_dsn.rsplit("/", 1)[0] + "/claims"
    slow = await asyncpg.connect(address)
    try:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(_LATE_COPY)
        await world.settle(build.visit(number, "ZY2", "10000.00"))
        await folded(world)
        assert await counted(world) == ("2", 1)
        await transaction.commit()
        assert await counted(world) == ("3", 1)
        await folded(world)
        await folded(world)
        assert await counted(world) == ("3", 3)
    finally:
        await slow.close()


async def counted(world: World) -> tuple[str, int]:
    """Visits that the report shows, and those that are folded."""
    [(stored,)] = await world.rows("SELECT sum(visits)::integer FROM report_sums WHERE payer = ''")
    return figures(await read(world), period="year_to_date")["visits"]["value"], stored


async def test_sums_made_in_another_cluster_count_for_nothing_until_they_are_made_again(world: World) -> None:
    await world.settle(build.visit(await world.insure(1), "ZY1", "10000.00"))
    await folded(world)
    await world.platform.as_administrator("claims", "UPDATE report_progress SET system_identifier = 1")
    assert figures(await read(world))["visits"]["value"] == "1"
    await folded(world)
    assert await world.rows("SELECT visits FROM report_sums WHERE payer = ''") == [(1,)]
    assert figures(await read(world))["visits"]["value"] == "1"


async def test_what_the_document_tells_to_do_after_a_restore_leaves_the_report_as_it_was(
    world: World,
) -> None:
    await busy(world)
    await folded(world)
    before = without_time(await read(world))
    [restored] = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    await world.platform.as_administrator("claims", restored)
    assert without_time(await read(world)) == before
    await folded(world)
    await recounted(world)
    assert without_time(await read(world)) == before


async def test_every_figure_is_the_sum_of_the_rows_behind_it(world: World) -> None:
    await busy(world)
    report = await read(world)
    seen = 0
    printed = [*report["lines"], *report["categories"]]
    lines = {(line["line"], line["group"], line["period"]): line for line in printed}
    for place in PLACES:
        for figure in lines[place]["figures"]:
            if figure["id"].startswith("average_cost_"):
                continue
            page = (await world.client.get(figure["rows"], headers=world.headers("agency"))).json()
            for part in ("numerator", "denominator"):
                if figure[part] is not None:
                    total = sum((Decimal(row[part]) for row in page["items"]), Decimal(0))
                    assert total == Decimal(figure[part]), (place, figure)
            seen += len(page["items"])
    assert seen > 80
    by_group = {group: figures(report, group=group)["visits"]["value"] for group in GROUPS}
    assert by_group == {"main_dibao": "1", "main_registered_poor": "0", "held_dibao": "1",
                        "held_registered_poor": "1", "main_none": "3"}  # fmt: skip
    whole = await read(world, group="held_registered_poor")
    assert (whole["fund"], whole["payers"], whole["categories"]) == ([], [], [])
    alone = figures(whole, "inpatient_level_2", "held_registered_poor")
    assert (alone["visits"]["value"], alone["total"]["value"]) == ("1", "10000.00")


async def test_one_provider_is_reported_alone_with_the_rows_that_it_settled(world: World) -> None:
    await busy(world)
    report = await read(world, facility=build.CITY_HOSPITAL, format="json")
    assert (report["fund"], report["sources"]) == ([], [])
    shown = figures(report, period="year_to_date")
    assert (shown["visits"]["value"], shown["total"]["value"]) == ("1", "9000.00")
    page = (await world.client.get(shown["total"]["rows"], headers=world.headers("agency"))).json()
    assert [row["facility_code"] for row in page["items"]] == [build.CITY_HOSPITAL]


async def test_rows_come_in_pages_and_hold_no_personal_data(world: World) -> None:
    await busy(world)
    asked: dict[str, Any] = {"figure": "visits", "period": "year_to_date", "limit": 2}
    found: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await ask(world, f"{REPORT}/rows", **asked, **cursor)).json()
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(found) == len({row["settlement_id"] for row in found}) == 5
    assert set(found[0]) == {
        *("settlement_id", "facility_code", "visit_no", "visit_type", "discharged_on"),
        *("numerator", "denominator"),
    }


async def test_a_township_office_counts_its_own_people_only(world: World) -> None:
    await world.insure(1)
    await world.insure(2, village="990101201203")
    for order in (1, 2):
        await world.settle(build.visit(build.id_number(order), f"ZY{order}", "10000.00"))
    await folded(world)
    token = world.platform.mint("township", ["claims:read"], ["990101201"])
    reply = await world.client.get(REPORT, params=MARCH, headers=bearer(token))
    assert figures(reply.json())["visits"]["value"] == "1"
    elsewhere = world.platform.mint("far", ["claims:read"], ["51"])
    reply = await world.client.get(REPORT, params=MARCH, headers=bearer(elsewhere))
    assert figures(reply.json())["visits"]["value"] == "0"


async def test_rates_stand_on_stated_bases_and_say_when_they_are_unknown(world: World) -> None:
    report = await read(world)
    fund = {each["id"]: each for each in report["fund"]}
    assert (fund["enrolment_rate"]["value"], fund["enrolment_rate"]["reason"]) == (None, "unknown:enrolled")
    await world.plan(build.financing(1, 145_903))
    fund = {each["id"]: each for each in (await read(world))["fund"]}
    assert (fund["enrolment_rate"]["value"], fund["enrolment_rate"]["reason"]) == (None, "unknown:population")
    stated = {"population": 158_590, "name": "农业人口", "source": "县统计局年报", "counted_on": "2025-12-31"}
    path, headers = "/v1/reports/populations/990101/2026", world.headers("agency")
    for _ in range(2):
        reply = await world.client.put(path, json=stated, headers=headers)
        assert (reply.status_code, reply.json()["version"], reply.headers["ETag"]) == (200, 1, '"1"')
    corrected = {**stated, "population": 158_600}
    answers = [
        (await world.client.put(path, json=corrected, headers={**headers, **read})).status_code
        for read in ({}, {"If-Match": '"2"'}, {"If-Match": '"1"'})
    ]
    assert answers == [428, 412, 200]
    back = {**headers, "If-Match": '"2"'}
    assert (await world.client.put(path, json=stated, headers=back)).json()["version"] == 3
    await world.settle(build.visit(await world.insure(1), "ZY1", "10000.00"))
    fund = {each["id"]: each for each in (await read(world))["fund"]}
    rate = fund["enrolment_rate"]
    assert (rate["value"], rate["numerator"], rate["denominator"]) == ("92.00", "145903", "158590")
    assert (rate["denominator_name"], rate["denominator_year"]) == ("农业人口", 2026)
    assert (fund["due"]["value"], fund["received"]["reason"]) == ("13131270.00", "unknown:received")
    assert (fund["due_personal"]["value"], fund["pooled"]["value"]) == ("1459030.00", "11438795.20")
    paid = Decimal(fund["fund_paid"]["value"])
    assert Decimal(fund["pooled_paid_rate"]["numerator"]) == paid > 0


async def test_money_that_came_in_counts_and_what_was_taken_back_does_not(world: World) -> None:
    await world.plan(build.financing(1, 100_000), build.financing(2, 90_000))
    await world.platform.as_administrator(
        "claims",
        _receipt("central", 300_000_000),
        _receipt("personal", 90_000_000),
        _receipt("personal", 5_000_000, back=True),
    )
    report = await read(world)
    fund = {each["id"]: each for each in report["fund"]}
    assert (fund["due"]["value"], fund["received"]["value"]) == ("8100000.00", "3850000.00")
    assert fund["arrival_rate"]["value"] == "47.53"
    sources = {each["source"]: (each["due"], each["received"]) for each in report["sources"]}
    assert sources["central"] == ("3600000.00", "3000000.00")
    assert next(iter(sources)) == "personal"


async def test_truncating_and_rounding_differ_in_the_last_digit_alone(world: World) -> None:
    for order, amount in ((1, "1000.00"), (2, "1000.01"), (3, "1000.01")):
        await world.settle(build.visit(await world.insure(order), f"ZY{order}", amount))
    half_up, truncated = [
        figures(await read(world, rounding=mode))["average_cost"] for mode in ("half_up", "truncate")
    ]
    assert (half_up["value"], truncated["value"]) == ("1000.01", "1000.00")
    assert half_up["numerator"] == truncated["numerator"] == "3000.02"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"figure": "nothing"}, "claims.unknown_figure"),
        ({"figure": "visits", "line": "nothing"}, "claims.unknown_report_line"),
        ({"figure": "due"}, "claims.no_rows_behind"),
        ({"figure": "visits", "group": "main_rich"}, "claims.unknown_report_group"),
        ({"figure": "visits", "cursor": "WyJ4IiwieCJd"}, "request.bad_cursor"),
        ({"figure": "visits", "period": "week"}, "request.invalid"),
        ({"figure": "visits", "ceiling": "1.0001"}, "request.invalid"),
    ],
)
async def test_what_has_no_rows_is_refused(world: World, query: dict[str, str], code: str) -> None:
    reply = await ask(world, f"{REPORT}/rows", **query)
    assert (reply.status_code, reply.json()["code"]) in {(422, code), (400, code)}


async def test_hand_entered_figures_are_checked_and_not_stored(world: World) -> None:
    entered = {
        "paid": {"outpatient": "485.37", "delivery": "98.42"},
        "paid_total": "583.79",
        "visits": {"outpatient": 100, "delivery": 5},
        "visits_total": 104,
    }
    reply = await world.client.post(
        "/v1/reports/year-figures:check", json=entered, headers=world.headers("agency")
    )
    assert reply.status_code == 200, reply.text
    checked = reply.json()
    assert not checked["adds_up"]
    [finding] = checked["findings"]
    assert (finding["code"], finding["computed"], finding["difference"]) == ("visits_total", "105", "-1")
    assert checked["averages"] == {"outpatient": "4.85", "delivery": "19.68"}


async def test_hospitals_read_no_report_and_nobody_states_another_countys_population(world: World) -> None:
    for path in (REPORT, f"{REPORT}/rows?figure=visits"):
        reply = await ask(world, path, role=f"hospital:{build.COUNTY_HOSPITAL}")
        assert (reply.status_code, reply.json()["code"]) == (403, "claims.agency_only"), path
    stated = {"population": 1, "name": "人口", "source": "年报", "counted_on": "2025-12-31"}
    reply = await world.client.put(
        "/v1/reports/populations/510101/2026", json=stated, headers=world.headers("agency")
    )
    assert (reply.status_code, reply.json()["code"]) == (403, "claims.outside_jurisdiction")


def _receipt(source: str, fen: int, *, back: bool = False) -> str:
    due, bank = f"financing_due:{source}:990101:2026", "bank:990101"
    debit, credit = (due, bank) if back else (bank, due)
    return (
        "INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account,"
        f" credit_account, amount_fen, reference) VALUES ('2026-03-01', '990101', 2026, '', 'receipt',"
        f" '{debit}', '{credit}', {fen}, 'test')"
    )

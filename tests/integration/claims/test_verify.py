"""The command that derives settlements again from explanations, and what it says about a damaged one."""

import asyncio
import os
import random
import sys
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.claims.verification import explained_repository
from services.claims.verification.explanations import Counts, verify_explanations
from services.claims.verification.records import Difference
from tests.integration.claims.conftest import World
from tests.integration.claims.test_batch import send
from tests.integration.claims.test_verify_ledger import SEED, random_bill
from tests.support import claims as build
from tests.support.platform import ndjson

pytestmark = pytest.mark.integration
DAY = date(2026, 11, 2)
KINDS: list[dict[str, Any]] = [
    {"visit_type": "inpatient"},
    {"visit_type": "outpatient"},
    {"visit_type": "outpatient", "facility_code": build.TOWNSHIP_HOSPITAL},
    {"visit_type": "chronic_outpatient", "chronic_code": "M03900"},
    {"visit_type": "delivery"},
    {"facility_code": build.PROVINCIAL_HOSPITAL},
    {"facility_code": build.CITY_HOSPITAL},
]


async def verify(world: World, first: date = DAY, last: date = DAY) -> tuple[Counts, list[Difference]]:
    told: list[Difference] = []
    counts = await verify_explanations(world.platform.worker_url("claims"), first, last, told.append)
    assert counts.differences == len(told)
    return counts, told


async def settle_variety(world: World, visits: int, people: int) -> None:
    draw = random.Random(SEED)
    categories: list[list[str]] = [[], ["registered_poor"], ["dibao"], ["dibao_margin"], ["marginal_at_risk"]]
    numbers = [await world.insure(order, draw.choice(categories)) for order in range(people)]
    await world.refer(numbers[0], "ZZ1", build.PROVINCIAL_HOSPITAL)
    lines = [
        build.visit(draw.choice(numbers), f"V{no}", **{**draw.choice(KINDS), **random_bill(draw)})
        for no in range(visits)
    ]
    results = await send(world, ndjson(lines), world.headers("admin"))
    assert {result["status"] for result in results} == {201}


async def test_whatever_was_settled_follows_from_its_explanation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settle_variety(world, visits=400, people=25)
    assert await verify(world) == (Counts(400, await steps(world), 0), [])
    # However the pages cut people's years apart.
    monkeypatch.setattr(explained_repository, "PAGE", 7)
    assert (await verify(world))[0].settlements == 400


async def steps(world: World) -> int:
    [row] = await world.rows("SELECT sum(json_array_length(steps)) FROM settlements")
    return int(row[0])


async def test_only_the_days_asked_for_are_checked_and_earlier_ones_still_count(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    for no, day in enumerate((1, 2, 3)):
        world.clock.instant = datetime(2026, 11, day, 2, 0, tzinfo=UTC)
        await world.settle(build.visit(number, f"V{no}", "30000.00"))
    assert (await verify(world))[0].settlements == 1
    assert (await verify(world, date(2026, 11, 2), date(2026, 11, 3)))[0].settlements == 2
    assert await verify(world, date(2026, 12, 1), date(2026, 12, 31)) == (Counts(0, 0, 0), [])


async def test_a_day_is_a_day_in_china(world: World) -> None:
    number = await world.insure()
    for no, hour in enumerate((15, 16)):
        world.clock.instant = datetime(2026, 11, 1, hour, 59 if hour == 15 else 0, tzinfo=UTC)
        await world.settle(build.visit(number, f"V{no}"))
    assert (await verify(world))[0].settlements == 1


@pytest.mark.parametrize(
    ("damage", "field"),
    [
        ("UPDATE settlements SET steps = jsonb_set(steps::jsonb, '{1,3}', '1')::json", "amount"),
        (
            "UPDATE settlements SET steps = jsonb_set(steps::jsonb, '{1,2,1}', '9999')::json",
            "parameters/rate_bp",
        ),
        ("UPDATE settlements SET steps = jsonb_set(steps::jsonb, '{1}', '[]')::json", "form"),
        (
            "UPDATE settlements SET steps = jsonb_set(steps::jsonb, '{1,4,0,1}', '5')::json",
            "accumulators/basic_insurance.paid/before",
        ),
        ("UPDATE settlements SET personal_share_bp = personal_share_bp + 1", "personal_share"),
        ("UPDATE settlements SET person_pays_fen = person_pays_fen - 1", "person_pays"),
        (build.MORE_PAID, "payers"),
        ("UPDATE settlements SET payers = payers[:1], payer_fen = payer_fen[:1]", "payers"),
        (build.MORE_CHARGED, "total"),
        ("UPDATE transfers SET amount_fen = amount_fen + 1 WHERE kind = 'person'", "transfers"),
        ("UPDATE transfers SET credit_account = 'provider_due:H0' WHERE kind = 'payer'", "transfers"),
        (build.more_moved(), "movements/basic_insurance.paid"),
        (build.more_moved("own_payment"), "movements/own_payment"),
        (build.MORE_USED, "accumulators/basic_insurance.paid"),
        ("DELETE FROM accumulator_years", "accumulators/basic_insurance.paid"),
    ],
)
async def test_damage_is_found_in_the_settlement_and_field_that_has_it(
    world: World, damage: str, field: str
) -> None:
    number = await world.insure(categories=["dibao"])
    settled = await world.settle(build.visit(number, "ZY1", "30000.00"))
    assert (await verify(world))[1] == []
    await world.platform.as_administrator("claims", damage)
    told = (await verify(world))[1]
    assert field in {each.field for each in told}
    assert {str(each.settlement_id) for each in told} == {settled["id"]}


@pytest.mark.parametrize(
    ("damage", "repair", "field"),
    [
        ("content = content || '{\"extra\": 1}'", "content = content - 'extra'", "basis"),
        ("id = 'x' || id", "id = substr(id, 2)", "form"),
    ],
)
async def test_words_and_rules_that_many_settlements_share_cannot_be_changed_unnoticed(
    world: World, damage: str, repair: str, field: str
) -> None:
    number = await world.insure(categories=["dibao"])
    await world.settle(build.visit(number, "ZY1", "30000.00"))
    try:
        await world.platform.as_administrator("claims", f"UPDATE explanation_bases SET {damage}")
        assert {each.field for each in (await verify(world))[1]} == {field}
    finally:
        # The service remembers which bases are stored: they outlive the test.
        await world.platform.as_administrator("claims", f"UPDATE explanation_bases SET {repair}")
    assert (await verify(world))[1] == []


async def test_a_settlement_missing_from_the_chain_is_noticed_by_the_next_one(world: World) -> None:
    number = await world.insure()
    first = await world.settle(build.visit(number, "V1"))
    second = await world.settle(build.visit(number, "V2"))
    await world.platform.as_administrator("claims", f"DELETE FROM settlements WHERE id = '{first['id']}'")
    told = (await verify(world))[1]
    assert {str(each.settlement_id) for each in told} == {second["id"]}
    assert "accumulators/basic_insurance.paid/before" in {each.field for each in told}


async def command(world: World, *arguments: str) -> tuple[int | None, str]:
    """Run the command as its own process."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.claims", "verify", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **world.platform.system.config.environment("claims")},
    )
    output, _ = await child.communicate()
    return child.returncode, output.decode()


async def test_the_command_prints_each_difference_and_exits_with_1_if_there_is_one(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    settled = await world.settle(build.visit(number, "ZY1", "30000.00"))
    days = ("--from", "2026-11-02", "--to", "2026-11-02")
    code, output = await command(world, *days)
    assert (code, output.splitlines()) == (
        0,
        ["核验 1 笔结算：差异 0", f"checked 1 settlements ({await steps(world)} steps): 0 differences"],
    )
    await world.platform.as_administrator("claims", build.MORE_PAID)
    code, output = await command(world, *days)
    assert code == 1
    assert f"差异：结算 {settled['id']} 整单 各方支付（payers）" in output
    assert f"difference: settlement {settled['id']}, whole, payers" in output
    assert output.splitlines()[-1] == f"checked 1 settlements ({await steps(world)} steps): 1 differences"
    assert (await command(world, "--from", "2026-11-02", "--to", "2026-11-01"))[0] == 2

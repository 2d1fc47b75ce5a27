"""The command that recomputes the database, and what it says about a damaged one."""

import asyncio
import random
from typing import Any

import asyncpg
import pytest

from services.claims.reports.folding import fold
from services.claims.verification.repository import CHECKS
from services.claims.verification.service import LedgerReport, verify_ledger
from tests.integration.claims.conftest import World
from tests.integration.claims.test_batch import send
from tests.support import claims as build
from tests.support.platform import ndjson

pytestmark = pytest.mark.integration
SEED = 20261102
NOBODY = "00000000-0000-0000-0000-000000000000"
_ALLOCATED = "(position, county_code, year, payer, use_no, transfer_no, deposit_no, amount_fen) VALUES"


async def verify(world: World) -> LedgerReport:
    return await verify_ledger(world.platform.worker_url("claims"))


def random_bill(draw: random.Random) -> dict[str, Any]:
    charges = []
    for _ in range(draw.randint(1, 6)):
        amount = draw.randint(0, draw.choice([5_000, 800_000, 6_000_000]))
        text = f"{amount // 100}.{amount % 100:02d}"
        item_class = draw.choice("AABC")
        rate = draw.choice(["0.05", "0.10", "0.30"]) if item_class == "B" else "0"
        charges.append(build.charge(text, item_class, self_pay_rate=rate))
    total = sum(int(str(line["amount"]).replace(".", "")) for line in charges)
    return {"charges": charges, "total": f"{total // 100}.{total % 100:02d}"}


async def test_whatever_was_settled_adds_up_everywhere(world: World) -> None:
    draw = random.Random(SEED)
    categories: list[list[str]] = [[], ["registered_poor"], ["dibao"], ["dibao_margin"], ["illness_poverty"]]
    people = [await world.insure(order, draw.choice(categories)) for order in range(25)]
    # A referral of one of them: the others who name it are settled as not referred.
    await world.refer(people[0], "ZZ1", build.PROVINCIAL_HOSPITAL)
    kinds: list[dict[str, Any]] = [
        {"visit_type": "inpatient"},
        {"visit_type": "outpatient"},
        {"visit_type": "chronic_outpatient", "chronic_code": "M03900"},
        {"visit_type": "delivery"},
        {"facility_code": build.PROVINCIAL_HOSPITAL, "referral_no": "ZZ1"},
        {"facility_code": build.CITY_HOSPITAL},
    ]
    lines = [
        build.visit(draw.choice(people), f"V{no}", **{**draw.choice(kinds), **random_bill(draw)})
        for no in range(400)
    ]
    results = await send(world, ndjson(lines), world.headers("admin"))
    assert {result["status"] for result in results} == {201}
    await world.plan(build.financing(1), build.financing(2, 39_000))
    report = await verify(world)
    assert (report.settlements, report.failed, len(report.held)) == (400, None, len(CHECKS))


_TO_ROWS = (
    "INSERT INTO settlement_payer_rows SELECT * FROM settlement_payers",
    "UPDATE settlements SET payers = NULL, payer_fen = NULL",
)
# As migration 0025 did.
_TO_ARRAYS = """
SET session_replication_role = replica;
UPDATE settlements SET payers = paid.payers, payer_fen = paid.payer_fen FROM (
  SELECT settlement_id, array_agg(payer ORDER BY line_no) AS payers,
    array_agg(amount_fen ORDER BY line_no) AS payer_fen
  FROM settlement_payer_rows GROUP BY 1
) AS paid WHERE id = settlement_id;
TRUNCATE settlement_payer_rows
"""


async def test_a_verification_begun_during_a_migration_of_settlements_sees_what_it_leaves(
    world: World,
) -> None:
    await world.settle(build.visit(await world.insure(categories=["dibao"]), "ZY1", "30000.00"))
    await fold(world.platform.worker_sessions("claims"), world.clock)
    await world.platform.as_administrator("claims", *_TO_ROWS)
    administrator = f"{world.platform.system.config.admin_dsn.rsplit('/', 1)[0]}/claims"
    migration = await asyncpg.connect(administrator)
    async with migration.transaction():
        await migration.execute("LOCK TABLE settlements IN ACCESS EXCLUSIVE MODE")
        verifying = asyncio.create_task(verify(world))
        await world.until_waiting(1)
        await migration.execute(_TO_ARRAYS)
    await migration.close()
    report = await verifying
    assert (report.failed, report.settlements) == (None, 1)


@pytest.mark.parametrize(
    ("damage", "failed"),
    [
        *[
            (damage, "what settlements moved and holders have used is written as amounts")
            for damage in (
                "UPDATE settlements SET moved = '[]'",
                "UPDATE settlements SET moved = 'null'",
                'UPDATE settlements SET moved = \'{"x":{"own_payment":5}}\'',
                "UPDATE settlements SET moved = json_build_object(person_id, 5)",
                "UPDATE settlements SET moved = json_build_object(person_id, json_build_object('a', 1.5))",
                "UPDATE accumulator_years SET used = '[]'",
                'UPDATE accumulator_years SET used = \'{"a":"x"}\'',
            )
        ],
        (build.MORE_USED, "accumulators equal their movements"),
        (build.more_moved("basic_insurance.paid"), "accumulators equal their movements"),
        ("UPDATE settlements SET moved = '{}'", "accumulators equal their movements"),
        (
            "INSERT INTO accumulator_movement_rows SELECT id, 'own_payment', person_id, year, 1, 0"
            " FROM settlements",
            "accumulators equal their movements",
        ),
        (
            "UPDATE accumulator_years SET division_code = '990102200203' WHERE holder = 'person'",
            "what a person has used lies where the person lives",
        ),
        (
            "INSERT INTO settlement_payer_rows SELECT id, 9, payers[1], 1 FROM settlements",
            "payers and person add up to the total",
        ),
        (
            "UPDATE settlements SET person_pays_fen = person_pays_fen - 1",
            "payers and person add up to the total",
        ),
        (build.MORE_CHARGED, "charge lines are not negative and add up to the total"),
        (
            "UPDATE settlements SET charges = (charges::jsonb || jsonb_build_array("
            "jsonb_set(charges::jsonb->0, '{7}', '-1'), jsonb_set(charges::jsonb->0, '{7}', '1')))::json",
            "charge lines are not negative and add up to the total",
        ),
        (
            "UPDATE transfers SET amount_fen = amount_fen + 1 WHERE kind = 'person'",
            "what a settlement brings its provider is its current total",
        ),
        (
            "UPDATE transfers SET debit_account = 'fund:nobody:990101:2026' WHERE kind = 'payer'",
            "what a settlement costs each payer's fund is its current line",
        ),
        (
            f"{build.more_moved('own_payment')};"
            " UPDATE accumulator_years SET used ="
            " (used::jsonb || jsonb_build_object('own_payment', own_payment_fen + 1))::json"
            " WHERE holder = 'person'",
            "own payments of person and household count what the person pays now",
        ),
        (
            "UPDATE transfers SET kind = 'relapse_payout'"
            " WHERE no = (SELECT min(no) FROM transfers WHERE kind = 'inflow')",
            "a relapse claim is booked once when it is paid",
        ),
        (
            "UPDATE transfers SET kind = 'one_off_aid'"
            " WHERE no = (SELECT min(no) FROM transfers WHERE kind = 'inflow')",
            "one-off aid is booked once for each line of an approved batch",
        ),
        (
            "UPDATE transfers SET kind = 'sponsored_premium'"
            " WHERE no = (SELECT min(no) FROM transfers WHERE kind = 'inflow')",
            "premiums are booked once for each approved policy and each approved batch of sponsored people",
        ),
        ("DELETE FROM visits", "every visit has its settlement, every settlement its visit"),
        (
            f"INSERT INTO accumulator_movement_rows VALUES ('{NOBODY}', 'x', '{NOBODY}', 2026, 5, 0),"
            f" ('{NOBODY}', 'x', '{NOBODY}', 2026, -5, 1)",
            "no line, payer, movement, revision or transfer without its settlement",
        ),
        (
            f"INSERT INTO settlement_payer_rows VALUES ('{NOBODY}', 1, 'x', 5)",
            "what a settlement costs each payer's fund is its current line",
        ),
        (
            "UPDATE transfers SET amount_fen = amount_fen + 1 WHERE kind = 'reversal'",
            "a reversal mirrors the transfer it reverses",
        ),
        (
            "INSERT INTO holds VALUES"
            " ('H99010100001', 'ZY1', 'fund', '990101', 2026, '990101200203', 1, now())",
            "money is held for open visits only",
        ),
        (
            "UPDATE stays SET settlement_id = gen_random_uuid()",
            "days, invoices and daily limits are taken by settlements that stand",
        ),
        (
            "INSERT INTO item_days VALUES (gen_random_uuid(), 'X', '2026-03-09', '990101', 1, 1)",
            "what a day holds of an item equals its uses",
        ),
        (
            "INSERT INTO fund_operations (id, kind, county_code, year, payer, source, amount_fen, on_day,"
            " bank_reference, document, state, warnings, accepted, prepared_at, prepared_by, decided_at,"
            " decided_by) VALUES (gen_random_uuid(), 'receipt', '990101', 2026, 'basic_insurance', 'central',"
            " 1, '2026-03-01', 'B1', 'D1', 'approved', '{}', '{}', now(), 'a', now(), 'b')",
            "a fund operation is booked once when it is approved",
        ),
        (
            "INSERT INTO earmark_runs (at, upto_no, behind_no, next_xid) SELECT now(), max(no), max(no), 1"
            " FROM transfers",
            "every movement of a fund is taken into the lineage once",
        ),
        (
            f"INSERT INTO earmark_allocations {_ALLOCATED} (1, '990101', 2026, 'x', 1, 1, NULL, 5)",
            "every fen that a fund moves is attributed",
        ),
        (
            f"INSERT INTO earmark_allocations {_ALLOCATED} (1, '990101', 2026, 'x', 1, 1, NULL, 5),"
            " (1, '990101', 2026, 'x', 1, 1, 1, -5)",
            "no use holds less than nothing of a deposit",
        ),
        (
            "INSERT INTO earmark_deposits SELECT no, '990101', 2026, 'x', 1, 'central', amount_fen, 1, false"
            " FROM transfers LIMIT 1",
            "deposits and funds stand as what was allocated says",
        ),
        (
            "INSERT INTO earmark_deposits SELECT no, '990101', 2026, 'x', 1, 'central', amount_fen, 0, false"
            " FROM transfers LIMIT 1; INSERT INTO earmark_funds VALUES ('990101', 2026, 'x', 'fifo', 5)",
            "no use waits for money while there is some left",
        ),
        (
            "UPDATE report_sums SET visits = visits + 1 WHERE payer = ''",
            "reports count every settlement once, as it now stands",
        ),
        (
            "UPDATE settlements SET medicine_fen = medicine_fen + 1",
            "a bill says what of it is for drugs",
        ),
        (
            "UPDATE report_progress SET folded_below = 0",
            "reports count every settlement once, as it now stands",
        ),
    ],
)
async def test_damage_is_found_and_the_record_is_named(world: World, damage: str, failed: str) -> None:
    number = await world.insure(categories=["dibao"])
    await world.settle(build.visit(number, "ZY1", "30000.00"))
    await world.plan(build.financing(1))
    await world.plan(build.financing(2, 39_000))
    await fold(world.platform.worker_sessions("claims"), world.clock)
    assert (await verify(world)).failed is None
    await world.platform.as_administrator("claims", *damage.split(";"))
    report = await verify(world)
    assert report.failed == failed
    assert report.record

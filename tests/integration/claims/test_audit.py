"""From a month's findings over notice, defence and hearing to a deduction, and back with the bill."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.claims.verification.service import verify_ledger
from tests.integration.claims.conftest import World
from tests.integration.claims.test_readjudication import approve, grant, propose, the_proposal
from tests.integration.claims.test_settle_one_visit import fen
from tests.support import claims as build
from tests.support.closing import close

pytestmark = pytest.mark.integration
HOSPITAL = f"hospital:{build.COUNTY_HOSPITAL}"
BED = "110900001001000"


def stay(number: str, visit_no: str = "ZY1") -> dict[str, Any]:
    """Eight days in a bed of 48 yuan (40 are allowed) and twice as much intensive care as the stay allows."""
    charges = [
        build.charge("48.00", item_code=BED, name="普通病房床位费", quantity="8", amount="384.00"),
        build.charge(
            "1000.00", item_code="120100001001000", name="重症监护", quantity="16", amount="16000.00"
        ),
    ]
    return build.visit(number, visit_no, "16384.00", charges=charges)


async def post(world: World, path: str, role: str, body: dict[str, Any]) -> httpx.Response:
    return await world.client.post(path, json=body, headers=world.headers(role))


async def audit(world: World, month: str = "2026-03") -> dict[str, Any]:
    reply = await post(world, "/v1/audit-runs", "agency", {"county": build.COUNTY, "month": month})
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def findings(world: World, role: str = "agency", **query: str) -> list[dict[str, Any]]:
    reply = await world.client.get("/v1/audit-findings", params=query, headers=world.headers(role))
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def done(world: World, finding: dict[str, Any], action: str, role: str, **body: Any) -> dict[str, Any]:
    reply = await post(world, f"/v1/audit-findings/{finding['id']}:{action}", role, body)
    assert reply.status_code == 200, reply.text
    after: dict[str, Any] = reply.json()
    return after


async def refused(world: World, finding: dict[str, Any], action: str, role: str, **body: Any) -> str:
    before = await world.counts()
    reply = await post(world, f"/v1/audit-findings/{finding['id']}:{action}", role, body)
    assert reply.status_code in (403, 404, 409, 422), reply.text
    assert await world.changed_since(before) == set()
    return str(reply.json()["code"])


async def found_care(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """A settled stay and the finding on its intensive care."""
    settled = await world.settle(stay(await world.insure(categories=["dibao"])))
    await audit(world)
    [finding] = await findings(world, rule="quantity.above_days")
    return settled, finding


async def test_a_month_is_audited_and_nothing_is_found_twice(world: World) -> None:
    settled = await world.settle(stay(await world.insure()))
    first = await audit(world)
    assert first["by_rule"] == {"price.above_limit": 1, "quantity.above_days": 1}
    assert (first["settlements"], first["found"], first["added"]) == (1, 2, 2)
    care, bed = sorted(await findings(world), key=lambda each: each["rule"], reverse=True)
    assert (care["settlement_id"], care["line_nos"], care["at_stake"]) == (settled["id"], [2], "8000.00")
    assert (bed["line_nos"], bed["at_stake"]) == ([1], "64.00")
    assert bed["arithmetic"]["formula"] == "quantity × (unit_price − limit)"
    again = await audit(world)
    assert (again["found"], again["added"]) == (2, 0)
    assert (await audit(world, "2026-02"))["settlements"] == 0
    reply = await post(world, "/v1/audit-runs", "agency", {"county": build.COUNTY, "month": "2026-11"})
    assert reply.json()["code"] == "claims.audit_month_not_over"
    reply = await post(world, "/v1/audit-runs", "agency", {"county": "990102", "month": "2026-03"})
    assert reply.json()["code"] == "claims.outside_jurisdiction"


async def test_duplicates_and_misfits_are_found_in_the_month(world: World) -> None:
    number = await world.insure()
    day = {"visit_type": "outpatient", "admitted_on": "2026-03-09", "discharged_on": "2026-03-09"}
    test = build.charge("18.00", item_code="250101015001000", name="血常规", category="laboratory")
    birth = build.charge("620.00", item_code="311400014001000", name="顺产接生", category="treatment")
    man = [{"code": "O80.000", "main": True}]
    await world.settle(build.visit(number, "MZ1", "36.00", charges=[test, test], **day))
    await world.settle(build.visit(number, "MZ2", "638.00", charges=[test, birth], diagnoses=man, **day))
    found = await audit(world)
    sex = int(number[16]) % 2
    misfits = {"fit.diagnosis": 1, "fit.item": 1} if sex else {}
    assert found["by_rule"] == {"duplicate.same_day": 1, "duplicate.same_visit": 1, **misfits}


async def test_a_finding_goes_over_notice_defence_and_hearing_to_a_deduction_by_a_second_person(
    world: World,
) -> None:
    settled, finding = await found_care(world)
    assert await findings(world, HOSPITAL) == []
    assert await refused(world, finding, "state", HOSPITAL, statement="未告知") == "resource.not_found"
    told = await done(world, finding, "notify", "agency", note="请核对")
    assert (told["state"], told["statement_due"]) == ("notified", "2026-11-12")
    assert [each["id"] for each in await findings(world, HOSPITAL)] == [finding["id"]]
    assert await findings(world, f"hospital:{build.TOWNSHIP_HOSPITAL}") == []
    deduct = {"decision": "deduct", "amount": "100.01", "reason": "超天数收费"}
    assert await refused(world, finding, "decide", "agency", **deduct) == "claims.audit_second_person"
    early = await refused(world, finding, "decide", "agency_approver", **deduct)
    assert early == "claims.audit_statement_period_runs"
    await done(world, finding, "state", HOSPITAL, statement="转科未办出院", hearing=True)
    unheard = await refused(world, finding, "decide", "agency_approver", **deduct)
    assert unheard == "claims.audit_hearing_missing"
    await done(world, finding, "hear", "agency", held_on="2026-11-02", minutes="到会说明")
    decided = await done(world, finding, "decide", "agency_approver", **deduct)
    assert (decided["state"], decided["deducted"]) == ("deducted", "100.01")
    booked = await world.rows(
        "SELECT debit_account, credit_account, amount_fen FROM transfers WHERE reference = :reference",
        reference=decided["transfer"],
    )
    assert sum(row[2] for row in booked) == 10_001
    assert {row[0] for row in booked} == {f"provider_due:{build.COUNTY_HOSPITAL}"}
    assert [row[1] for row in booked] == [f"fund:{p['payer']}:990101:2026" for p in sorted_payers(settled)]
    assert [step["action"] for step in decided["steps"]] == ["notify", "state", "hear", "decide"]
    assert (
        await refused(world, finding, "decide", "agency_approver", **deduct) == "claims.audit_finding_state"
    )
    await holds(world)


def sorted_payers(settled: dict[str, Any]) -> list[dict[str, str]]:
    return sorted(settled["payers"], key=lambda payer: payer["payer"])


async def holds(world: World) -> None:
    """The books agree, also once they are closed."""
    await close(world)
    report = await verify_ledger(world.platform.worker_url("claims"))
    assert report.failed is None, (report.failed, report.record)


async def test_a_deduction_never_exceeds_what_funds_paid_and_is_given_back_with_the_settlement(
    world: World,
) -> None:
    settled, finding = await found_care(world)
    [bed] = await findings(world, rule="price.above_limit")
    for each in (finding, bed):
        await done(world, each, "notify", "agency")
    world.clock.instant = build.NOW + timedelta(days=10)
    in_time = await refused(
        world, finding, "decide", "agency_approver", decision="deduct", amount="1.00", reason="超收"
    )
    assert in_time == "claims.audit_statement_period_runs"
    world.clock.instant = build.NOW + timedelta(days=11)
    assert await refused(world, finding, "state", HOSPITAL, statement="迟了") == "claims.audit_statement_late"
    paid = sum(int(payer["amount"].replace(".", "")) for payer in settled["payers"])
    most = f"{paid // 100}.{paid % 100:02d}"
    above = f"{(paid + 1) // 100}.{(paid + 1) % 100:02d}"
    decide = {"decision": "deduct", "reason": "超天数收费"}
    code = await refused(world, finding, "decide", "agency_approver", amount=above, **decide)
    assert code == "claims.audit_deduction_above_claim"
    code = await refused(world, finding, "decide", "agency_approver", **decide)
    assert code == "claims.audit_deduction_amount"
    decided = await done(world, finding, "decide", "agency_approver", amount=most, **decide)
    assert decided["deducted"] == most
    code = await refused(world, bed, "decide", "agency_approver", amount="0.01", **decide)
    assert code == "claims.audit_deduction_above_claim"
    await holds(world)
    reply = await post(world, f"/v1/settlements/{settled['id']}:reverse", HOSPITAL, {"reason": "退费"})
    assert reply.status_code == 200, reply.text
    states = {each["rule"]: each["state"] for each in await findings(world)}
    assert states == {"quantity.above_days": "given_back", "price.above_limit": "void"}
    balance = await world.client.get("/v1/ledger/trial-balance", headers=world.headers("agency"))
    assert {account["balance"] for account in balance.json()["accounts"]} == {"0.00"}
    await holds(world)


def medicine(order: int, visit_no: str) -> dict[str, Any]:
    """A visit of 500 yuan, 220 of them for drugs: 10 more than the share allows; funds pay 40."""
    charges = [build.charge("220.00"), build.charge("280.00", category="treatment")]
    day = {"visit_type": "outpatient", "admitted_on": "2026-03-09", "discharged_on": "2026-03-09"}
    return build.visit(build.id_number(order), visit_no, "500.00", charges=charges, **day)


async def stands(world: World) -> list[tuple[str, int]]:
    """What the deductions of the ledger stand at, by fund."""
    return [
        tuple(row)
        for row in await world.rows(
            "SELECT credit_account, sum(amount_fen)::bigint FROM transfers AS booked"
            " WHERE kind = 'audit_deduction'"
            " AND NOT EXISTS (SELECT FROM transfers AS mirror WHERE mirror.reverses = booked.no)"
            " GROUP BY 1 ORDER BY 1"
        )
    ]


async def test_a_months_deduction_shrinks_with_the_bills_taken_back_and_is_found_again(world: World) -> None:
    people = [build.person(world.index, build.id_number(order)) for order in range(1, 23)]
    await world.record(*people)
    settled = [await world.settle(medicine(order, f"MZ{order}")) for order in range(1, 23)]
    await audit(world)
    [finding] = await findings(world, rule="drugs.share")
    assert (finding["settlement_id"], finding["at_stake"]) == (None, "220.00")
    await done(world, finding, "notify", "agency")
    await done(world, finding, "state", HOSPITAL, statement="认可")
    decide = {"decision": "deduct", "reason": "药占比超过上限"}
    code = await refused(world, finding, "decide", "agency_approver", amount="220.01", **decide)
    assert code == "claims.audit_deduction_above_claim"
    await done(world, finding, "decide", "agency_approver", amount="220.00", **decide)
    await asyncio.gather(*(take_back(world, each) for each in settled[:2]))
    [after] = await findings(world, rule="drugs.share")
    assert (after["state"], after["deducted"], after["given_back"]) == ("deducted", "220.00", "20.00")
    assert sum(amount for _, amount in await stands(world)) == 20_000
    await holds(world)
    await take_back(world, settled[2])
    [after] = await findings(world, rule="drugs.share")
    assert (after["state"], after["given_back"]) == ("given_back", "220.00")
    assert await stands(world) == []
    for order in (1, 2, 3):
        await world.settle(medicine(order, f"MZ{order}B"))
    assert (await audit(world))["added"] == 1
    assert [each["state"] for each in await findings(world, rule="drugs.share")] == ["given_back", "found"]
    await holds(world)


async def take_back(world: World, settled: dict[str, Any]) -> None:
    reply = await post(world, f"/v1/settlements/{settled['id']}:reverse", HOSPITAL, {"reason": "退费"})
    assert reply.status_code == 200, reply.text


async def test_a_deduction_shrinks_to_what_funds_pay_when_the_bill_is_worked_out_anew(world: World) -> None:
    settled, finding = await found_care(world)
    await done(world, finding, "notify", "agency")
    await done(world, finding, "state", HOSPITAL, statement="认可")
    paid = sum(fen(payer["amount"]) for payer in settled["payers"])
    decide = {"decision": "deduct", "amount": f"{paid // 100}.{paid % 100:02d}", "reason": "超天数收费"}
    await done(world, finding, "decide", "agency_approver", **decide)
    await grant(world, build.id_number(1), version=2)
    await propose(world, automatic=False)
    assert (await approve(world, await the_proposal(world))).status_code == 200
    now = await world.client.get(f"/v1/settlements/{settled['id']}", headers=world.headers("agency"))
    less = sum(fen(payer["amount"]) for payer in now.json()["payers"])
    assert less < paid
    after = (await findings(world, rule="quantity.above_days"))[0]
    assert (after["state"], fen(after["deducted"]), fen(after["given_back"])) == (
        "deducted",
        paid,
        paid - less,
    )
    assert sum(amount for _, amount in await stands(world)) == less
    await holds(world)


async def test_a_dismissal_books_nothing(world: World) -> None:
    _, finding = await found_care(world)
    await done(world, finding, "notify", "agency")
    await done(world, finding, "state", HOSPITAL, statement="有记录为证")
    before = await world.counts(["transfers"])
    after = await done(world, finding, "decide", "agency_approver", decision="dismiss", reason="申辩成立")
    assert (after["state"], after["deducted"], after["transfer"]) == ("dismissed", None, None)
    assert await world.changed_since(before) == set()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit_findings SET deducted_fen = deducted_fen + 1 WHERE state = 'deducted'",
        "UPDATE audit_findings SET state = 'given_back' WHERE state = 'deducted'",
        "DELETE FROM transfers WHERE kind = 'audit_deduction'",
        "UPDATE transfers SET credit_account = 'patients:990101:2026' WHERE kind = 'audit_deduction'",
    ],
)
async def test_a_deduction_that_is_not_what_was_decided_is_found(world: World, damage: str) -> None:
    _, finding = await found_care(world)
    await done(world, finding, "notify", "agency")
    await done(world, finding, "state", HOSPITAL, statement="认可")
    await done(world, finding, "decide", "agency_approver", decision="deduct", amount="5.00", reason="超收")
    await world.platform.as_administrator("claims", damage)
    report = await verify_ledger(world.platform.worker_url("claims"))
    assert report.failed == "a deduction is booked to funds as decided, and given back when no bill is left"


async def test_rules_and_runs_can_be_read(world: World) -> None:
    made = await audit(world)
    runs = await world.client.get("/v1/audit-runs?county=990101", headers=world.headers("agency"))
    assert runs.json()["items"] == [made]
    rules = await world.client.get("/v1/audit-rules?on=2026-03-15", headers=world.headers(HOSPITAL))
    assert {rule["id"] for rule in rules.json()} >= {"drugs.share", "duplicate.same_day"}
    assert (await world.client.get("/v1/audit-runs", headers=world.as_hospital())).status_code == 403


async def test_a_decision_and_a_reversal_at_once_leave_no_deduction_on_a_reversed_bill(world: World) -> None:
    settled, finding = await found_care(world)
    await done(world, finding, "notify", "agency")
    await done(world, finding, "state", HOSPITAL, statement="认可")
    decide = {"decision": "deduct", "amount": "5.00", "reason": "超收"}
    decided, reversed_ = await asyncio.gather(
        post(world, f"/v1/audit-findings/{finding['id']}:decide", "agency_approver", decide),
        post(world, f"/v1/settlements/{settled['id']}:reverse", HOSPITAL, {"reason": "退费"}),
    )
    assert reversed_.status_code == 200
    [after] = await findings(world, rule="quantity.above_days")
    assert after["state"] == ("given_back" if decided.status_code == 200 else "void")
    await holds(world)

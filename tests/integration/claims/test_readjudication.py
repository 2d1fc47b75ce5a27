"""Working out a year anew: due, proposed, approved by another person, posted as differences."""

from datetime import date
from typing import Any

import pytest

from shared.events.registry import CategorySpell
from tests.integration.claims.conftest import World
from tests.integration.claims.test_reversal import adds_up, get, reverse
from tests.support import claims as build
from tests.support.platform import Client, bearer

pytestmark = pytest.mark.integration
PROPOSALS = "/v1/readjudications"


def second(world: World) -> dict[str, str]:
    """Headers of another person of the same agency."""
    token = world.platform.mint("agency-second", ["claims:read", "claims:review"], ["990101"])
    return {**world.headers("agency"), **bearer(token)}


async def post(world: World, path: str, body: Any = None, headers: Any = None, client: Any = None) -> Any:
    sent = headers or world.headers("agency")
    return await (client or world.client).post(f"{PROPOSALS}{path}", json=body, headers=sent)


async def propose(world: World, client: Client | None = None, **body: Any) -> dict[str, Any]:
    reply = await post(world, ":propose", body, client=client)
    assert reply.status_code == 200, reply.text
    done: dict[str, Any] = reply.json()
    return done


async def the_proposal(world: World, state: str = "proposed") -> dict[str, Any]:
    [head] = (await get(world, f"{PROPOSALS}?state={state}"))["items"]
    shown: dict[str, Any] = await get(world, f"{PROPOSALS}/{head['id']}")
    return shown


async def approve(world: World, proposal: dict[str, Any], client: Client | None = None) -> Any:
    return await post(world, f"/{proposal['id']}:approve", None, second(world), client)


async def due(world: World) -> list[Any]:
    return await world.rows("SELECT person_id, year, reason FROM readjudication_due ORDER BY 1, 2")


async def grant(world: World, number: str, *categories: str, version: int = 2, **changes: Any) -> None:
    """The registry learns that the person has had these categories all the time."""
    await world.record(build.person(world.index, number, categories=categories, version=version, **changes))


async def one_that_waits(
    world: World, amount: str = "30000.00"
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A settled visit, a category granted for the past, and the proposal that waits for approval."""
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1", amount))
    await grant(world, number, "dibao")
    await propose(world, automatic=False)
    return number, settled, await the_proposal(world)


async def test_a_category_granted_for_the_past_makes_the_year_due_once(world: World) -> None:
    number, nobody = await world.insure(1), await world.insure(2)
    await world.settle(build.visit(number, "ZY1"))
    granted = [build.person(world.index, each, categories=["dibao"], version=2) for each in (number, nobody)]
    await world.record(*granted)
    await world.record(*granted)
    person = build.person(world.index, number)
    assert await due(world) == [(person.person_id, 2026, "facts")]


@pytest.mark.parametrize(
    "spell",
    [
        CategorySpell(category="dibao", valid_from=date(2027, 1, 1)),
        CategorySpell(category="dibao", valid_from=date(2020, 1, 1), valid_to=date(2026, 3, 1)),
        CategorySpell(category="dibao", valid_from=date(2026, 11, 3)),
    ],
    ids=["next year", "until the admission", "after the settlement"],
)
async def test_a_category_of_other_days_than_a_visits_makes_nobody_due(
    world: World, spell: CategorySpell
) -> None:
    number = await world.insure()
    await world.settle(build.visit(number, "ZY1"))
    person = build.person(world.index, number, version=2)
    await world.record(person.model_copy(update={"categories": [spell]}))
    assert await due(world) == []


async def test_a_proposal_shows_every_payer_before_and_after_and_why(world: World) -> None:
    _, settled, proposal = await one_that_waits(world)
    assert (proposal["state"], proposal["automatic"], proposal["reason"]) == ("proposed", False, "facts")
    [line] = proposal["lines"]
    assert (line["settlement_id"], line["person_before"]) == (settled["id"], settled["person_pays"])
    assert (line["categories_before"], line["categories_after"]) == ([], ["dibao"])
    before = {each["payer"]: each["before"] for each in line["payers"] if each["before"] != "0.00"}
    assert before == {each["payer"]: each["amount"] for each in settled["payers"]}
    explained = await get(world, line["explanation"])
    assert explained["person_pays"] == line["person_after"]
    paid = {step["payer"]: step["amount"] for step in explained["steps"] if step["payer"]}
    after = {each["payer"]: each["after"] for each in line["payers"]}
    assert {payer: paid[payer] for payer in after} == after
    # Nothing is posted yet.
    assert await get(world, f"/v1/settlements/{settled['id']}") == settled
    assert await due(world) == []


async def test_an_approved_proposal_posts_the_differences_and_nothing_else(world: World) -> None:
    _, settled, proposal = await one_that_waits(world)
    reply = await approve(world, proposal)
    assert (reply.status_code, reply.json()["state"]) == (200, "posted")
    assert reply.json()["decided_by"] == "agency-second"
    now = await get(world, f"/v1/settlements/{settled['id']}")
    [line] = proposal["lines"]
    assert (now["status"], now["revision"], now["total"]) == ("settled", 1, settled["total"])
    assert now["person_pays"] == line["person_after"]
    booked = await get(world, f"/v1/ledger/transfers?settlement_id={settled['id']}")
    added = [each for each in booked["items"] if each["reference"]]
    assert {each["reference"] for each in added} == {f"readjudication/{proposal['id']}"}
    assert {each["kind"] for each in added} == {"payer_increase", "card_payable"}
    [card] = [each for each in added if each["kind"] == "card_payable"]
    assert card["credit_account"] == "card_due:990101:2026"
    assert "-" + card["amount"] == line["person_difference"]
    assert booked["total"] == settled["total"]
    _, adjusted = (await get(world, f"/v1/settlements/{settled['id']}/revisions"))["items"]
    assert (adjusted["kind"], adjusted["readjudication_id"]) == ("adjustment", proposal["id"])
    assert (adjusted["reason"], adjusted["recorded_by"]) == ("facts", "agency-second")
    assert (await get(world, adjusted["explanation"]))["person_pays"] == now["person_pays"]
    [(data,)] = await world.rows("SELECT data FROM event_log WHERE type = 'claims.claim_adjusted.v1'")
    assert sum(each["amount_fen"] for each in data["differences"]) + data["person_difference_fen"] == 0
    await adds_up(world)


async def test_a_withdrawn_category_takes_back_from_the_provider_and_is_owed_by_card(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    settled = await world.settle(build.visit(number, "ZY1", "30000.00"))
    await grant(world, number)
    await propose(world, automatic=False)
    assert (await approve(world, await the_proposal(world))).status_code == 200
    booked = (await get(world, f"/v1/ledger/transfers?settlement_id={settled['id']}"))["items"]
    assert {each["kind"] for each in booked} == {"payer", "person", "payer_decrease", "card_owed"}
    await adds_up(world)


async def test_the_same_person_cannot_approve_and_nothing_is_written(world: World) -> None:
    _, _, proposal = await one_that_waits(world)
    before = await world.counts()
    for language, sign in (("zh-CN", "提出人"), ("en", "second person")):
        headers = {**world.headers("agency"), "Accept-Language": language}
        reply = await post(world, f"/{proposal['id']}:approve", None, headers)
        assert (reply.status_code, reply.json()["code"]) == (403, "claims.same_subject")
        assert sign in reply.json()["title"]
    assert await world.changed_since(before) <= {"audit_log"}
    assert (await the_proposal(world))["state"] == "proposed"


@pytest.mark.parametrize(
    ("amount", "state", "difference"),
    [("52.63", "posted", "100.00"), ("52.64", "proposed", "100.02")],
    ids=["at the limit", "above the limit"],
)
async def test_differences_up_to_the_limit_are_posted_automatically_and_say_so(
    world: World, amount: str, state: str, difference: str
) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1", amount))
    await grant(world, number, "registered_poor")
    done = await propose(world)
    assert (done["posted"], done["proposed"]) == ((1, 0) if state == "posted" else (0, 1))
    shown = await the_proposal(world, state)
    assert (shown["limit"], shown["difference"]) == ("100.00", difference)
    assert shown["automatic"] is (state == "posted")
    assert shown["decided_by"] == ("automatic" if state == "posted" else None)
    revision = 1 if state == "posted" else 0
    assert (await get(world, f"/v1/settlements/{settled['id']}"))["revision"] == revision
    explained = await get(world, shown["lines"][0]["explanation"])
    assert (explained["revision"], explained["person_pays"]) == (1, shown["lines"][0]["person_after"])
    await adds_up(world)


async def test_a_rejected_proposal_leaves_everything_and_gives_the_reason(world: World) -> None:
    _, settled, proposal = await one_that_waits(world)
    missing = await post(world, f"/{proposal['id']}:reject", {})
    assert missing.status_code == 422
    reply = await post(world, f"/{proposal['id']}:reject", {"reason": "证明材料不实"}, second(world))
    assert (reply.status_code, reply.json()["decision_reason"]) == (200, "证明材料不实")
    assert await get(world, f"/v1/settlements/{settled['id']}") == settled
    late = await approve(world, proposal)
    assert (late.status_code, late.json()["code"]) == (409, "claims.readjudication_decided")
    assert (await propose(world))["examined"] == 0


async def test_a_proposal_is_stale_once_a_visit_was_settled_in_between(world: World) -> None:
    number, settled, proposal = await one_that_waits(world)
    await world.settle(build.visit(number, "ZY2", "5000.00"))
    reply = await approve(world, proposal)
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.readjudication_stale")
    assert await get(world, f"/v1/settlements/{settled['id']}") == settled
    assert [(year, reason) for _, year, reason in await due(world)] == [(2026, "stale")]
    assert (await get(world, f"{PROPOSALS}/{proposal['id']}"))["state"] == "stale"
    await propose(world, automatic=False)
    assert (await approve(world, await the_proposal(world))).status_code == 200
    await adds_up(world)


async def test_a_proposal_is_stale_once_the_facts_changed_again(world: World) -> None:
    number, _, proposal = await one_that_waits(world)
    await grant(world, number, "registered_poor", version=3)
    reply = await approve(world, proposal)
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.readjudication_stale")
    await propose(world, automatic=False)
    [line] = (await the_proposal(world))["lines"]
    assert line["categories_after"] == ["registered_poor"]


async def test_a_new_proposal_for_the_year_supersedes_the_open_one(world: World) -> None:
    number, _, proposal = await one_that_waits(world)
    await grant(world, number, version=3)
    done = await propose(world)
    assert (done["unchanged"], done["proposed"]) == (1, 0)
    assert (await get(world, f"{PROPOSALS}/{proposal['id']}"))["state"] == "superseded"


async def test_reversing_an_early_visit_works_out_the_later_ones_anew(world: World) -> None:
    number, other = await world.insure(1), await world.insure(2)
    first = await world.settle(build.visit(number, "ZY1", "30000.00"))
    later = await world.settle(build.visit(number, "ZY2", "30000.00"))
    alone = await world.settle(build.visit(other, "ZY3", "30000.00"))
    assert later["payers"] != alone["payers"]
    await reverse(world, first)
    assert [reason for _, _, reason in await due(world)] == ["reversal"]
    await propose(world, automatic=False)
    assert (await approve(world, await the_proposal(world))).status_code == 200
    now = await get(world, f"/v1/settlements/{later['id']}")
    assert (now["payers"], now["person_pays"]) == (alone["payers"], alone["person_pays"])
    await adds_up(world)
    # An adjusted settlement can be reversed as well, and leaves nothing behind.
    assert (await reverse(world, now)).status_code == 200
    await adds_up(world)


async def test_reversing_the_only_visit_makes_nobody_due(world: World) -> None:
    number = await world.insure()
    await reverse(world, await world.settle(build.visit(number, "ZY1")))
    assert await due(world) == []


async def test_an_enrolment_withdrawn_for_the_past_is_flagged_for_people_to_decide(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    await grant(world, number, enrolled=None)
    done = await propose(world)
    assert (done["proposed"], done["posted"]) == (1, 0)
    proposal = await the_proposal(world)
    [line] = proposal["lines"]
    assert (proposal["flagged"], line["flag"], proposal["difference"]) == (True, "not_enrolled", "0.00")
    kept = await approve(world, proposal)
    assert kept.status_code == 200
    assert await get(world, f"/v1/settlements/{settled['id']}") == settled
    assert await world.counts(["settlement_revisions"]) == {"settlement_revisions": 0}


async def test_a_late_enrolment_changes_nothing_and_lets_the_hospital_send_again(world: World) -> None:
    number = await world.insure(enrolled=None)
    message = build.visit(number, "ZY1")
    refused = await world.client.post("/v1/settlements", json=message, headers=world.as_hospital())
    assert refused.json()["code"] == "claims.not_enrolled"
    await grant(world, number, enrolled=(date(2026, 1, 1), date(2027, 1, 1)))
    assert await due(world) == []
    await world.settle(message)


async def test_a_filter_shows_what_would_come_out_and_writes_nothing(world: World) -> None:
    numbers = [await world.insure(order) for order in (1, 2)]
    settled = [await world.settle(build.visit(number, f"ZY{number}", "30000.00")) for number in numbers]
    for number in numbers:
        await grant(world, number, "dibao")
    before = await world.counts()
    shown = await propose(world, dry_run=True, county="990101", year=2026)
    assert (shown["examined"], shown["proposed"], len(shown["items"])) == (2, 2, 2)
    only = await propose(world, dry_run=True, settlement_ids=[settled[0]["id"]])
    assert [item["lines"][0]["settlement_id"] for item in only["items"]] == [settled[0]["id"]]
    person = build.person(world.index, numbers[1]).person_id
    assert (await propose(world, dry_run=True, person_ids=[str(person)]))["examined"] == 1
    assert (await propose(world, dry_run=True, county="990102"))["examined"] == 0
    assert await world.changed_since(before) <= {"audit_log", "idempotency_keys"}
    assert len(await due(world)) == 2
    wet = await post(world, ":propose", {"county": "990101"})
    assert (wet.status_code, wet.json()["code"]) == (422, "claims.filter_is_preview")


@pytest.mark.parametrize(
    "body",
    [{"limit": 0}, {"limit": 1001}, {"county": "99"}, {"year": 1999}, {"person_ids": []}, {"persons": []}],
)
async def test_a_proposal_that_cannot_be_meant_is_refused(world: World, body: dict[str, Any]) -> None:
    assert (await post(world, ":propose", body)).status_code == 422


async def test_only_agencies_that_review_work_with_proposals(world: World) -> None:
    _, _, proposal = await one_that_waits(world)
    for role in (f"hospital:{build.COUNTY_HOSPITAL}", "province", "finance"):
        reply = await post(world, ":propose", {}, world.headers(role))
        assert (reply.status_code, reply.json()["code"]) == (403, "auth.forbidden")
    neighbour = bearer(world.platform.mint("neighbour", ["claims:read", "claims:review"], ["990102"]))
    headers = {**world.headers("agency"), **neighbour}
    assert (await post(world, f"/{proposal['id']}:approve", None, headers)).status_code == 404
    assert (await world.client.get(PROPOSALS, headers=headers)).json()["items"] == []


async def test_somebody_who_moved_to_another_county_is_left_for_a_wider_jurisdiction(world: World) -> None:
    number = await world.insure()
    await world.settle(build.visit(number, "ZY1", "30000.00"))
    moved = build.person(world.index, number, categories=["dibao"], village="990102200203", version=2)
    await world.record(moved)
    token = world.platform.mint("neighbour", ["claims:read", "claims:review"], ["990102"])
    reply = await post(world, ":propose", {}, {**world.headers("agency"), **bearer(token)})
    assert (reply.json()["examined"], reply.json()["unseen"]) == (1, 1)
    assert len(await due(world)) == 1
    city = world.platform.mint("city", ["claims:read", "claims:review"], ["9901"])
    reply = await post(world, ":propose", {}, {**world.headers("agency"), **bearer(city)})
    assert (reply.json()["examined"], reply.json()["proposed"]) == (1, 1)


async def test_a_county_year_is_worked_out_on_request_and_nothing_is_left_to_adjust(world: World) -> None:
    for order in (1, 2):
        await world.settle(build.visit(await world.insure(order), f"ZY{order}"))
    body = {"county": "990101", "year": 2026, "reason": "年终核对"}
    assert (await post(world, ":due", body)).json() == {"due": 2}
    assert (await post(world, ":due", body)).json() == {"due": 0}
    done = await propose(world)
    assert (done["examined"], done["unchanged"], done["settlements"]) == (2, 2, 2)
    assert (await propose(world))["examined"] == 0

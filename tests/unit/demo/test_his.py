"""The HIS simulator against a stand-in for the network: retries, repetitions and what it counts as wrong."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from random import Random

import httpx
import pytest

from deploy.demo import his_messages, mistakes
from deploy.demo.his_client import Hospital, Outcome
from deploy.demo.his_messages import Message
from deploy.demo.his_report import Report
from deploy.demo.model import County
from deploy.demo.visits import Visit, generate

BILL = (
    b'{"charges":[{"category":"bed","amount":"4.00"},{"category":"other","amount":"6.00"}],"total":"10.00"}'
)
MESSAGE = Message("H99010100001.ZY2026000001", BILL, "10.00")
REPLY: dict[str, object] = {
    "id": "0199",
    "total": "10.00",
    "payers": [{"payer": "basic_insurance", "amount": "8.00"}],
    "person_pays": "2.00",
}
Answer = Callable[[httpx.Request], httpx.Response]


async def _settle(answer: Answer, message: Message = MESSAGE) -> tuple[Outcome, Counter[str]]:
    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://claims") as http:
        hospital = Hospital(http, asyncio.Semaphore(4), Random(1), longest_pause_seconds=0.001)
        return await hospital.settle(message), hospital.retries


def _answers(*replies: httpx.Response | Exception) -> tuple[Answer, list[httpx.Request]]:
    """Gives the replies one after another and keeps the requests."""
    waiting, seen = list(replies), []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        reply = waiting.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    return answer, seen


def _problem(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "title": "说明", "status": status})


async def test_a_busy_or_lost_reply_is_asked_again_under_the_same_key() -> None:
    answer, seen = _answers(
        httpx.ReadTimeout("lost"),
        _problem(503, "service.busy"),
        _problem(429, "service.too_many"),
        _problem(409, "idempotency.still_running"),
        httpx.Response(201, json=REPLY, headers={"Idempotency-Hit": "true"}),
    )
    outcome, retries = await _settle(answer)
    assert (outcome.status, outcome.attempts, outcome.replayed) == (201, 5, True)
    assert {request.headers["Idempotency-Key"] for request in seen} == {MESSAGE.key}
    assert {request.content for request in seen} == {MESSAGE.body}
    assert retries == {"ReadTimeout": 1, "503": 1, "429": 1, "409": 1}


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500])
async def test_a_final_refusal_is_not_sent_again(status: int) -> None:
    answer, seen = _answers(_problem(status, "claims.some_reason"))
    outcome, _ = await _settle(answer)
    assert (outcome.status, outcome.code, outcome.detail) == (status, "claims.some_reason", "说明")
    assert len(seen) == 1


async def test_a_service_that_never_answers_ends_without_a_settlement() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down")

    outcome, _ = await _settle(answer)
    report = Report()
    report.add(outcome)
    assert outcome.status == 0
    assert report.settled == 0
    assert len(report.wrong) == 1


def _outcome(
    reply: dict[str, object] | None = None,
    *,
    message: Message = MESSAGE,
    replayed: bool = False,
    tries: int = 1,
) -> Outcome:
    content = REPLY if reply is None else reply
    return Outcome(message, 201, dict(content), json.dumps(content).encode(), replayed, tries, 0.01)


def test_a_replay_after_a_lost_reply_counts_as_this_messages_settlement() -> None:
    report = Report()
    report.add(_outcome(replayed=True, tries=2))
    report.add(_outcome(replayed=True, tries=1))
    assert (report.settled, report.replayed, report.total_fen) == (1, 1, 1000)


def test_a_repeated_message_must_get_the_stored_reply() -> None:
    report = Report()
    first = _outcome()
    report.add(first)
    report.add_repeat(first, _outcome(replayed=True))
    assert (report.settled, report.replayed, report.wrong) == (1, 1, [])
    report.add_repeat(first, _outcome())
    report.add_repeat(first, _outcome(REPLY | {"id": "other"}, replayed=True))
    assert len(report.wrong) == 2


def test_the_summary_holds_the_charges_of_the_most_instructive_bill() -> None:
    report = Report()
    report.add(_outcome())
    charges = report.summary(1, 1.0, Counter())["statement_charges"]
    assert charges == {"bed": {"lines": 1, "amount": "4.00"}, "other": {"lines": 1, "amount": "6.00"}}


def test_payers_that_do_not_make_the_total_are_wrong() -> None:
    report = Report()
    report.add(_outcome(REPLY | {"person_pays": "2.01"}))
    assert report.wrong == [f"{MESSAGE.key}: payers and person do not make the total"]


def test_an_accepted_mistake_and_a_refused_visit_are_both_wrong() -> None:
    report = Report()
    report.add(_outcome(message=MESSAGE._replace(mistake="入院晚于出院")))
    refused = _outcome({"code": "claims.x", "title": "拒绝"})._replace(status=422)
    report.add(refused)
    assert len(report.wrong) == 2
    report.add(refused._replace(message=MESSAGE._replace(mistake="入院晚于出院")))
    assert len(report.wrong) == 2
    assert report.summary(1, 1.0, Counter())["refused"]["claims.x"]["mistakes"] == {"入院晚于出院": 1}


@pytest.fixture(scope="session")
def planned(small: County) -> tuple[list[Visit], his_messages.Plan]:
    visits = generate(small, 300)
    return visits, his_messages.plan(small, visits)


def test_every_visit_is_sent_by_its_own_hospital(planned: tuple[list[Visit], his_messages.Plan]) -> None:
    visits, plan = planned
    sent = {chain.first.key for chains in plan.values() for chain in chains}
    assert sent == {f"{visit.facility_code}.{visit.visit_no}" for visit in visits}
    for facility_code, chains in plan.items():
        assert all(json.loads(chain.first.body)["facility_code"] == facility_code for chain in chains)


def test_about_two_percent_are_sent_twice(sample: County, sample_visits: list[Visit]) -> None:
    plan = his_messages.plan(sample, sample_visits)
    twice = [chain for chains in plan.values() for chain in chains if chain.again]
    assert 0.01 <= len(twice) / len(sample_visits) <= 0.03
    assert 0 < sum(chain.together for chain in twice) < len(twice)


def test_every_kind_of_mistake_is_mixed_in_three_times(
    planned: tuple[list[Visit], his_messages.Plan],
) -> None:
    _, plan = planned
    bad = [message for chains in plan.values() for chain in chains for message in chain.after]
    kinds = {*mistakes.SPOILED, mistakes.NOT_ENROLLED, mistakes.OTHER_CONTENT, mistakes.REUSED_KEY}
    assert Counter(message.mistake for message in bad) == dict.fromkeys(kinds, 3)


def test_only_a_reused_key_shares_its_key_with_another_message(
    planned: tuple[list[Visit], his_messages.Plan],
) -> None:
    _, plan = planned
    chains = [chain for each in plan.values() for chain in each]
    fresh = [
        message.key for chain in chains for message in chain.after if message.mistake != mistakes.REUSED_KEY
    ]
    assert len({*fresh, *(chain.first.key for chain in chains)}) == len(fresh) + len(chains)


def test_a_changed_bill_still_adds_up(planned: tuple[list[Visit], his_messages.Plan]) -> None:
    _, plan = planned
    for message in (message for chains in plan.values() for chain in chains for message in chain.after):
        if message.mistake == mistakes.OTHER_CONTENT:
            body = json.loads(message.body)
            cents = sum(int(charge["amount"].replace(".", "")) for charge in body["charges"])
            assert cents == int(body["total"].replace(".", ""))

"""What happens when messages are sent twice, get lost, come late or in the wrong order."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from services.claims.nhsa.pruning import prune
from shared.clock import SHANGHAI
from tests.integration.claims.test_reversal import adds_up
from tests.support import claims as build
from tests.support import nhsa
from tests.support.nhsa import DIAGNOSES, His, code

pytestmark = pytest.mark.integration
MONEY = ("settlements", "settlement_revisions", "transfers")


def reversal(of: dict[str, Any]) -> dict[str, Any]:
    """The input of 2601 for a message."""
    return {"data": {"psn_no": "", "omsgid": of["msgid"], "oinfno": of["infno"]}}


async def ready(his: His, amount: float = 100) -> nhsa.Visit:
    """An inpatient whose charges are there."""
    stay = await nhsa.admitted(his)
    await his.done("2301", {"feedetail": [stay.fee("1", amount)]})
    await his.done("2402", nhsa.discharge(stay.mdtrt_id, stay.psn_no))
    return stay


async def test_every_message_sent_again_gives_the_very_same_reply_and_does_nothing(his: His) -> None:
    certno = await his.world.insure(categories=["dibao"])
    voucher = {"mdtrt_cert_type": "02", "mdtrt_cert_no": certno}
    sent = [his.message("9001", {"signIn": {"opter_no": "1"}}), his.message("1101", {"data": voucher})]
    psn_no = (await his.send(sent[1]))["output"]["baseinfo"]["psn_no"]
    sent.append(his.message("2401", nhsa.admission(psn_no, certno)))
    stay = nhsa.Visit((await his.send(sent[2]))["output"]["result"]["mdtrt_id"], psn_no, certno)
    sent.append(his.message("2301", {"feedetail": [stay.fee("1", 100)]}))
    sent.append(his.message("2402", nhsa.discharge(stay.mdtrt_id, psn_no)))
    sent.append(his.message("2303", stay.settling(100)))
    sent.append(his.message("2304", stay.settling(100)))
    sent.append(his.message("2304", stay.settling(100)))
    first = [(await his.post(message)).content for message in sent]
    before = await his.world.counts()
    assert [(await his.post({**message, "inf_time": "2026-11-02"})).content for message in sent] == first
    assert await his.world.changed_since(before) == {"audit_log"}
    assert code(json.loads(first[-1])) == "nhsa.settled_already"


async def test_a_msgid_stands_for_one_content(his: His) -> None:
    stay = await ready(his)
    message = his.message("2304", stay.settling(100))
    await his.send(message)
    other = {**message, "input": stay.settling(101)}
    assert code(await his.send(other)) == "nhsa.msgid_reused"
    assert code(await his.send({**message, "infno": "2303"})) == "nhsa.msgid_reused"


async def test_a_settlement_is_reversed_once_by_its_msgid_and_its_late_copy_is_refused(his: His) -> None:
    stay = await ready(his)
    message = his.message("2304", stay.settling(100))
    settled = (await his.send(message))["output"]["setlinfo"]
    done = his.message("2601", reversal(message))
    assert (await his.send(done))["output"]["result"]["outcome"] == "success"
    assert code(await his.ask("2601", reversal(message))) == "nhsa.reversed_twice"
    assert (await his.send(done))["infcode"] == "0"
    assert code(await his.send(message)) == "nhsa.message_reversed"
    assert code(await his.ask("2601", reversal(done))) == "nhsa.reverses_reversal"
    named = {"setl_id": settled["setl_id"]}
    assert (await his.done("5203", {"data": named}))["setlinfo"]["medfee_sumamt"] == 0
    again = (await his.done("2304", stay.settling(100)))["setlinfo"]
    assert again["setl_id"] != settled["setl_id"]
    await adds_up(his.world)


async def test_what_is_reversed_before_it_arrives_never_happens(his: His) -> None:
    stay = await ready(his)
    late = his.message("2304", stay.settling(100))
    output = await his.done("2601", reversal(late))
    assert output["result"]["outcome"] == "never"
    before = await his.world.counts(MONEY)
    assert code(await his.send(late)) == "nhsa.reversed_before_arrival"
    assert code(await his.ask("2601", reversal(late))) == "nhsa.reversed_twice"
    assert await his.world.changed_since(before) == set()
    await his.done("2304", stay.settling(100))


async def test_a_refused_message_did_nothing_and_its_reversal_keeps_it_so(his: His) -> None:
    stay = await ready(his)
    wrong = his.message("2304", stay.settling(101))
    assert code(await his.send(wrong)) == "nhsa.total"
    assert (await his.done("2601", reversal(wrong)))["result"]["outcome"] == "refused"
    assert code(await his.send(wrong)) == "nhsa.message_reversed"


@pytest.mark.parametrize("infno", ["2301", "2401", "2402"])
async def test_admission_charges_and_discharge_are_reversed_by_their_msgids(his: His, infno: str) -> None:
    stay = await nhsa.admitted(his)
    sent = {
        "2301": his.message("2301", {"feedetail": [stay.fee("1", 100)]}),
        "2402": his.message("2402", nhsa.discharge(stay.mdtrt_id, stay.psn_no)),
    }
    for message in sent.values():
        await his.send(message)
    if infno == "2401":
        [row] = await his.world.rows("SELECT msgid FROM nhsa_messages WHERE infno = '2401'")
        sent["2401"] = {"msgid": row[0], "infno": "2401"}
    await his.done("2601", reversal(sent[infno]))
    after = {"2301": "claims.no_charges", "2401": "nhsa.visit_cancelled", "2402": "nhsa.not_discharged"}
    asked = {"2301": ("2304", stay.settling(0)), "2402": ("2405", {"data": stay.named})}
    assert code(await his.ask(*asked.get(infno, ("2304", stay.settling(100))))) == after[infno]


async def test_an_admission_that_is_settled_is_not_reversed(his: His) -> None:
    stay = await ready(his)
    await his.done("2304", stay.settling(100))
    [row] = await his.world.rows("SELECT msgid FROM nhsa_messages WHERE infno = '2401'")
    refused = await his.ask("2601", {"data": {"omsgid": row[0], "oinfno": "2401"}})
    assert code(refused) == "claims.visit_not_open"


async def test_a_cancellation_is_not_reversed_but_done_again(his: His) -> None:
    stay = await ready(his)
    settled = (await his.done("2304", stay.settling(100)))["setlinfo"]
    cancelled = his.message("2305", {"data": {"setl_id": settled["setl_id"], **stay.named}})
    await his.send(cancelled)
    assert code(await his.ask("2601", reversal(cancelled))) == "nhsa.not_reversible"
    first = await his.world.rows("SELECT msgid FROM nhsa_messages WHERE infno = '2304'")
    done = await his.done("2601", {"data": {"omsgid": first[0][0], "oinfno": "2304"}})
    assert done["result"]["outcome"] == "success"


async def test_a_reversal_names_the_transaction_and_an_id_of_the_institution(his: His) -> None:
    stay = await ready(his)
    message = his.message("2304", stay.settling(100))
    await his.send(message)
    assert code(await his.ask("2601", reversal({**message, "infno": "2401"}))) == "nhsa.other_infno"
    foreign = {**message, "msgid": "H99010100002" + message["msgid"][12:]}
    assert code(await his.ask("2601", reversal(foreign))) == "nhsa.bad_msgid"
    own = his.message("2601", {})
    own["input"] = reversal({**own, "infno": "2304"})
    assert code(await his.send(own)) == "nhsa.reverses_reversal"


async def test_messages_out_of_order_are_refused_and_change_nothing(his: His) -> None:
    stay = await nhsa.admitted(his)
    before = await his.world.counts(MONEY)
    assert code(await his.ask("2304", stay.settling(100))) == "claims.no_charges"
    unknown = {**stay.named, "mdtrt_id": stay.psn_no}
    assert (
        code(await his.ask("2301", {"feedetail": [{**stay.fee("1", 1), **unknown}]})) == "nhsa.unknown_visit"
    )
    assert code(await his.ask("2402", {"dscginfo": {}, "diseinfo": DIAGNOSES})) == "nhsa.message_invalid"
    assert code(await his.ask("2305", {"data": {"setl_id": stay.psn_no}})) == "nhsa.not_settled"
    assert await his.world.changed_since(before) == set()


async def test_thirty_two_copies_at_once_settle_once(his: His) -> None:
    stay = await ready(his)
    message = his.message("2304", stay.settling(100))
    clients = (his.world.client, his.world.other)
    replies = await asyncio.gather(*(his.post(message, clients[copy % 2]) for copy in range(32)))
    found = [reply.json() for reply in replies]
    settled = {reply["output"]["setlinfo"]["setl_id"] for reply in found if reply["infcode"] == "0"}
    assert len(settled) == 1
    assert {code(reply) for reply in found if reply["infcode"] != "0"} <= {"nhsa.still_running"}
    assert (await his.send(message))["output"]["setlinfo"]["setl_id"] in settled
    [row] = await his.world.rows("SELECT count(*) FROM settlements")
    assert row[0] == 1


async def test_two_settlements_of_one_visit_at_once_are_one(his: His) -> None:
    stay = await ready(his)
    replies = await asyncio.gather(*(his.ask("2304", stay.settling(100)) for _ in range(4)))
    codes = sorted(reply["infcode"] for reply in replies)
    assert codes == ["-1", "-1", "-1", "0"]
    assert {code(reply) for reply in replies if reply["infcode"] == "-1"} == {"nhsa.settled_already"}


async def test_ids_are_kept_for_their_time_and_older_ones_never_taken_as_new(his: His) -> None:
    stay = await ready(his)
    settling = his.message("2304", stay.settling(100))
    await his.send(settling)
    never = his.message("2301", {})
    await his.done("2601", reversal(never))
    world, sessions = his.world, his.world.platform.worker_sessions("claims")
    count = "SELECT count(*), count(reply) FROM nhsa_messages"
    [before] = await world.rows(count)
    world.clock.instant = build.NOW + timedelta(days=400)
    await prune(sessions, world.clock)
    assert await world.rows(count) == [before]
    assert await world.rows("SELECT count(*) FROM nhsa_sign_ins") == [(0,)]
    await his.sign_in()
    reply = await his.send({**settling, "sign_no": his.sign_no})
    assert reply["output"]["setlinfo"]["medfee_sumamt"] == 100
    world.clock.instant = build.NOW + timedelta(days=401, seconds=1)
    await his.sign_in(f"{world.clock.instant.astimezone(SHANGHAI):%Y%m%d%H%M%S}")
    for message in (settling, never):
        assert code(await his.send(message)) == "nhsa.msgid_expired"
        assert code(await his.ask("2601", reversal(message))) == "nhsa.msgid_expired"
    await prune(sessions, world.clock)
    kept = "SELECT msgid FROM nhsa_messages WHERE received_at < :day"
    assert await world.rows(kept, day=build.NOW + timedelta(days=1)) == [(settling["msgid"],)]
    named = {"data": {"setl_id": reply["output"]["setlinfo"]["setl_id"]}}
    assert (await his.done("5203", named))["setlinfo"]["medins_setl_id"] == settling["msgid"]
    await his.done("2305", named)

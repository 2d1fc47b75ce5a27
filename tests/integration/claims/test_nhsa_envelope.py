"""What surrounds a message: token, envelope, sign-in, signature, bounds; and what is kept of it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from services.claims.main import create_app
from services.claims.nhsa.settings import NhsaSettings
from services.claims.nhsa.signature import sign
from services.claims.nhsa.wiring import window_of
from tests.support import claims as build
from tests.support import closing, nhsa
from tests.support.nhsa import His, code
from tests.support.platform import Client, bearer, serve

pytestmark = pytest.mark.integration
SECRET = b"a-secret-of-the-county-hospital!"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"fixmedins_name": None}, "fixmedins_name"),
        ({"opter": "x" * 31}, "opter"),
        ({"mdtrtarea_admvs": "99010"}, "mdtrtarea_admvs"),
        ({"inf_time": "2026-02-30 10:00:00"}, "inf_time"),
        ({"input": []}, "input"),
        ({"infver": True}, "infver"),
    ],
)
async def test_a_wrong_field_of_the_envelope_is_named(his: His, changes: dict[str, Any], path: str) -> None:
    message = {**his.message("9001", {"signIn": {"opter_no": "1"}}), **changes}
    reply = await his.send(message)
    assert code(reply) == ("nhsa.field_too_long" if "opter" in changes else "nhsa.message_invalid")
    assert f"（{path}：" in reply["err_msg"]
    assert f"({path}: " in reply["err_msg"]
    assert reply["output"] == {}


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"mdtrt_cert_type": "02"}, "input.data.mdtrt_cert_no"),
        ({"mdtrt_cert_type": "02", "mdtrt_cert_no": "9" * 51}, "input.data.mdtrt_cert_no"),
        ({"mdtrt_cert_type": "02", "mdtrt_cert_no": {"no": 1}}, "input.data.mdtrt_cert_no"),
        ([], "input.data"),
    ],
)
async def test_a_wrong_field_of_the_input_is_named(his: His, data: Any, path: str) -> None:
    reply = await his.ask("1101", {"data": data})
    assert code(reply) == ("nhsa.field_too_long" if "9999" in str(data) else "nhsa.message_invalid")
    assert f"{path}：" in reply["err_msg"]
    assert "9999" not in reply["err_msg"]


@pytest.mark.parametrize(
    ("written", "refused"),
    [
        ("8766.00", None),
        ('"8766.00"', None),
        ("8766", None),
        ("8766.000", "nhsa.message_invalid"),
        ("123456789012345.00", "nhsa.message_invalid"),
        ("1e3", "nhsa.message_invalid"),
        ('"８７６６"', "nhsa.message_invalid"),
        ("null", "nhsa.message_invalid"),
        ("true", "nhsa.message_invalid"),
        ("12345678901234.00", "nhsa.message_invalid"),
        ("8766.01", "nhsa.total"),
    ],
)
async def test_amounts_are_exact_numbers_of_sixteen_digits(
    his: His, written: str, refused: str | None
) -> None:
    stay = await nhsa.admitted(his)
    await his.done("2301", {"feedetail": [stay.fee("1", 8766)]})
    message = his.message("2303", stay.settling(0, medfee_sumamt="AMOUNT"))
    reply = await his.post(json.dumps(message).replace('"AMOUNT"', written).encode())
    assert reply.status_code == 200
    assert (code(reply.json()) if reply.json()["infcode"] == "-1" else None) == refused


@pytest.mark.parametrize(
    "msgid",
    ["", "1", "H9901010000220261102100000" + "0001", "H99010100001" + "20261302100000" + "0001", "Ｈ" * 30],
)
async def test_a_msgid_is_institution_time_and_number(his: His, msgid: str) -> None:
    reply = await his.ask("9001", {"signIn": {"opter_no": "1"}}, msgid=msgid)
    assert code(reply) == ("nhsa.bad_msgid" if msgid else "nhsa.message_invalid")


async def test_an_unknown_transaction_is_told_what_is_known(his: His) -> None:
    reply = await his.ask("2102", {})
    assert code(reply) == "nhsa.unknown_infno"
    assert "2304" in reply["err_msg"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"a":1,"a":2}', b'{"a":"\\u0000"}', b"\xff", b"[" * 40]
)
async def test_what_is_no_message_is_refused_in_the_interface_s_form(his: His, body: bytes) -> None:
    reply = await his.post(body)
    assert reply.status_code == 200
    assert code(reply.json()) in {"request.malformed_json", "nhsa.message_invalid"}


async def test_unknown_fields_are_ignored(his: His) -> None:
    await his.done("9001", {"signIn": {"opter_no": "1", "mood": "good"}, "more": []}, enc_type="SM4")


async def test_the_token_says_for_whom_a_message_may_speak(his: His) -> None:
    world = his.world
    message = his.message("9001", {"signIn": {"opter_no": "1"}})
    refused = {}
    for who, headers in {
        "nobody": {},
        "agency": bearer(world.platform.token("agency")),
        "no institution": bearer(world.platform.token("admin")),
        "another": bearer(world.platform.token(f"hospital:{build.TOWNSHIP_HOSPITAL}")),
    }.items():
        world.client.headers.pop("Authorization", None)
        reply = await world.client.post("/nhsa", json=message, headers=headers)
        refused[who] = (reply.status_code, reply.json()["code"])
    world.client.headers.update(bearer(world.platform.token("agency")))
    assert refused == {
        "nobody": (401, "auth.unauthenticated"),
        "agency": (403, "auth.forbidden"),
        "no institution": (403, "nhsa.foreign_institution"),
        "another": (403, "nhsa.foreign_institution"),
    }


async def test_an_institution_signs_in_for_itself_and_for_a_day(his: His) -> None:
    asked = {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": "1"}}
    other = await nhsa.His(his.world, build.TOWNSHIP_HOSPITAL).sign_in()
    for sign_no in ("", other.sign_no, "A" * 26):
        assert code(await his.ask("1101", asked, sign_no=sign_no)) == "nhsa.not_signed_in"
    assert code(await his.ask("1101", asked)) == "claims.bad_id_number"
    his.world.clock.instant = build.NOW.replace(day=build.NOW.day + 1)
    assert code(await his.ask("1101", asked)) == "nhsa.not_signed_in"


async def test_names_and_numbers_of_people_are_nowhere_in_clear(his: His) -> None:
    certno = await his.world.insure(categories=["dibao"])
    voucher = {"mdtrt_cert_type": "02", "mdtrt_cert_no": certno, "psn_name": "欧阳测试"}
    message = his.message("1101", {"data": voucher})
    assert (await his.send(message))["output"]["baseinfo"]["psn_name"] == "欧阳测试"
    stay = await nhsa.admitted(his)
    await his.done("2301", {"feedetail": [stay.fee("1", 10)]})
    await his.done("2304", stay.settling(10))
    tables = (*nhsa.TABLES, "audit_log", "event_log", "admissions", "settlements", "idempotency_keys")
    for table in tables:
        rows = await his.world.rows(f"SELECT {table}::text FROM {table}")
        found = "".join(row[0] for row in rows)
        assert certno not in found
        assert certno.encode().hex() not in found
        assert "欧阳测试" not in found


async def test_an_institution_s_own_word_is_its_own(his: His) -> None:
    certno = await his.world.insure()
    voucher = {"mdtrt_cert_type": "02", "mdtrt_cert_no": certno}
    person = await his.done("1101", {"data": {**voucher, "psn_name": "张三"}})
    psn_no = person["baseinfo"]["psn_no"]
    other = await nhsa.His(his.world, build.TOWNSHIP_HOSPITAL).sign_in()
    assert code(await other.ask("5206", {"data": {"psn_no": psn_no}})) == "nhsa.certificate"
    assert (await other.done("1101", {"data": voucher}))["baseinfo"]["psn_name"] == ""


async def test_cards_and_tokens_name_a_patient_by_the_id_number_beside_them(his: His) -> None:
    certno = await his.world.insure()
    token = {"mdtrt_cert_type": "01", "mdtrt_cert_no": "5100000ECK8A7N3TQ1"}
    card = {"mdtrt_cert_type": "03", "mdtrt_cert_no": "A12345678", "card_sn": "510000D15600000512345678"}
    for voucher in (token, card):
        assert code(await his.ask("1101", {"data": voucher})) == "nhsa.certificate"
        beside = {**voucher, "psn_cert_type": "01", "certno": certno}
        psn_no = (await his.done("1101", {"data": beside}))["baseinfo"]["psn_no"]
    # From now on the institution's own 1101 says who that is.
    stay = (await his.done("2401", nhsa.admission(psn_no, "", **card)))["result"]["mdtrt_id"]
    await his.done("2301", {"feedetail": [nhsa.fee(stay, psn_no, "1", 10)]})
    other = {"mdtrt_cert_no": await his.world.insure(2)}
    assert code(await his.ask("2304", nhsa.settling(stay, psn_no, 10, **other))) == "nhsa.other_person"
    settled = await his.done("2304", nhsa.settling(stay, psn_no, 10, **card))
    assert settled["setlinfo"]["mdtrt_cert_type"] == "03"


async def test_days_are_reconciled_once_they_are_closed_and_differences_found(his: His) -> None:
    stay = await nhsa.admitted(his)
    await his.done("2301", {"feedetail": [stay.fee("1", 1000)]})
    info = (await his.done("2304", stay.settling(1000)))["setlinfo"]
    days = {"stmt_begndate": "2026-11-02", "stmt_enddate": "2026-11-02"}
    sums = {"medfee_sumamt": 1000, "fund_pay_sumamt": info["fund_pay_sumamt"], "acct_pay": 0}
    totals = {
        "insutype": "390",
        "clr_type": "21",
        "setl_optins": "990101",
        "refd_setl_flag": "0",
        "fixmedins_setl_cnt": 1,
        **days,
        **sums,
    }
    early = his.message("3201", {"data": totals})
    assert code(await his.send(early)) == "claims.day_not_closed"
    await closing.close(his.world)
    assert (await his.send(early))["output"]["stmtinfo"]["stmt_rslt"] == "0"
    planted = await his.done("3201", {"data": {**totals, "medfee_sumamt": "999.99"}})
    assert planted["stmtinfo"]["stmt_rslt"] == "1"
    assert "999.99" in planted["stmtinfo"]["stmt_rslt_dscr"]
    line = {**stay.named, "setl_id": info["setl_id"], "msgid": info["medins_setl_id"], **sums}
    right = await his.done("3202", {"data": {**days, "detail": [line], "fixmedins_setl_cnt": 1}})
    assert (right["stmtinfo"]["stmt_rslt"], right["detail"]) == ("0", [])
    wrong = {**line, "medfee_sumamt": 999.99}
    [found] = (await his.done("3202", {"data": {**days, "detail": [wrong]}}))["detail"]
    told = {name: found[name] for name in ("setl_id", "mdtrt_id", "msgid", "stmt_rslt", "medfee_sumamt")}
    assert told == {**{name: line[name] for name in told if name in line}, "stmt_rslt": "103"} | {
        "medfee_sumamt": 1000
    }
    [missing] = (await his.done("3202", {"data": {**days, "detail": []}}))["detail"]
    assert (missing["setl_id"], missing["stmt_rslt"]) == (info["setl_id"], "102")
    short = {**days, "detail": [line], "fixmedins_setl_cnt": 2}
    assert code(await his.ask("3202", {"data": short})) == "nhsa.detail_count"


async def test_runs_of_3201_and_3202_are_kept_with_their_message_and_repaired_by_equal_ones(his: His) -> None:
    stay = await nhsa.admitted(his)
    await his.done("2301", {"feedetail": [stay.fee("1", 1000)]})
    info = (await his.done("2304", stay.settling(1000)))["setlinfo"]
    await closing.close(his.world)
    days = {"stmt_begndate": "2026-11-02", "stmt_enddate": "2026-11-02", "refd_setl_flag": "0"}
    line = {"setl_id": info["setl_id"], "fund_pay_sumamt": info["fund_pay_sumamt"], "medfee_sumamt": 1000}
    planted = {**days, "detail": [{**line, "medfee_sumamt": 999.99}]}
    wrong, right = (his.message("3202", {"data": data}) for data in (planted, {**days, "detail": [line]}))
    for message in (wrong, wrong, {**right, "msgid": his.msgid()}, right):
        await his.send(message)
    [run] = await _runs(his, msgid=wrong["msgid"])
    assert (run["compared"], run["state"], run["differences"]) == (["lines"], "repaired", 1)
    path = f"/v1/reconciliations/{run['id']}"
    kept = (await his.world.client.get(path, headers=his.world.headers("agency"))).json()
    [difference] = kept["result"]["differences"]
    assert (difference["kind"], difference["theirs"]["total"]) == ("amount_differs", "999.99")
    assert kept["result"]["settlements"] is None
    sums = {"fund_pay_sumamt": 0, "medfee_sumamt": 0, "acct_pay": 0, "fixmedins_setl_cnt": 0}
    await his.done(
        "3201", {"data": {**days, **sums, "insutype": "390", "clr_type": "21", "refd_setl_flag": "1"}}
    )
    told = [(run["compared"], run["state"], run["scheme"]) for run in await _runs(his)]
    equal = (["lines"], "equal", None)
    assert told == [(["lines"], "repaired", None), equal, equal, (["refunds"], "equal", "resident")]


async def _runs(his: His, **chosen: str) -> list[dict[str, Any]]:
    headers = his.world.as_hospital()
    reply = await his.world.client.get("/v1/reconciliations", params=chosen, headers=headers)
    found: list[dict[str, Any]] = reply.json()["items"]
    return found


@dataclass
class Signing:
    """The county hospital at a platform that asks for signatures."""

    his: His
    client: Client

    async def send(self, message: dict[str, Any], secret: bytes = SECRET, spoil: bool = False) -> Any:
        unsigned = json.dumps({**message, "cainfo": "", "signtype": "SM3"}, ensure_ascii=False).encode()
        signature = sign(unsigned, secret)
        raw = unsigned.replace(b'"cainfo": ""', f'"cainfo": "{signature}"'.encode())
        raw = raw.replace(b"0001", b"0002", 1) if spoil else raw
        return (await self.his.post(raw, self.client)).json()


@pytest.fixture
async def signing(his: His, tmp_path: Any) -> AsyncIterator[Signing]:
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({build.COUNTY_HOSPITAL: "YS1zZWNyZXQtb2YtdGhlLWNvdW50eS1ob3NwaXRhbCE="}))
    settings = his.world.platform.settings("claims")
    app = create_app(settings, his.world.clock)
    app.state.nhsa = window_of(settings, NhsaSettings(signature="sm3", secrets_file=file))
    async with serve(app, his.world.platform) as client:
        yield Signing(his, client)


async def test_a_signature_is_checked_before_anything_is_looked_up(signing: Signing) -> None:
    message = signing.his.message("9001", {"signIn": {"opter_no": "1"}})
    assert code((await signing.his.post(message, signing.client)).json()) == "nhsa.no_signature"
    assert code(await signing.send(message, secret=b"x" * 32)) == "nhsa.bad_signature"
    assert code(await signing.send(message, spoil=True)) == "nhsa.bad_signature"
    assert code(await signing.send({**message, "inf_time": "2026-11-02 10:05:01"})) == "nhsa.stale_message"
    assert code(await signing.send({**message, "inf_time": "2026-11-02 09:54:59"})) == "nhsa.stale_message"
    nested = {**message, "input": {"cainfo": "0" * 64, **message["input"]}}
    assert code(await signing.send(nested)) == "nhsa.no_signature"
    assert (await signing.send({**message, "inf_time": "2026-11-02 10:05:00"}))["infcode"] == "0"
    other = nhsa.His(signing.his.world, build.TOWNSHIP_HOSPITAL)
    foreign = Signing(other, signing.client)
    unknown = other.message("9001", {"signIn": {"opter_no": "1"}})
    assert code(await foreign.send(unknown)) == "nhsa.bad_signature"

"""Parts of the conformance kit that need no installation."""

from pathlib import Path

import httpx
import pytest

from deploy.conformance.cases import load
from deploy.conformance.link import Link, NoReply, read
from deploy.conformance.setlinfo import AMOUNTS, FIELDS, adds_up, detail_adds_up, nothing_negative
from deploy.conformance.sheet import FAILED, PASSED, Mismatch, Over, Sheet
from services.claims.nhsa.signature import sign

SOUND = {
    **dict.fromkeys(AMOUNTS, "0.00"),
    "medfee_sumamt": "100.00",
    "fulamt_ownpay_amt": "10.00",
    "inscp_scp_amt": "90.00",
    "hifp_pay": "60.00",
    "fund_pay_sumamt": "60.00",
    "psn_part_amt": "40.00",
    "psn_cash_pay": "40.00",
}


def test_setlinfo_has_forty_one_fields() -> None:
    assert len(set(FIELDS)) == len(FIELDS) == 41


def test_a_settlement_that_adds_up_passes() -> None:
    adds_up(SOUND)
    nothing_negative(SOUND)


@pytest.mark.parametrize("name", AMOUNTS)
def test_a_fen_too_much_in_any_amount_is_found(name: str) -> None:
    with pytest.raises(Mismatch):
        adds_up({**SOUND, name: f"{float(SOUND[name]) + 0.01:.2f}"})


def test_a_third_decimal_is_found() -> None:
    with pytest.raises(Mismatch, match="两位小数"):
        adds_up({**SOUND, "hifp_pay": "60.001"})


def test_what_the_person_and_the_hospital_carry_is_no_fund() -> None:
    rows = [("390100", "60.00"), ("310200", "5.00"), ("999996", "7.00")]
    detail = [{"fund_pay_type": code, "fund_payamt": amount} for code, amount in rows]
    detail_adds_up(SOUND, detail)
    with pytest.raises(Mismatch):
        detail_adds_up(SOUND, detail[1:])


async def test_messages_are_signed_as_the_platform_checks_them() -> None:
    async with httpx.AsyncClient() as http:
        link = Link(http, "http://test/nhsa", "t", "H99010100001", "990101", b"secret")
        message = link.message("9001", {"signIn": {"opter_no": "1"}})
        unsigned = Link(http, "", "t", "H99010100001", "990101").written(message)
        assert sign(unsigned, b"secret").encode() in link.written(message)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, text="{}"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"code": 0}),
    ],
    ids=["another status", "no JSON", "no infcode"],
)
def test_what_is_no_reply_of_the_interface_is_said_so(answer: httpx.Response) -> None:
    with pytest.raises(NoReply):
        read(answer)


def test_a_part_ends_at_a_check_that_the_rest_needs() -> None:
    sheet = Sheet(part="住院")
    with sheet.check("2401", "入院"):
        raise Mismatch("没有编号")
    with pytest.raises(Over), sheet.check("2304", "结算", needed=True):
        raise Mismatch("没有编号")
    with sheet.check("5203", "查询"):
        assert sheet.failed == 2
    assert [row.result for row in sheet.rows] == [FAILED, FAILED, PASSED]


def test_amounts_of_the_local_policy_are_added_to_a_case(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text('inpatient: {hifp_pay: "4321.00"}', "utf-8")
    assert load(own)["inpatient"].expect["hifp_pay"] == "4321.00"
    own.write_text('surgery: {hifp_pay: "1.00"}', "utf-8")
    with pytest.raises(ValueError, match="surgery"):
        load(own)

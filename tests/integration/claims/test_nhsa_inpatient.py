"""Inpatients by the national interface: the whole way, resending, taking back."""

from typing import Any

import pytest

from tests.support import claims as build
from tests.support import nhsa
from tests.support.nhsa import His, admission, code, fee, settling

pytestmark = pytest.mark.integration


async def test_an_inpatient_from_sign_in_to_the_cancelled_settlement(his: His) -> None:
    certno = await his.world.insure(categories=["dibao"])
    voucher = {"mdtrt_cert_type": "02", "mdtrt_cert_no": certno, "psn_name": "张三"}
    person = await his.done("1101", {"data": voucher})
    psn_no = person["baseinfo"]["psn_no"]
    mdtrt_id = (await his.done("2401", admission(psn_no, certno)))["result"]["mdtrt_id"]
    await his.done("2301", {"feedetail": [fee(mdtrt_id, psn_no, "1", 5000.00)]})
    await his.done("2301", {"feedetail": [fee(mdtrt_id, psn_no, "2", 3766.00)]})
    await his.done("2402", nhsa.discharge(mdtrt_id, psn_no))
    preview = await his.done("2303", settling(mdtrt_id, psn_no, 8766.00))
    settled = await his.done("2304", settling(mdtrt_id, psn_no, 8766.00))
    info = settled["setlinfo"]
    differ = {name for name, value in info.items() if preview["setlinfo"][name] != value}
    assert (len(info), differ) == (41, {"setl_id", "setl_time", "medins_setl_id"})
    named = {"setl_id": info["setl_id"], "mdtrt_id": mdtrt_id, "psn_no": psn_no}
    assert await his.done("5203", {"data": named}) == settled
    lines = (await his.done("5204", {"data": named}))["feedetail"]
    assert [(line["feedetl_sn"], line["inscp_scp_amt"]) for line in lines] == [("1", 5000.0), ("2", 3766.0)]
    year = await his.done("5206", {"data": {"psn_no": psn_no}})
    assert {"cum_type_code": "D390100", "cum": info["hifp_pay"]}.items() <= _row(year, "D390100").items()
    cancelled = await his.done("2305", {"data": named})
    assert cancelled["setlinfo"]["medfee_sumamt"] == -8766.0
    assert _row(await his.done("5206", {"data": {"psn_no": psn_no}}), "D390100")["cum"] == 0
    again = await his.done("2304", settling(mdtrt_id, psn_no, 8766.00))
    assert again["setlinfo"]["setl_id"] != info["setl_id"]
    assert again["setlinfo"]["hifp_pay"] == info["hifp_pay"]


def _row(year: dict[str, Any], kind: str) -> dict[str, Any]:
    [row] = [row for row in year["cuminfo"] if row["cum_type_code"] == kind]
    found: dict[str, Any] = row
    return found


async def test_1101_tells_insurance_and_every_identity_with_its_days(his: His) -> None:
    certno = await his.world.insure(categories=["dibao", "severe_disability"])
    person = await his.done("1101", {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": certno}})
    base = person["baseinfo"]
    assert (base["certno"], base["psn_name"], base["gend"], base["age"]) == (certno, "", "1", 56.4)
    assert len(base["psn_no"]) == 26
    insured = person["insuinfo"]
    assert [(row["insutype"], row["psn_insu_stas"], row["insuplc_admdvs"]) for row in insured] == [
        ("390", "1", "990101")
    ]
    identities = [(row["psn_idet_type"], row["memo"], row["endtime"]) for row in person["idetinfo"]]
    assert identities == [("7019", "低保对象", None), ("7069", "重度残疾人", None)]


async def test_lines_of_an_inpatient_are_taken_back_one_by_one_or_all(his: His) -> None:
    stay = await nhsa.admitted(his)
    await his.done("2301", {"feedetail": [stay.fee("1", 10), stay.fee("2", 20)]})
    await his.done("2301", {"feedetail": [stay.fee("3", 30)]})
    await his.done("2302", {"data": [{"feedetl_sn": "2", **stay.named}]})
    assert code(await his.ask("2303", stay.settling(60))) == "nhsa.total"
    assert (await his.done("2303", stay.settling(40)))["setlinfo"]["medfee_sumamt"] == 40
    assert code(await his.ask("2302", {"data": {"feedetl_sn": "2", **stay.named}})) == "nhsa.unknown_charges"
    await his.done("2302", {"data": {"feedetl_sn": "0000", **stay.named}})
    assert code(await his.ask("2304", stay.settling(0))) == "claims.no_charges"
    await his.done("2301", {"feedetail": [stay.fee("2", 25)]})
    assert (await his.done("2304", stay.settling(25)))["setlinfo"]["medfee_sumamt"] == 25


async def test_a_cancelled_admission_may_be_made_again_under_the_same_number(his: His) -> None:
    stay = await nhsa.admitted(his)
    taken = await his.ask("2401", admission(stay.psn_no, stay.certno))
    assert code(taken) == "nhsa.registered_already"
    assert stay.mdtrt_id in taken["err_msg"]
    await his.done("2404", {"data": stay.named})
    assert code(await his.ask("2301", {"feedetail": [stay.fee("1", 10)]})) == "nhsa.visit_cancelled"
    other = (await his.done("2401", admission(stay.psn_no, stay.certno)))["result"]["mdtrt_id"]
    assert other != stay.mdtrt_id


async def test_a_discharge_holds_until_it_is_taken_back(his: His) -> None:
    stay = await nhsa.admitted(his)
    await his.done("2301", {"feedetail": [stay.fee("1", 10)]})
    assert code(await his.ask("2405", {"data": stay.named})) == "nhsa.not_discharged"
    await his.done("2402", nhsa.discharge(stay.mdtrt_id, stay.psn_no))
    await his.done("2405", {"data": stay.named})
    await his.done("2402", nhsa.discharge(stay.mdtrt_id, stay.psn_no, endtime="2026-03-05"))
    settled = (await his.done("2304", stay.settling(10)))["setlinfo"]
    [row] = await his.world.rows("SELECT discharged_on::text FROM settlements")
    assert row[0] == "2026-03-05"
    assert code(await his.ask("2405", {"data": stay.named})) == "nhsa.settled_already"
    assert code(await his.ask("2304", stay.settling(10))) == "nhsa.settled_already"
    assert settled["setl_id"] in (await his.ask("2304", stay.settling(10)))["err_msg"]


async def test_a_stay_ends_neither_before_it_begins_nor_in_the_future(his: His) -> None:
    stay = await nhsa.admitted(his)
    ends = {"2026-02-28": "claims.dates_out_of_order", "2026-11-03": "claims.discharge_in_future"}
    for endtime, refused in ends.items():
        reply = await his.ask("2402", nhsa.discharge(stay.mdtrt_id, stay.psn_no, endtime=endtime))
        assert code(reply) == refused
        assert "input.dscginfo.endtime" in reply["err_msg"]


async def test_a_discharge_without_a_valid_diagnosis_is_refused_and_the_stay_can_be_settled(his: His) -> None:
    stay = await nhsa.admitted(his)
    await his.done("2301", {"feedetail": [stay.fee("1", 10)]})
    withdrawn = [{"diag_srt_no": 1, "diag_code": "I63.900", "vali_flag": "0"}]
    message = {**nhsa.discharge(stay.mdtrt_id, stay.psn_no), "diseinfo": withdrawn}
    refused = await his.ask("2402", message)
    assert code(refused) == "claims.main_diagnosis"
    assert "input.diseinfo" in refused["err_msg"]
    assert (await his.done("2304", stay.settling(10)))["setlinfo"]["medfee_sumamt"] == 10


async def test_a_sum_below_zero_without_charges_is_refused(his: His) -> None:
    stay = await nhsa.admitted(his)
    assert code(await his.ask("2304", stay.settling(-5))) == "claims.no_charges"


async def test_an_id_number_written_with_blanks_is_the_same_number(his: His) -> None:
    certno = await his.world.insure(categories=["dibao"])
    spaced = f"{certno[:6]}{' ' * 20}{certno[6:].lower()}"
    voucher = {"mdtrt_cert_type": "02", "mdtrt_cert_no": spaced}
    base = (await his.done("1101", {"data": voucher}))["baseinfo"]
    assert base["certno"] == certno
    mdtrt_id = (await his.done("2401", admission(base["psn_no"], spaced)))["result"]["mdtrt_id"]
    await his.done("2301", {"feedetail": [fee(mdtrt_id, base["psn_no"], "1", 10)]})
    await his.done("2304", settling(mdtrt_id, base["psn_no"], 10))


async def test_a_referral_that_leads_to_the_hospital_counts_without_being_named(his: His) -> None:
    world = his.world
    city = await nhsa.His(world, build.CITY_HOSPITAL).sign_in()
    certno = await world.insure(1, ["dibao"])
    await world.refer(certno)
    voucher = {"mdtrt_cert_type": "02", "mdtrt_cert_no": certno}
    psn_no = (await city.done("1101", {"data": voucher}))["baseinfo"]["psn_no"]
    mdtrt_id = (await city.done("2401", admission(psn_no, certno)))["result"]["mdtrt_id"]
    await city.done("2301", {"feedetail": [fee(mdtrt_id, psn_no, "1", 1000)]})
    await city.done("2304", settling(mdtrt_id, psn_no, 1000))
    [row] = await world.rows("SELECT referral_no, referral FROM settlements")
    assert tuple(row) == ("ZZ1", "compliant")


async def test_refunds_take_back_what_was_charged_and_the_rest_is_settled(his: His) -> None:
    stay = await nhsa.admitted(his)
    priced = {"pric": 10, "chrgitm_lv": "02", "selfpay_prop": 0.1}
    await his.done("2301", {"feedetail": [stay.fee("1", 30, cnt=3, **priced), stay.fee("2", 70)]})
    back = stay.fee("3", -20, cnt=-2, init_feedetl_sn="1", **priced)
    [told] = (await his.done("2301", {"feedetail": [back]}))["result"]
    assert (told["inscp_scp_amt"], told["preselfpay_amt"], told["cnt"]) == (-18, -2, -2)
    refused = {
        "claims.refund_not_charged": ("med_list_codg", stay.fee("4", -5, cnt=-1, pric=5)),
        "claims.refund_exceeds": ("cnt", stay.fee("4", -20, cnt=-2, **priced)),
    }
    for why, (field, line) in refused.items():
        reply = await his.ask("2301", {"feedetail": [line]})
        assert code(reply) == why
        assert f"input.feedetail.0.{field}" in reply["err_msg"]
    assert (
        code(await his.ask("2302", {"data": [{"feedetl_sn": "1", **stay.named}]}))
        == "claims.refund_left_over"
    )
    assert code(await his.ask("2304", stay.settling(100))) == "nhsa.total"
    settled = (await his.done("2304", stay.settling(80, preselfpay_amt=1)))["setlinfo"]
    assert (settled["medfee_sumamt"], settled["preselfpay_amt"]) == (80, 1)
    named = {"setl_id": settled["setl_id"], **stay.named}
    lines = (await his.done("5204", {"data": named}))["feedetail"]
    assert [(line["feedetl_sn"], line["cnt"]) for line in lines] == [("1", 1), ("2", 1)]


async def test_a_charge_is_reversed_only_after_its_refund(his: His) -> None:
    stay = await nhsa.admitted(his)
    charged = his.message("2301", {"feedetail": [stay.fee("1", 10)]})
    await his.send(charged)
    refund = his.message("2301", {"feedetail": [stay.fee("2", -10, cnt=-1, pric=10)]})
    await his.send(refund)
    assert code(await his.ask("2304", stay.settling(0))) == "claims.no_charges"
    back = {"data": {"omsgid": charged["msgid"], "oinfno": "2301"}}
    assert code(await his.ask("2601", back)) == "claims.refund_left_over"
    await his.done("2601", {"data": {"omsgid": refund["msgid"], "oinfno": "2301"}})
    assert (await his.done("2303", stay.settling(10)))["setlinfo"]["medfee_sumamt"] == 10
    await his.done("2601", back)

"""Outpatients by the national interface."""

import pytest

from tests.support import nhsa
from tests.support.nhsa import His, code

pytestmark = pytest.mark.integration


async def test_an_outpatient_from_registration_to_the_cancelled_settlement(his: His) -> None:
    visit = await nhsa.registered(his)
    lines = {"feedetail": [visit.fee("1", 60), visit.fee("2", 20, chrgitm_lv="03", pric=10, cnt=2)]}
    uploaded = (await his.done("2204", lines))["result"]
    assert [(line["inscp_scp_amt"], line["fulamt_ownpay_amt"]) for line in uploaded] == [(60, 0), (0, 20)]
    preview = await his.done("2206A", visit.settling(80, fulamt_ownpay_amt=20, inscp_scp_amt="60.00"))
    settled = (await his.done("2207A", visit.settling(80)))["setlinfo"]
    assert preview["setlinfo"]["fund_pay_sumamt"] == settled["fund_pay_sumamt"] > 0
    assert (settled["med_type"], settled["medfee_sumamt"], settled["inscp_scp_amt"]) == ("11", 80, 60)
    assert code(await his.ask("2202", {"data": visit.named})) == "claims.visit_not_open"
    named = {"setl_id": settled["setl_id"], **visit.named}
    cancelled = (await his.done("2208", {"data": named}))["setlinfo"]
    assert cancelled["fund_pay_sumamt"] == -settled["fund_pay_sumamt"]
    assert (await his.done("5203", {"data": named}))["setlinfo"]["medfee_sumamt"] == 0
    await his.done("2205", {"data": {**visit.named, "chrg_bchno": "B1"}})
    await his.done("2202", {"data": visit.named})
    assert code(await his.ask("2204", lines)) == "nhsa.visit_cancelled"


async def test_visit_information_may_change_until_there_are_charges(his: His) -> None:
    visit = await nhsa.registered(his)
    chronic = nhsa.information(visit, med_type="14", dise_codg="M03900")
    await his.done("2203A", chronic)
    await his.done("2204", {"feedetail": [visit.fee("1", 60)]})
    assert code(await his.ask("2203", nhsa.information(visit))) == "nhsa.med_type_fixed"
    await his.done("2203", chronic)
    settled = (await his.done("2207", visit.settling(60)))["setlinfo"]
    assert (settled["med_type"], settled["clr_type"]) == ("14", "12")
    [row] = await his.world.rows("SELECT visit_no, visit_type, chronic_code FROM settlements")
    assert tuple(row) == ("MZ1.1", "chronic_outpatient", "M03900")


@pytest.mark.parametrize("changes", [{"med_type": "21"}, {"med_type": "99"}])
async def test_a_med_type_of_another_kind_of_care_is_refused(his: His, changes: dict[str, str]) -> None:
    visit = await nhsa.registered(his)
    assert code(await his.ask("2203", nhsa.information(visit, **changes))) == "nhsa.med_type"


async def test_a_visit_is_used_by_its_own_institution_person_and_transactions_only(his: His) -> None:
    visit = await nhsa.registered(his)
    stay = await nhsa.admitted(his, 2)
    mixed = {"mdtrt_id": visit.mdtrt_id, "psn_no": stay.psn_no}
    assert code(await his.ask("2202", {"data": mixed})) == "nhsa.other_person"
    assert code(await his.ask("2404", {"data": visit.named})) == "nhsa.wrong_care"
    other = await nhsa.His(his.world, "H99010100101").sign_in()
    assert code(await other.ask("2202", {"data": visit.named})) == "nhsa.unknown_visit"


async def test_a_line_without_a_level_is_refused_by_its_path(his: His) -> None:
    visit = await nhsa.registered(his)
    lines = [visit.fee("1", 60), visit.fee("2", 20, chrgitm_lv="")]
    reply = await his.ask("2204", {"feedetail": lines})
    assert code(reply) == "nhsa.charge_level"
    assert "input.feedetail.1.chrgitm_lv" in reply["err_msg"]
    reply = await his.ask("2204", {"feedetail": [visit.fee("1", 60, cnt=2)]})
    assert code(reply) == "claims.charges_do_not_add_up"
    assert "input.feedetail.0.det_item_fee_sumamt" in reply["err_msg"]

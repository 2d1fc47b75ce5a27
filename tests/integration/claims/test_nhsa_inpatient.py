"""An inpatient by the national interface, from the sign-in to the cancelled settlement."""

import pytest

from tests.support import nhsa
from tests.support.nhsa import His, admission, fee, settling

pytestmark = pytest.mark.integration


async def test_an_inpatient_from_sign_in_to_the_cancelled_settlement(his: His) -> None:
    certno = await his.world.insure(categories=["dibao"])
    person = await his.done(
        "1101", {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": certno, "psn_name": "张三"}}
    )
    psn_no = person["baseinfo"]["psn_no"]
    admitted = await his.done("2401", admission(psn_no, certno))
    mdtrt_id = admitted["result"]["mdtrt_id"]
    await his.done("2301", {"feedetail": [fee(mdtrt_id, psn_no, "1", 5000.00)]})
    await his.done("2301", {"feedetail": [fee(mdtrt_id, psn_no, "2", 3766.00)]})
    info = {"mdtrt_id": mdtrt_id, "psn_no": psn_no, "endtime": "2026-03-09 10:00:00"}
    await his.done("2402", {"dscginfo": info, "diseinfo": nhsa.DIAGNOSES})
    preview = await his.done("2303", settling(mdtrt_id, psn_no, 8766.00))
    settled = await his.done("2304", settling(mdtrt_id, psn_no, 8766.00))
    assert len(settled["setlinfo"]) == 41
    differ = {name for name, value in settled["setlinfo"].items() if preview["setlinfo"][name] != value}
    assert differ == {"setl_id", "setl_time", "medins_setl_id"}
    named = {"setl_id": settled["setlinfo"]["setl_id"], "mdtrt_id": mdtrt_id, "psn_no": psn_no}
    assert await his.done("5203", {"data": named}) == settled
    lines = (await his.done("5204", {"data": named}))["feedetail"]
    assert [(line["feedetl_sn"], line["det_item_fee_sumamt"]) for line in lines] == [
        ("1", 5000.0),
        ("2", 3766.0),
    ]
    used = {
        row["cum_type_code"]: row["cum"]
        for row in (await his.done("5206", {"data": {"psn_no": psn_no}}))["cuminfo"]
    }
    assert used["D390100"] == settled["setlinfo"]["hifp_pay"]
    cancelled = await his.done("2305", {"data": named})
    assert cancelled["setlinfo"]["medfee_sumamt"] == -8766.0
    again = await his.done("2304", settling(mdtrt_id, psn_no, 8766.00))
    assert again["setlinfo"]["setl_id"] != settled["setlinfo"]["setl_id"]
    assert again["setlinfo"]["hifp_pay"] == settled["setlinfo"]["hifp_pay"]

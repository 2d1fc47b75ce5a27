"""The sequence of every hospital: sign-in, patient, a stay, an outpatient visit, and their cancellation."""

from deploy.conformance import setlinfo
from deploy.conformance.cases import Case, Patient
from deploy.conformance.link import Link, Message, Reply
from deploy.conformance.sheet import Mismatch, Sheet, output, refused, same
from deploy.conformance.stays import Clinic, Ward, info_of, text


async def sign_in(sheet: Sheet, link: Link) -> None:
    """9001."""
    sheet.part = "签到与人员"
    with sheet.check("9001", "签到取得 sign_no", needed=True):
        reply = await link.send(link.message("9001", {"signIn": {"opter_no": "conformance"}}))
        link.sign_no = text(output(reply), "signinoutb", "sign_no")
    with sheet.check("9001", "应答带 inf_refmsgid（30 位以内）"):
        if not 0 < len(text(reply, "inf_refmsgid")) <= 30:
            raise Mismatch(f"inf_refmsgid 为 {reply['inf_refmsgid']}")


async def patient_of(sheet: Sheet, link: Link, asked: Patient) -> Patient:
    """1101."""
    data = {
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": asked.certno,
        "psn_cert_type": "01",
        "certno": asked.certno,
        "psn_name": asked.name,
    }
    with sheet.check("1101", "查得人员编号与参保信息", needed=True):
        found = output(await link.send(link.message("1101", {"data": data})))
        psn_no = text(found, "baseinfo", "psn_no")
        insured = [row for row in found.get("insuinfo", []) if str(row.get("psn_insu_stas")) == "1"]
        if not insured:
            raise Mismatch("患者没有有效的参保信息，请换一位参保患者")
    with sheet.check("1101", "身份信息均有起始时间"):
        if not all(row.get("begntime") for row in found.get("idetinfo", [])):
            raise Mismatch("idetinfo 缺少 begntime")
    return Patient(asked.certno, asked.name, psn_no, str(insured[0]["insutype"]))


async def used(link: Link, patient: Patient) -> list[tuple[str, str]]:
    """What 5206 says of the patient's year, without what is zero."""
    found = output(await link.send(link.message("5206", {"data": {"psn_no": patient.psn_no}})))
    rows = [(str(row["cum_type_code"]), str(row["cum"])) for row in found["cuminfo"]]
    return sorted((code, amount) for code, amount in rows if float(amount))


async def inpatient(sheet: Sheet, link: Link, case: Case, patient: Patient, number: str) -> None:
    """2401 to 2305."""
    sheet.part = f"住院：{case.title}"
    stay = Ward(link, case, patient, number)
    try:
        await _admitted(sheet, stay)
        await _charged(sheet, stay)
        await _refunded(sheet, stay)
        with sheet.check("2402", "办理出院", needed=True):
            output(await link.send(stay.discharge()))
        with sheet.check("2303", "预结算", needed=True):
            preview = info_of(await link.send(stay.settling("2303")))
        info = await _settled(sheet, stay, stay.settling(), preview)
        await _told_again(sheet, stay, info)
        await _cancelled(sheet, stay, info)
    finally:
        await stay.clear()


async def outpatient(sheet: Sheet, link: Link, case: Case, patient: Patient, number: str) -> None:
    """2201 to 2208."""
    sheet.part = f"门诊：{case.title}"
    visit = Clinic(link, case, patient, number)
    try:
        with sheet.check("2201", "挂号取得就诊编号", needed=True):
            visit.mdtrt_id = text(output(await link.send(visit.registration())), "data", "mdtrt_id")
        with sheet.check("2203", "上传就诊信息", needed=True):
            output(await link.send(visit.information()))
        with sheet.check("2204", "上传费用明细", needed=True):
            output(await link.send(visit.charges("B1")))
        with sheet.check("2205", "撤销明细后可重新上传", needed=True):
            output(await link.send(visit.withdrawal("B1")))
            output(await link.send(visit.charges("B2")))
        with sheet.check("2206", "预结算", needed=True):
            preview = info_of(await link.send(visit.settling("2206A")))
        info = await _settled(sheet, visit, visit.settling(), preview)
        await _cancelled(sheet, visit, info)
    finally:
        await visit.clear()


async def reconciliation(sheet: Sheet, link: Link, patient: Patient) -> None:
    """3201 of a day on which this run settled, so that it cannot be closed yet."""
    sheet.part = "对账"
    today = f"{link.now():%Y-%m-%d}"
    stated = {
        "insutype": patient.insutype,
        "clr_type": "21",
        "setl_optins": link.area,
        "stmt_begndate": today,
        "stmt_enddate": today,
        "refd_setl_flag": "0",
        "medfee_sumamt": 0.00,
        "fund_pay_sumamt": 0.00,
        "acct_pay": 0.00,
        "fixmedins_setl_cnt": 0,
    }
    with sheet.check("3201", "尚未日结的日期对总账：拒绝并说明原因"):
        refused(await link.send(link.message("3201", {"data": stated})))


async def _admitted(sheet: Sheet, stay: Ward) -> None:
    message = stay.admission()
    with sheet.check("2401", "办理入院取得就诊编号", needed=True):
        first = await stay.link.send(message)
        stay.mdtrt_id = text(output(first), "result", "mdtrt_id")
    with sheet.check("2401", "同一 msgid 重发，应答完全相同"):
        same("应答", await stay.link.send(message), first)


async def _charged(sheet: Sheet, stay: Ward) -> None:
    with sheet.check("2301", "费用明细分两次上传", needed=True):
        output(await stay.link.send(stay.charges("B1", slice(0, 2))))
        output(await stay.link.send(stay.charges("B1", slice(2, None))))
    with sheet.check("2302", "撤销全部明细后可重新上传", needed=True):
        everything = {**stay.named(), "feedetl_sn": "0000"}
        output(await stay.link.send(stay.link.message("2302", {"data": [everything]})))
        output(await stay.link.send(stay.charges("B2", slice(None))))


async def _refunded(sheet: Sheet, stay: Ward) -> None:
    """What is charged here is refunded again, so the golden amounts are those of the case."""
    with sheet.check("2301", "退费明细（cnt 为负）冲减原明细，可分次", needed=True):
        output(await stay.link.send(stay.extra("E1", 3)))
        output(await stay.link.send(stay.extra("E2", -1, init_feedetl_sn="E1")))
        output(await stay.link.send(stay.extra("E3", -2)))
    with sheet.check("2301", "超过已收数量的退费：拒绝并说明原因"):
        refused(await stay.link.send(stay.extra("E4", -1)))
    with sheet.check("2301", "从未收取的项目退费：拒绝并说明原因"):
        refused(await stay.link.send(stay.extra("E5", -1, med_list_codg="XKF0010")))


async def _settled(sheet: Sheet, visit: Ward | Clinic, message: Message, preview: Reply) -> Reply:
    infno = message["infno"].removesuffix("A")
    with sheet.check(infno, "结算成功", needed=True):
        first = await visit.link.send(message)
        info = info_of(first)
        visit.setl_id = text(info, "setl_id")
    with sheet.check(infno, "setlinfo 含全部 41 个字段"):
        setlinfo.has_every_field(info)
    with sheet.check(infno, "四个恒等式成立"):
        setlinfo.adds_up(info)
    with sheet.check(infno, "setldetail 与 setlinfo 一致"):
        setlinfo.detail_adds_up(info, first["output"].get("setldetail"))
    with sheet.check(infno, "没有负数金额"):
        setlinfo.nothing_negative(info)
    with sheet.check(infno, "金额与标准案例相同"):
        setlinfo.expected(info, visit.case.expect)
    with sheet.check(infno, "与预结算金额相同"):
        for name in ("medfee_sumamt", "fund_pay_sumamt", "psn_cash_pay", "hosp_part_amt"):
            same(name, setlinfo.amount(info, name), setlinfo.amount(preview, name))
    with sheet.check(infno, "同一 msgid 重发，应答完全相同"):
        same("应答", await visit.link.send(message), first)
    return info


async def _told_again(sheet: Sheet, stay: Ward, info: Reply) -> None:
    named = {"data": {**stay.named(), "setl_id": stay.setl_id}}
    with sheet.check("5203", "查询结算信息与结算应答相同"):
        same("setlinfo", info_of(await stay.link.send(stay.link.message("5203", named))), info)
    with sheet.check("5204", "查询费用明细，合计等于总费用"):
        lines = output(await stay.link.send(stay.link.message("5204", named)))["feedetail"]
        same("行数", len(lines), len(stay.case.lines))
        found = sum(setlinfo.amount(line, "det_item_fee_sumamt") for line in lines)
        same("合计", found, setlinfo.amount(info, "medfee_sumamt"))
    with sheet.check("5206", "年度累计已包含本次结算"):
        year = dict(await used(stay.link, stay.patient))
        if setlinfo.amount(info, "fund_pay_sumamt") + setlinfo.amount(info, "psn_cash_pay") and not year:
            raise Mismatch("结算后累计仍为空")


async def _cancelled(sheet: Sheet, visit: Ward | Clinic, info: Reply) -> None:
    message = visit.cancelling()
    with sheet.check(message["infno"], "撤销结算，各金额为原值取负", needed=True):
        setlinfo.taken_back(info_of(await visit.link.send(message)), info)
    visit.setl_id = ""
    with sheet.check(message["infno"], "撤销后可再次结算，金额不变、结算编号不同"):
        again = info_of(await visit.link.send(visit.settling()))
        visit.setl_id = text(again, "setl_id")
        if again["setl_id"] == info["setl_id"]:
            raise Mismatch("结算编号与已撤销的相同")
        same("基金支付", again["fund_pay_sumamt"], info["fund_pay_sumamt"])

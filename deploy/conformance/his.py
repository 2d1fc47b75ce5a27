"""``his``: everything that a hospital's system does at the interface, against any installation."""

from collections.abc import Awaitable

from deploy.conformance import faults, refusals, sequence
from deploy.conformance.cases import Case, Patient
from deploy.conformance.link import Link
from deploy.conformance.sheet import Over, Sheet, same
from deploy.conformance.stays import Ward


async def play(link: Link, cases: dict[str, Case], asked: Patient) -> Sheet:
    """The whole run. What it settles it cancels, so that the patient's year ends as it began."""
    sheet = Sheet()
    run = f"KF{link.now():%Y%m%d%H%M%S%f}"[:18]
    try:
        await sequence.sign_in(sheet, link)
        patient = await sequence.patient_of(sheet, link, asked)
        with sheet.check("5206", "查询年度累计", needed=True):
            before = await sequence.used(link, patient)
    except Over:
        sheet.skip("签到或人员查询未通过，后续无法进行")
        return sheet
    stay_case, visit_case = cases["inpatient"], cases["outpatient"]
    await _part(sheet, sequence.inpatient(sheet, link, stay_case, patient, f"{run}A"))
    await _part(sheet, sequence.outpatient(sheet, link, visit_case, patient, f"{run}B"))
    for place in range(len(faults.SCRIPT)):
        await _part(sheet, faults.play(sheet, link, stay_case, patient, f"{run}F{place}", place))
    await _part(sheet, sequence.reconciliation(sheet, link, patient))
    await _part(sheet, refusals.play(sheet, link, Ward(link, stay_case, patient, f"{run}R")))
    sheet.part = "收尾"
    with sheet.check("5206", "全部撤销后，年度累计与开始时相同"):
        same("年度累计", await sequence.used(link, patient), before)
    return sheet


async def _part(sheet: Sheet, part: Awaitable[None]) -> None:
    try:
        await part
    except Over:
        sheet.skip("前一项未通过")

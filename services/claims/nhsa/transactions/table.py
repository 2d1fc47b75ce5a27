"""Every transaction that the window knows, with its input and what does it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from services.claims.nhsa import inputs
from services.claims.nhsa.fields import Part
from services.claims.nhsa.transactions import fees, people, reconcile, reversing, settle, visits
from services.claims.nhsa.transactions.base import At, Done


class Transaction(NamedTuple):
    """A transaction of the interface."""

    title: str
    input: type[Part]
    run: Callable[[At, Any], Awaitable[Done]]


SIGN_IN: Final = "9001"
TRANSACTIONS: Final[Mapping[str, Transaction]] = {
    SIGN_IN: Transaction("签到", inputs.SignInInput, people.sign_in),
    "1101": Transaction("人员信息获取", inputs.PersonInput, people.person),
    "2201": Transaction("门诊挂号", inputs.RegistrationInput, visits.register),
    "2202": Transaction("门诊挂号撤销", inputs.VisitInput, visits.cancel_registration),
    "2203": Transaction("门诊就诊信息上传", inputs.OutpatientInput, visits.inform),
    "2204": Transaction("门诊费用明细上传", inputs.FeesInput, fees.upload_outpatient),
    "2205": Transaction("门诊费用明细撤销", inputs.BatchInput, fees.withdraw_batch),
    "2206": Transaction("门诊预结算", inputs.SettlingInput, settle.preview_outpatient),
    "2207": Transaction("门诊结算", inputs.SettlingInput, settle.settle_outpatient),
    "2208": Transaction("门诊结算撤销", inputs.SettlementInput, settle.cancel_settlement),
    "2301": Transaction("住院费用明细上传", inputs.FeesInput, fees.upload_inpatient),
    "2302": Transaction("住院费用明细撤销", inputs.FeeNamesInput, fees.withdraw_lines),
    "2303": Transaction("住院预结算", inputs.SettlingInput, settle.preview_inpatient),
    "2304": Transaction("住院结算", inputs.SettlingInput, settle.settle_inpatient),
    "2305": Transaction("住院结算撤销", inputs.SettlementInput, settle.cancel_settlement),
    "2401": Transaction("入院办理", inputs.AdmissionInput, visits.admit),
    "2402": Transaction("出院办理", inputs.DischargeInput, visits.discharge),
    "2404": Transaction("入院撤销", inputs.VisitInput, visits.cancel_admission),
    "2405": Transaction("出院撤销", inputs.VisitInput, visits.cancel_discharge),
    reversing.INFNO: Transaction("冲正", inputs.ReversalInput, reversing.reverse),
    "3201": Transaction("医药机构费用结算对总账", inputs.TotalsInput, reconcile.totals),
    "3202": Transaction("医药机构费用结算对明细账", inputs.DetailsInput, reconcile.details),
    "5203": Transaction("结算信息查询", inputs.SettlementInput, settle.settlement),
    "5204": Transaction("费用明细查询", inputs.SettlementInput, settle.charge_lines),
    "5206": Transaction("人员累计信息查询", inputs.PersonYearInput, people.accumulated),
}

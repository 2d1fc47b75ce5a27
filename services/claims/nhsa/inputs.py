"""The inputs of the transactions: the fields that are read, by the standard's names. Others are ignored."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from services.claims.nhsa.fields import (
    Amount,
    Count,
    Maybe3,
    Maybe6,
    Maybe10,
    Maybe20,
    Maybe30,
    Maybe50,
    Maybe200,
    MaybeAmount,
    MaybeMoment,
    MaybePrice,
    MaybeRate,
    Moment,
    Part,
    Price,
    Quantity,
    Text3,
    Text6,
    Text20,
    Text30,
    Text50,
    blank,
    marks,
)
from services.claims.nhsa.vouchers import Voucher
from services.claims.settlements.fields import MAX_CHARGES

MAX_DIAGNOSES = 50
MAX_DETAILS = 20_000
_FEES = marks("[A-Za-z0-9_.:/-]+", "只能含字母、数字和 _.:/-", "may hold letters, digits and _.:/- only")
_ICD = marks(
    "[A-Z][0-9][0-9A-Za-z.+*/-]*",
    "应为医保版疾病诊断编码，如 I63.900",
    "must be a diagnosis code such as I63.900",
)
Number = Annotated[
    Text30, marks("[A-Za-z0-9_.-]+", "只能含字母、数字和 _.-", "may hold letters, digits and _.- only")
]
DiagnosisCode = Annotated[Text20, _ICD]
FeeNumber = Annotated[Text30, _FEES]
ItemCode = Annotated[Text50, _FEES]
Flag = Annotated[Maybe3, Field(description="0 否，1 是")]


class SignIn(Part):
    """Who signs in, and where."""

    opter_no: Text20
    mac: Maybe20 = None
    ip: Maybe20 = None


class SignInInput(Part):
    """9001."""

    signIn: SignIn


class Shown(Part):
    """The voucher that a patient shows, and whose it is said to be.

    ``mdtrt_cert_no`` is the token of an electronic voucher (01), an ID number (02) or the number of a card
    (03). ``card_sn`` is what a reader needs of a card; it names nobody.
    """

    mdtrt_cert_type: Text3
    mdtrt_cert_no: Text50
    psn_cert_type: Maybe6 = None
    certno: Maybe50 = None
    psn_name: Maybe50 = None

    @property
    def voucher(self) -> Voucher:
        """What it says about a person's number."""
        return Voucher(self.mdtrt_cert_type, self.mdtrt_cert_no, self.psn_cert_type, self.certno)


class PersonAsked(Shown):
    """Whom a hospital asks about."""

    begntime: MaybeMoment = None


class PersonInput(Part):
    """1101."""

    data: PersonAsked


class Registration(Shown):
    """An outpatient registers."""

    psn_no: Text30
    insutype: Text6
    begntime: Moment
    ipt_otp_no: Number


class RegistrationInput(Part):
    """2201."""

    data: Registration


class VisitNamed(Part):
    """A visit of a person."""

    psn_no: Text30
    mdtrt_id: Text30
    ipt_otp_no: Maybe30 = None


class VisitInput(Part):
    """2202, 2404, 2405."""

    data: VisitNamed


class Diagnosed(Part):
    """A diagnosis; the main one has maindiag_flag 1, else the lowest diag_srt_no."""

    diag_type: Maybe3 = None
    diag_srt_no: Count
    diag_code: DiagnosisCode
    diag_name: Maybe200 = None
    maindiag_flag: Flag = None
    vali_flag: Flag = None


Diagnoses = Annotated[list[Diagnosed], Field(min_length=1, max_length=MAX_DIAGNOSES)]


class OutpatientVisit(Part):
    """What an outpatient is treated for."""

    mdtrt_id: Text30
    psn_no: Text30
    med_type: Text6
    begntime: Moment
    dise_codg: Maybe30 = None


class OutpatientInput(Part):
    """2203."""

    mdtrtinfo: OutpatientVisit
    diseinfo: Diagnoses


class Fee(Part):
    """One line of the bill; with a negative ``cnt`` it takes back what was charged (退费).

    A refund may name its line in ``init_feedetl_sn``. ``chrgitm_lv``, ``selfpay_prop`` and
    ``pric_uplmt_amt`` are what the hospital has from the downloaded catalogue; where the platform has a
    catalogue, that decides.
    """

    feedetl_sn: FeeNumber
    init_feedetl_sn: Annotated[Maybe30, Field(description="原费用流水号：退费所退的明细")] = None
    mdtrt_id: Text30
    psn_no: Text30
    chrg_bchno: Maybe30 = None
    med_list_codg: ItemCode
    medins_list_name: Maybe200 = None
    det_item_fee_sumamt: Amount
    cnt: Quantity
    pric: Price
    fee_ocur_time: MaybeMoment = None
    med_chrgitm_type: Maybe6 = None
    chrgitm_lv: Maybe3 = None
    selfpay_prop: MaybeRate = None
    pric_uplmt_amt: MaybePrice = None


class FeesInput(Part):
    """2204, 2301."""

    feedetail: Annotated[list[Fee], Field(min_length=1, max_length=MAX_CHARGES)]


class BatchNamed(Part):
    """A batch of charges; "0000" are all of the visit."""

    mdtrt_id: Text30
    psn_no: Text30
    chrg_bchno: Text30


class BatchInput(Part):
    """2205."""

    data: BatchNamed


class FeeNamed(Part):
    """A line of charges; "0000" are all of the visit."""

    feedetl_sn: Text30
    mdtrt_id: Text30
    psn_no: Text30


def _listed(value: Any) -> Any:
    """One line is a list of one."""
    return [value] if isinstance(value, dict) else value


class FeeNamesInput(Part):
    """2302."""

    data: Annotated[list[FeeNamed], Field(min_length=1, max_length=MAX_CHARGES), BeforeValidator(_listed)]


class Settling(Part):
    """A pre-settlement or settlement; sums that are given have to be those of the uploaded lines."""

    psn_no: Text30
    mdtrt_id: Text30
    medfee_sumamt: Amount
    mdtrt_cert_type: Maybe3 = None
    mdtrt_cert_no: Maybe50 = None
    psn_cert_type: Maybe6 = None
    certno: Maybe50 = None
    med_type: Maybe6 = None
    chrg_bchno: Maybe30 = None
    insutype: Maybe6 = None
    psn_setlway: Maybe6 = None
    acct_used_flag: Flag = None
    mid_setl_flag: Flag = None
    invono: Maybe20 = None
    fulamt_ownpay_amt: MaybeAmount = None
    overlmt_selfpay: MaybeAmount = None
    preselfpay_amt: MaybeAmount = None
    inscp_scp_amt: MaybeAmount = None
    dscg_time: MaybeMoment = None


class SettlingInput(Part):
    """2206, 2207, 2303, 2304."""

    data: Settling


class SettlementNamed(Part):
    """A settlement of a visit."""

    setl_id: Text30
    mdtrt_id: Maybe30 = None
    psn_no: Maybe30 = None


class SettlementInput(Part):
    """2208, 2305, 5203, 5204."""

    data: SettlementNamed


class Admission(Shown):
    """An inpatient is admitted."""

    psn_no: Text30
    insutype: Text6
    begntime: Moment
    med_type: Text6
    ipt_no: Number
    refl_no: Maybe30 = None


class AdmissionInput(Part):
    """2401."""

    mdtrtinfo: Admission
    diseinfo: Diagnoses


class Discharge(Part):
    """An inpatient leaves."""

    mdtrt_id: Text30
    psn_no: Text30
    endtime: Moment


class DischargeInput(Part):
    """2402."""

    dscginfo: Discharge
    diseinfo: Diagnoses


class ReversalNamed(Part):
    """The message whose outcome is to have no effect."""

    psn_no: Maybe30 = None
    omsgid: Text30
    oinfno: Text6


class ReversalInput(Part):
    """2601."""

    data: ReversalNamed


class TotalsStated(Part):
    """What a hospital adds up for a stretch of days."""

    insutype: Text6
    clr_type: Text6
    setl_optins: Maybe10 = None
    stmt_begndate: Moment
    stmt_enddate: Moment
    refd_setl_flag: Flag = None
    medfee_sumamt: Amount
    fund_pay_sumamt: Amount
    acct_pay: Amount
    fixmedins_setl_cnt: Count


class TotalsInput(Part):
    """3201."""

    data: TotalsStated


class DetailStated(Part):
    """A settlement (or, with refd_setl_flag 1, a cancellation) as the hospital has it."""

    setl_id: Text30
    mdtrt_id: Maybe30 = None
    psn_no: Maybe30 = None
    msgid: Maybe30 = None
    refd_setl_flag: Flag = None
    medfee_sumamt: Amount
    fund_pay_sumamt: Amount
    acct_pay: Amount = 0


class DetailsStated(Part):
    """What a hospital has of a stretch of days. The list comes in the message; a file may be sent so too."""

    setl_optins: Maybe10 = None
    clr_type: Maybe6 = None
    insutype: Maybe6 = None
    stmt_begndate: Moment
    stmt_enddate: Moment
    refd_setl_flag: Annotated[Flag, Field(description="0 只对结算，1 只对退费，省略则都对")] = None
    fixmedins_setl_cnt: Annotated[Count | None, BeforeValidator(blank)] = None
    detail: Annotated[list[DetailStated], Field(max_length=MAX_DETAILS)]


class DetailsInput(Part):
    """3202."""

    data: DetailsStated


class PersonYear(Part):
    """A person and a year (or a month, whose year counts)."""

    psn_no: Text30
    cum_ym: Annotated[Maybe6, Field(description="年度 2026 或年月 202603")] = None


class PersonYearInput(Part):
    """5206."""

    data: PersonYear

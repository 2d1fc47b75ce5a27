"""Requests and replies of keeping funds. Amounts are strings in yuan."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.fields import Body, CodeText, CountyCode, Day, RateOut, Reply, ShortText, Year, Yuan, YuanOut

Kind = Literal["receipt", "reserve_use", "advance", "clawback", "reversal"]
State = Literal["prepared", "approved", "rejected", "reversed"]
Warning_ = Literal["above_due", "past_year", "looks_alike"]
Payer = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", examples=["basic_insurance"])]
Source = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z_]{0,31}$",
        examples=["central"],
        description="资金来源：personal 个人缴费，central 中央，province 省，city 市，county 县，"
        "donation 捐赠，或其他",
    ),
]
Words = Annotated[str, Field(min_length=2, max_length=500)]
MAX_RECEIPTS = 200


class ReceiptLine(Body):
    """One amount that arrived in the county's special account."""

    payer: Annotated[Payer, Field(description="到位资金所属的基金（支付方）")]
    source: Source
    amount: Yuan
    received_on: Day
    bank_reference: Annotated[CodeText, Field(description="银行流水号，同一县内不能重复")]
    document: Annotated[ShortText, Field(description="拨款文号或缴费汇总凭证")]
    note: Words | None = None


class ReceiptRequest(ReceiptLine):
    """Money that arrived for one fund of a county and year."""

    county: CountyCode
    year: Year


class ReceiptsRequest(Body):
    """Several receipts of one county and year; all or none, and only when the stated total is right."""

    county: CountyCode
    year: Year
    total: Annotated[Yuan, Field(description="申报合计，须等于各笔之和")]
    items: Annotated[list[ReceiptLine], Field(min_length=1, max_length=MAX_RECEIPTS)]


class WarningCount(Reply):
    """How many receipts of a file have something unusual that an approver has to accept."""

    code: str
    text: str
    count: int


class FileReceipt(Reply):
    """A row of a file and the receipt it made, or that stands already; no id on a dry run."""

    row: Annotated[int, Field(description="文件中的行号，从 1 开始")]
    id: UUID | None
    state: State
    bank_reference: str
    amount: YuanOut
    warnings: list[str]


class ReceiptFileReply(Reply):
    """What a file of money received did: all of it is prepared, somebody else approves each receipt."""

    county: str
    dry_run: bool
    rows: int
    created: Annotated[int, Field(description="新登记的笔数")]
    unchanged: Annotated[int, Field(description="此前已登记、内容相同的笔数")]
    total: YuanOut
    warnings: list[WarningCount]
    ignored_columns: list[str]
    items: list[FileReceipt]


class ReserveUseRequest(Body):
    """Use of the risk reserve to cover the basic insurance fund's deficit."""

    county: CountyCode
    year: Year
    amount: Yuan
    on: Day
    document: Annotated[ShortText, Field(description="批准文号")]
    note: Words | None = None


class RepaymentLine(Body):
    """A part of an advance and the day by which it is taken back."""

    due_on: Day
    amount: Yuan


class AdvanceRequest(ReserveUseRequest):
    """Money that the upper-level risk-adjustment fund advances to this year's fund (S-25)."""

    bank_reference: CodeText
    schedule: Annotated[
        list[RepaymentLine],
        Field(min_length=1, max_length=24, description="扣回计划：次年各期，合计等于预拨"),
    ]


class ClawbackRequest(ReserveUseRequest):
    """What the upper-level risk-adjustment fund takes back; ``year`` is the year whose fund repays."""

    bank_reference: CodeText


class ReverseRequest(Body):
    """Why an operation is taken back."""

    reason: Words


class ApproveRequest(Body):
    """The approver's word; ``accept`` names every warning of the operation."""

    accept: Annotated[tuple[Warning_, ...], Field(max_length=10, description="确认的提示事项")] = ()
    note: Words | None = None


class ApproveReceiptsRequest(ApproveRequest):
    """The approver's word on several receipts, such as those of one file; all are booked, or none."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_RECEIPTS)]


class WarningReply(Reply):
    """Something unusual that an approver has to accept."""

    code: str
    text: str


class RepaymentReply(Reply):
    """A planned repayment of an advance."""

    due_on: date
    amount: YuanOut


class OperationReply(Reply):
    """One operation on a county's funds: prepared by one person, decided by another."""

    id: UUID
    kind: Kind
    state: State
    county: str
    year: int
    payer: str
    source: str | None
    amount: YuanOut
    on: Annotated[date, Field(description="到账或业务日期")]
    bank_reference: str | None
    document: str
    note: str | None
    warnings: list[WarningReply]
    accepted: list[str]
    schedule: list[RepaymentReply]
    reverses: UUID | None
    prepared_at: datetime
    prepared_by: str
    decided_at: datetime | None
    decided_by: str | None
    decision_note: str | None
    transfers: Annotated[str | None, Field(description="台账凭证号；入账之后才有")]


class OperationsReply(Reply):
    """Operations prepared together, and what they add up to."""

    items: list[OperationReply]
    total: YuanOut


class ScheduleLine(Reply):
    """A repayment with what was taken back of it; ``overdue`` when its day is over without all of it."""

    advance_id: UUID
    due_on: date
    amount: YuanOut
    recovered: YuanOut
    overdue: bool


class RiskFundReply(Reply):
    """What the upper-level risk-adjustment fund advanced, took back and is owed, by the ledger."""

    county: str
    advanced: YuanOut
    clawed_back: YuanOut
    owed: YuanOut
    schedule: list[ScheduleLine]


class Share(Reply):
    """A rate with its numerator and denominator in fen; rounded half-up to four decimals."""

    numerator_fen: int
    denominator_fen: int
    rate: RateOut


class SourceLine(Reply):
    """What one source owes by the plan, what arrived, and what is missing; ``due`` is null without a plan."""

    source: str
    due: YuanOut | None
    received: YuanOut
    arrears: YuanOut | None


class SetApart(Reply):
    """Money set apart from a fund, and what was taken from it."""

    set_apart: YuanOut
    used: YuanOut
    left: YuanOut


class Commitments(Reply):
    """What open visits will probably cost the fund."""

    visits: int
    amount: YuanOut


class FundReply(Reply):
    """One payer's fund. balance = raised − set apart + received otherwise − payouts − owed; available =
    balance − commitments. ``raised`` counts what is due by the plan where there is one (S-20 shows what of it
    has arrived), else what was received.
    """

    payer: str
    sources: list[SourceLine]
    due: YuanOut | None
    received: YuanOut
    arrears: YuanOut | None
    risk_reserve: SetApart | None
    outpatient_account: SetApart | None
    pooled: Annotated[YuanOut, Field(description="可用统筹资金：筹集减风险基金和门诊账户；无方案的为到位数")]
    commitments: Commitments
    payouts: Annotated[YuanOut, Field(description="已支付，减撤销、调减")]
    payouts_gross: YuanOut
    payouts_reversed: YuanOut
    deductions_returned: Annotated[YuanOut, Field(description="审核扣减收回")]
    advanced: Annotated[YuanOut, Field(description="上级风险调剂金预拨")]
    advance_owed: Annotated[YuanOut, Field(description="应由本年度基金归还的预拨")]
    other: Annotated[YuanOut, Field(description="其他收支净额，收入为正")]
    balance: YuanOut
    available: YuanOut
    cash: Annotated[YuanOut, Field(description="按到位数计算的余额：余额减欠拨，即尚可动用的现金")]
    utilisation: Annotated[Share, Field(description="基金使用率：已支付 ÷ 可用统筹资金")]


class FundsReply(Reply):
    """All funds of a county and year, by the ledger."""

    county: str
    year: int
    funds: list[FundReply]
    bank: Annotated[YuanOut, Field(description="财政专户余额（全部年度）")]
    provider_due: Annotated[YuanOut, Field(description="本年度应付医疗机构未付")]
    provider_paid: Annotated[YuanOut, Field(description="本年度已付医疗机构")]

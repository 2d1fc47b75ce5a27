"""Requests and replies of payment batches. Amounts are strings in yuan."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.claims.payments.rules import SetOffRule
from services.claims.providers.schemas import FacilityCode
from shared.fields import Body, CountyCode, Day, Rate, Reply, Yuan, YuanOut

MAX_ADVANCES = 500
MAX_CHOSEN = 5_000
BatchKind = Literal["provider", "advance", "card"]
BatchState = Literal[
    "prepared", "cancelled", "approved", "exported", "partly_confirmed", "confirmed", "returned"
]
ItemState = Literal[
    "payable",
    "unpayable",
    "carried_forward",
    "offset",
    "cancelled",
    "in_payment",
    "paid",
    "failed",
    "bank_returned",
    "retried",
    "returned",
]
Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-10"])]
Remark = Annotated[str, Field(min_length=1, max_length=500)]


class PrepareRequest(Body):
    """Pay everything booked up to a day and paid by no batch yet, to providers or to people by card."""

    county: CountyCode
    kind: Annotated[Literal["provider", "card"], Field(description="provider 医疗机构；card 个人（一卡通）")]
    month: Annotated[Month | None, Field(description="清算月份：截至该月末（当月截至今天）")] = None
    through: Annotated[Day | None, Field(description="截止日（记账日期，含当天）；与 month 二选一")] = None


class AdvanceLine(Body):
    """An advance to one provider, and how it is kept back from its later payments."""

    facility_code: FacilityCode
    amount: Annotated[Yuan, Field(gt=0)]
    set_off: Annotated[
        SetOffRule,
        Field(description="抵扣方式：all 全额抵扣；instalment 每批固定金额；share 每批应付款的一定比例"),
    ]
    instalment: Annotated[Yuan | None, Field(gt=0, description="每批抵扣金额")] = None
    rate: Annotated[Rate | None, Field(gt=0, description="每批抵扣比例")] = None
    set_off_from: Annotated[Day | None, Field(description="从截止日不早于这一天的批次起抵扣")] = None


class AdvanceRequest(Body):
    """Advances (垫付、预拨) to providers, paid like any other batch."""

    county: CountyCode
    advances: Annotated[list[AdvanceLine], Field(min_length=1, max_length=MAX_ADVANCES)]


class NoteRequest(Body):
    """A remark for the file."""

    note: Remark | None = None


class PaymentApproval(NoteRequest):
    """The approver's word. A batch that the special account cannot pay needs more than a yes."""

    despite_shortfall: Annotated[
        bool, Field(description="专户可用资金不足仍予审批；须在 note 中注明理由，记入办理过程")
    ] = False


class ChooseRequest(Body):
    """Items that failed or came back by their number; without numbers all of them."""

    items: Annotated[
        list[Annotated[int, Field(strict=True, ge=1)]] | None, Field(min_length=1, max_length=MAX_CHOSEN)
    ] = None
    note: Remark | None = None


class BankReturn(Body):
    """A payment that the bank had reported paid, and that came back (退汇) as a whole."""

    no: Annotated[int, Field(strict=True, ge=1, description="明细序号")]
    amount: Annotated[Yuan, Field(gt=0, description="退汇金额，须等于已付金额")]
    returned_on: Annotated[Day, Field(description="退汇入账日期")]
    reason: Annotated[str, Field(min_length=1, max_length=200, description="退汇原因")]


class BankReturnsRequest(Body):
    """What the bank's statement shows as returned, of one batch; all of it is booked, or nothing."""

    returns: Annotated[list[BankReturn], Field(min_length=1, max_length=MAX_CHOSEN)]
    note: Remark | None = None


class CountSum(Reply):
    """Items in one state, and what they come to."""

    state: ItemState
    count: int
    amount: YuanOut


class BatchSummary(Reply):
    """One batch. ``amount`` is what is paid, or would be."""

    id: UUID
    county: str
    kind: BatchKind
    state: BatchState
    through: date
    retry_of: Annotated[UUID | None, Field(description="重发哪一批的失败明细")]
    prepared_at: datetime
    prepared_by: str
    approved_at: datetime | None
    approved_by: str | None
    exported_at: datetime | None
    digest: Annotated[str | None, Field(description="支付文件 pain.001 的 SHA-256")]


class StepReply(Reply):
    """What was done, by whom, when."""

    action: str
    state: BatchState
    at: datetime
    by: str
    details: dict[str, Any]


class Means(Reply):
    """What the county's special account can pay, over all years, by what is booked."""

    balance: Annotated[YuanOut, Field(description="专户账面余额")]
    promised: Annotated[YuanOut, Field(description="已审批、银行未确认的其他付款")]
    available: Annotated[YuanOut, Field(description="可用：余额减已批在途")]
    missing: Annotated[YuanOut, Field(description="支付本批次还差多少")]


class BatchReply(BatchSummary):
    """One batch with its totals and its history."""

    message_id: Annotated[str, Field(description="批次号，银行回执据此对应")]
    items: list[CountSum]
    payable: Annotated[YuanOut, Field(description="支付（拟支付）总额")]
    payable_count: int
    payable_words: Annotated[str, Field(description="支付总额大写")]
    means: Annotated[Means | None, Field(description="编制时专户能否支付；审批之后不再列出")]
    unassigned: Annotated[int, Field(description="无法确定收款人的记账笔数，留待后续批次")]
    unassigned_amount: YuanOut
    steps: list[StepReply]


class PartReply(Reply):
    """What one kind of transfers comes to: settlements − reversals ± adjustments − deductions …"""

    part: str
    count: int
    amount: YuanOut


class ItemReply(Reply):
    """One payee's line: ``gross`` − ``set_off`` = ``amount``."""

    id: UUID
    no: int
    payee_kind: str
    payee: str
    state: ItemState
    parts: list[PartReply]
    gross: YuanOut
    set_off: Annotated[YuanOut, Field(description="抵扣预拨（垫付）款")]
    amount: YuanOut
    account: Annotated[str | None, Field(description="收款账号（已隐去）")]
    shared_account: Annotated[bool, Field(description="另有收款方使用同一账号，请核实")]
    replaces: Annotated[UUID | None, Field(description="重发的失败明细")]
    failure: str | None
    decided_on: date | None
    returned_on: Annotated[date | None, Field(description="付款成功后又被银行退回（退汇）的日期")]


class HeldReply(Reply):
    """A transfer behind a line; ``held`` is false where a later batch may take it."""

    no: int
    booked_at: datetime
    kind: str
    part: str
    amount: YuanOut
    settlement_id: UUID | None
    reference: str | None
    held: bool


class ExportReply(Reply):
    """The file of a batch as it goes to the bank."""

    batch: BatchReply
    message_id: str
    digest: str
    items: int
    amount: YuanOut
    files: list[str]


class ResultReply(Reply):
    """What a file of the bank changed."""

    batch: BatchReply
    already_imported: Annotated[bool, Field(description="同一文件此前已导入，本次没有变化")]
    paid: int
    paid_amount: YuanOut
    failed: int
    failed_amount: YuanOut
    returned: Annotated[int, Field(description="退汇：此前已付、现被银行退回的笔数")]
    returned_amount: YuanOut
    pending: int

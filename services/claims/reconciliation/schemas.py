"""Requests and replies of the reconciliation. Amounts are strings in yuan."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.claims.providers.schemas import FacilityCode, VisitType
from services.claims.reconciliation.rules import Kind
from services.claims.settlements.schemas import AmountText
from shared.fields import Body, Count, CountyCode, Day, Reply, ShortText, Yuan

State = Literal["equal", "open", "repaired"]


class GivenTotals(Body):
    """The hospital's own totals of the period."""

    count: Annotated[Count, Field(description="笔数")]
    total: Annotated[Yuan, Field(description="医疗费总额")]
    fund: Annotated[Yuan, Field(description="基金支付总额（不含医院负担）")]
    account: Annotated[Yuan, Field(description="个人账户支付")] = 0


class GivenLine(Body):
    """One line of the hospital's list; it names our settlement or the hospital's visit number."""

    refund: Annotated[bool, Field(description="退费（撤销）为 true")] = False
    settlement_id: UUID | None = None
    visit_no: ShortText | None = None
    message_id: Annotated[ShortText | None, Field(description="医院发送该笔结算的报文号")] = None
    total: Yuan
    fund: Yuan
    account: Yuan = 0


class ReconciliationRequest(Body):
    """Calendar days of settling (China), both included; what is left out is not compared."""

    facility_code: FacilityCode
    first_day: Day
    last_day: Day
    county: Annotated[CountyCode | None, Field(description="只对某县基金支付的结算；省略则全部")] = None
    visit_types: Annotated[
        list[VisitType] | None, Field(min_length=1, max_length=4, description="只对这些就诊类型；省略则全部")
    ] = None
    settlements: GivenTotals
    refunds: GivenTotals | None = None
    lines: Annotated[
        list[GivenLine] | None, Field(max_length=20_000, description="明细（结算和退费），最多 20000 行")
    ] = None


class AmountsReply(Reply):
    """Three amounts of one side."""

    total: AmountText
    fund: AmountText
    account: AmountText


class TotalsReply(Reply):
    """Totals of one side."""

    count: int
    total: AmountText
    fund: AmountText
    account: AmountText


class ComparedTotals(Reply):
    """Both sides' totals."""

    theirs: TotalsReply
    ours: TotalsReply
    equal: bool


class DifferenceReply(Reply):
    """One difference and what to do about it."""

    kind: Kind
    refund: bool
    settlement_id: str | None
    visit_no: str | None
    message_id: str | None
    theirs: AmountsReply | None
    ours: AmountsReply | None
    day: Annotated[date | None, Field(description="中心记账日期")]
    what_to_do: str
    what_to_do_en: str


class Result(Reply):
    """What one run found; ``differences`` are at most the first 1,000, ``by_kind`` counts all."""

    settlements: Annotated[ComparedTotals | None, Field(description="结算汇总；未比对则为 null")]
    refunds: Annotated[ComparedTotals | None, Field(description="退费汇总；未比对则为 null")]
    lines: Annotated[int | None, Field(description="医院上传的明细行数")]
    by_kind: dict[str, int]
    differences: list[DifferenceReply]


class ReconciliationSummary(Reply):
    """One run: who compared what, when, and whether it was equal."""

    id: UUID
    facility_code: str
    first_day: date
    last_day: date
    county: str | None
    visit_types: list[str] | None
    scheme: Annotated[str | None, Field(description="只对此险种；未限制则为 null")]
    compared: Annotated[
        list[str],
        Field(description="比对的内容：settlements、refunds 为结算、退费汇总，lines、refund_lines 为其明细"),
    ]
    state: Annotated[State, Field(description="equal 相符，open 有差异，repaired 后续对账已相符")]
    equal: bool
    differences: int
    run_at: datetime
    run_by: str
    msgid: Annotated[str | None, Field(description="由国家接口 3201、3202 发起的，其报文编号")]
    repaired_by: Annotated[UUID | None, Field(description="相符的那次对账")]
    repaired_at: datetime | None


class ReconciliationReply(ReconciliationSummary):
    """One run with what it found."""

    result: Result

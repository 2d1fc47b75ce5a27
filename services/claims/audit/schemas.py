"""Requests and replies of the audit. Amounts are strings in yuan."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from shared.fields import Body, CountyCode, Day, Reply, Yuan, YuanOut

State = Literal["found", "notified", "stated", "dismissed", "deducted", "given_back", "void"]
MonthText = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-03"])]
Words = Annotated[str, Field(min_length=2, max_length=2_000)]


class RunRequest(Body):
    """Audit the settlements of a county by month of discharge."""

    county: CountyCode
    month: Annotated[MonthText, Field(description="出院月份，须已结束")]


class RunReply(Reply):
    """What a run looked at and found; ``added`` are the findings that no earlier run had."""

    id: UUID
    county: str
    month: str
    run_at: datetime
    run_by: str
    settlements: int
    found: int
    added: Annotated[int, Field(description="其中此前未发现的")]
    by_rule: dict[str, int]


class RuleReply(Reply):
    """One rule with its source."""

    id: str
    kind: str
    title: str
    source: str
    clause: str
    verified: Annotated[bool, Field(description="条款和数值是否已与原文核对")]
    valid_from: date
    valid_to: date | None


class NotifyRequest(Body):
    """Tell the provider; it has the days of the rules for its defence."""

    note: Words | None = None


class StatementRequest(Body):
    """The provider's defence."""

    statement: Annotated[Words, Field(description="申辩意见，不含个人信息")]
    hearing: Annotated[bool, Field(description="要求听证")] = False


class HearingRequest(Body):
    """What was said at the hearing."""

    held_on: Day
    minutes: Words


class DecisionRequest(Body):
    """The decision of a second person."""

    decision: Annotated[Literal["dismiss", "deduct"], Field(description="不予扣减、扣减")]
    amount: Annotated[Yuan | None, Field(description="扣减金额，不超过基金对该笔的支付")] = None
    reason: Words


class StepReply(Reply):
    """What was done, by whom, when."""

    action: str
    state: State
    at: datetime
    by: str
    details: dict[str, Any]


class FindingSummary(Reply):
    """One finding: rule and clause, what it is about, what is at stake, how that was worked out."""

    id: UUID
    county: str
    facility_code: str
    month: str
    rule: str
    rule_valid_from: date
    kind: str
    title: str
    source: str
    clause: str
    verified: bool
    settlement_id: Annotated[UUID | None, Field(description="null 表示针对该机构整月")]
    line_nos: Annotated[list[int], Field(description="费用明细行号；空表示整笔")]
    at_stake: YuanOut
    text: str
    arithmetic: dict[str, Any]
    found_at: datetime
    state: State
    statement_due: date | None
    deducted: Annotated[YuanOut | None, Field(description="决定扣减的金额")]
    given_back: Annotated[YuanOut, Field(description="其中因单据撤销或重新核算而退回的")]


class FindingReply(FindingSummary):
    """One finding with its history, and what a deduction took for which fund."""

    hearing_wanted: bool | None
    heard_on: date | None
    steps: list[StepReply]
    transfer: Annotated[str | None, Field(description="台账凭证号")]

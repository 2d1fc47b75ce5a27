"""Requests and replies of the relapse insurance. Amounts are strings in yuan."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.fields import Body, CountyCode, Day, RateOut, Reply, ShortText, Year, Yuan, YuanOut

ClassText = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,59}$", examples=["non_poor_low_income"])]
Words = Annotated[str, Field(min_length=1, max_length=500)]
State = Literal["alert", "home_verification", "public_notice", "payable", "paid", "rejected"]


class RelapsePreviewRequest(Body):
    """What the year's own payment of a household of a class would give on a day."""

    household_class: Annotated[ClassText, Field(alias="class", description="家庭类别，见政策包")]
    own_payment: Annotated[Yuan, Field(description="本年累计个人负担")]
    on: Annotated[Day, Field(description="按这一天有效的政策")]
    county: Annotated[CountyCode | None, Field(description="县级区划代码；令牌只管一个县时可省略")] = None
    already_paid: Annotated[Yuan, Field(description="本年已赔付")] = 0


class TierLine(Reply):
    """What one tier adds; the amounts add up to ``due`` unless a yearly limit cuts it."""

    above: YuanOut
    up_to: YuanOut
    rate: RateOut
    amount: YuanOut


class PolicyRef(Reply):
    """The policy version that decided."""

    pack: str
    version: str


class RelapsePayout(Reply):
    """What is paid and why: ``payout`` = ``due`` for the year so far − ``already_paid``."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    household_class: Annotated[str, Field(serialization_alias="class")]
    class_title: str
    own_payment: YuanOut
    deductible: YuanOut
    tiers: list[TierLine]
    due: YuanOut
    already_paid: YuanOut
    payout: YuanOut
    payer: str
    policy: PolicyRef
    rule: str
    clause: str
    source: str
    verified: Annotated[bool, Field(description="条款是否已与原文核对")]
    sentences: list[str]
    detail: Annotated[dict[str, Any], Field(description="机器可读：基数、参数、规则、算式（分）")]


class OpenRequest(Body):
    """A claim on the year's own payment of a household; the payee is one of its members."""

    household_id: UUID
    payee_id: Annotated[UUID, Field(description="领款人（家庭成员），通过一卡通发放")]
    year: Year
    household_class: Annotated[ClassText, Field(alias="class", description="家庭类别，见政策包")]


class VerifyRequest(Body):
    """What the home verification found; the cost is that of the whole year so far."""

    verified_own_cost: Annotated[Yuan, Field(description="核实的本年个人负担，不能高于系统记录")]
    verified_on: Annotated[Day, Field(description="入户核实日期")]
    signed_by: Annotated[ShortText, Field(description="核实表签字人")]
    findings: Words


class PublishRequest(Body):
    """The public notice in the village. Only the masked name is kept."""

    name: Annotated[ShortText, Field(description="户主姓名；系统只保存隐去名字后的形式")]
    posted_on: Annotated[Day, Field(description="张榜日期")]


class ObjectRequest(Body):
    """An objection to the notice."""

    received_on: Day
    content: Words


class AnswerRequest(Body):
    """What the objection came to; one that is upheld stops the payout until the home is visited again."""

    upheld: bool
    finding: Words


class RejectRequest(Body):
    """Why nothing is paid."""

    reason: Words


class NoteRequest(Body):
    """A remark for the file."""

    note: Words | None = None


class ClaimSummary(Reply):
    """One claim; amounts are null until the home verification."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    id: UUID
    division_code: str
    household_id: UUID
    payee_id: UUID
    year: int
    household_class: Annotated[str, Field(serialization_alias="class")]
    state: State
    own_payment_on_record: YuanOut
    verified_own_cost: YuanOut | None
    already_paid: YuanOut
    payout: YuanOut | None
    policy: PolicyRef | None
    posted_on: date | None
    payable_from: Annotated[date | None, Field(description="公示期满次日，可审批")]
    created_at: datetime


class StepReply(Reply):
    """What was done, by whom, when."""

    action: str
    state: State
    at: datetime
    by: str
    details: dict[str, Any]


class ObjectionReply(Reply):
    """An objection and its answer; the last four are null until it is answered."""

    no: int
    received_on: date
    content: str
    recorded_at: datetime
    recorded_by: str
    upheld: bool | None
    finding: str | None
    answered_at: datetime | None
    answered_by: str | None


class ClaimReply(ClaimSummary):
    """One claim with its reasons and its history."""

    sentences: list[str]
    transfer: Annotated[str | None, Field(description="台账凭证号")]
    steps: list[StepReply]
    objections: list[ObjectionReply]


class NoticeReply(Reply):
    """A public notice: no ID number, phone, bank account, health state or hospital; the name is masked."""

    title: str
    division_code: str
    name: str
    class_title: str
    year: int
    payout: YuanOut
    posted_on: date
    last_day: date
    text: str

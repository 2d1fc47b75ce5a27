"""Replies about whose money was spent. Amounts are strings in yuan; nothing here names a person."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.fields import Reply, YuanOut

Rule = Literal["fifo", "ratio"]


class PartReply(Reply):
    """A part of what a fund paid, and the deposit that it came from."""

    amount: YuanOut
    earmark: Annotated[str, Field(description="资金来源；unfunded 为尚无到位资金对应，由以后到位的资金补足")]
    deposit_no: Annotated[int | None, Field(description="到位资金的台账凭证号")]
    received_on: date | None
    bank_reference: str | None
    document: str | None
    operation_id: Annotated[UUID | None, Field(description="基金业务单：/v1/fund-operations/{id}")]


class PayerSources(Reply):
    """What one fund pays for a settlement: Σ parts = amount once it is attributed."""

    payer: str
    amount: YuanOut
    attributed: Annotated[bool, Field(description="是否已完成资金溯源（结算后由后台任务在数秒内完成）")]
    parts: list[PartReply]


class SettlementSources(Reply):
    """Whose money paid for a settlement, from the deposit to the bill."""

    settlement_id: UUID
    payers: list[PayerSources]


class EarmarkLine(Reply):
    """One earmark of a fund: deposited = settlements + set_apart + other + left; unfunded has no deposits."""

    earmark: str
    deposits: int
    deposited: YuanOut
    settlements: Annotated[YuanOut, Field(description="用于医疗费用结算")]
    set_apart: Annotated[YuanOut, Field(description="提取风险基金、划入门诊账户")]
    other: Annotated[YuanOut, Field(description="用于其他支出")]
    left: YuanOut


class EarmarksReply(Reply):
    """A fund by earmark, by the rule with which it is attributed (null before anything was)."""

    county: str
    year: int
    payer: str
    rule: Annotated[Rule | None, Field(description="fifo 先到先用，ratio 按来源比例")]
    earmarks: list[EarmarkLine]


class DepositReply(Reply):
    """One deposit; ``withdrawn`` when its receipt was reversed."""

    deposit_no: int
    earmark: str
    amount: YuanOut
    used: YuanOut
    left: YuanOut
    withdrawn: bool
    received_on: date | None
    bank_reference: str | None
    document: str | None
    operation_id: Annotated[UUID | None, Field(description="基金业务单：/v1/fund-operations/{id}")]


class UseReply(Reply):
    """What a deposit paid for. A settlement is named by its id, provider, visit type and month only."""

    use_no: Annotated[int, Field(description="支出的台账凭证号")]
    kind: str
    settlement_id: UUID | None
    facility_code: str | None
    visit_type: str | None
    month: Annotated[str | None, Field(examples=["2026-03"])]
    amount: YuanOut

"""Requests and replies of re-adjudication. Amounts are strings in yuan."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.claims.settlements.schemas import ReasonText
from shared.fields import Body, CountyCode, Reply, Year, YuanOut

State = Literal["proposed", "posted", "rejected", "stale", "superseded"]
MAX_PERSON_YEARS = 1000


class ProposeRequest(Body):
    """Work through whoever is due, longest first; or, with ``dry_run``, show what a filter would give."""

    limit: Annotated[
        int, Field(strict=True, ge=1, le=MAX_PERSON_YEARS, description="本次最多处理的人年数")
    ] = 500
    automatic: Annotated[bool, Field(description="差额合计不超过限额的是否直接记账；false 则一律待复核")] = (
        True
    )
    dry_run: Annotated[bool, Field(description="只试算，不保存任何数据；给出筛选条件时必须为 true")] = False
    county: CountyCode | None = None
    year: Year | None = None
    person_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_PERSON_YEARS)] | None = None
    settlement_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_PERSON_YEARS)] | None = None


class DueRequest(Body):
    """Whose years are to be worked out anew: everybody with a settlement of a county and year."""

    county: CountyCode
    year: Year
    reason: ReasonText


class DueReply(Reply):
    """How many years became due; those that were due already are not counted."""

    due: int


class RejectionRequest(Body):
    """Why a proposal is rejected."""

    reason: ReasonText


class PayerDifference(Reply):
    """One payer before and after; ``difference`` is negative for who pays less."""

    payer: str
    before: YuanOut
    after: YuanOut
    difference: YuanOut


class LineReply(Reply):
    """One settlement before and after."""

    settlement_id: UUID
    facility_code: str
    visit_no: str
    discharged_on: date
    revision: Annotated[int, Field(description="核算时的版本")]
    flag: Annotated[
        Literal["not_enrolled", "waiting_period", "no_policy"] | None,
        Field(
            description="not_enrolled 当日参保已被取消，waiting_period 当日在待遇等待期内，"
            "no_policy 无生效政策：须人工决定，保留或撤销结算"
        ),
    ]
    categories_before: list[str]
    categories_after: list[str]
    policy_before: str
    policy_after: str
    payers: list[PayerDifference]
    person_before: YuanOut
    person_after: YuanOut
    person_difference: YuanOut
    explanation: Annotated[str | None, Field(description="逐项说明的地址；试算没有")]


class ReadjudicationHead(Reply):
    """A person's year worked out anew, and what became of it."""

    id: UUID | None
    person_id: UUID
    year: int
    state: State
    reason: str
    automatic: Annotated[bool, Field(description="未超限额，自动记账")]
    flagged: bool
    difference: Annotated[YuanOut, Field(description="各方及个人差额绝对值合计")]
    limit: YuanOut
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None
    decision_reason: str | None


class ReadjudicationReply(ReadjudicationHead):
    """With the settlements that change or are flagged, in posting order."""

    lines: list[LineReply]


class ProposeReply(Reply):
    """What one round did. ``unseen`` could not be worked out by this caller and stay due."""

    examined: int
    unchanged: int
    proposed: int
    posted: int
    unseen: int
    settlements: Annotated[int, Field(description="重新核算的结算笔数")]
    items: Annotated[list[ReadjudicationReply], Field(description="试算结果；非试算时为空，请查询列表")]

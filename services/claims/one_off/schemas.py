"""Requests and replies of the one-off aid. Amounts are strings in yuan."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.claims.settlements.schemas import DiagnosisCode
from shared.fields import Body, Count, CountyCode, Day, IdNumberText, Reply, ShortText, Year, Yuan, YuanOut

MAX_LINES = 5_000
State = Literal["prepared", "approved", "rejected"]


class ApplicationLine(Body):
    """One person's application."""

    id_number: IdNumberText
    diagnosed_on: Annotated[Day, Field(description="确诊日期，按这一天的政策、人员类别和年龄")]
    diagnoses: Annotated[
        list[DiagnosisCode], Field(min_length=1, max_length=20, description="ICD-10 编码，主要诊断在前")
    ]


class Declared(Body):
    """The figures at the head of the paper application."""

    people: Annotated[Count, Field(description="申报人数")]
    total: Annotated[Yuan, Field(description="申报金额合计")]


class BatchRequest(Body):
    """An application batch of a county, for aid out of the fund of a year."""

    county: CountyCode
    year: Annotated[Year, Field(description="由该年度的救助资金支付")]
    title: Annotated[ShortText, Field(examples=["2026年第一批"])]
    declared: Annotated[
        Declared | None, Field(description="申报表上的人数和金额；不可能由救助标准组成的予以拒绝")
    ] = None
    people: Annotated[list[ApplicationLine], Field(min_length=1, max_length=MAX_LINES)]


class LineRefusal(Reply):
    """Why a line gets nothing."""

    code: str
    zh: str
    en: str


class LineReply(Reply):
    """One line of a batch with its outcome."""

    line: Annotated[int, Field(description="从 1 起的序号，与提交顺序相同")]
    person_id: UUID | None
    id_number: Annotated[str, Field(description="已隐去中间各位")]
    diagnosed_on: date
    diagnoses: list[str]
    amount: YuanOut
    payer: str | None
    policy_pack: str | None
    policy_version: str | None
    rule: str | None
    sentences: Annotated[list[str], Field(description="金额如何得出、依据条款")]
    detail: Annotated[dict[str, Any] | None, Field(description="机器可读：基数、参数、规则、算式（分）")]
    refusal: LineRefusal | None


class TierTotal(Reply):
    """How many people get how much by one rule."""

    rule: str
    people: int
    amount: YuanOut


class RefusalCount(Reply):
    """How many lines were refused for one reason."""

    code: str
    lines: int


class BatchFigures(Reply):
    """What a batch comes to."""

    lines: int
    accepted: int
    refused: int
    total: YuanOut
    declared_people: int | None
    declared_total: YuanOut | None
    differs_from_declared: Annotated[bool, Field(description="核定人数或金额与申报不一致")]
    tiers: list[TierTotal]
    refusals: list[RefusalCount]


class BatchPreview(BatchFigures):
    """What preparing the batch now would give; nothing is saved."""

    items: list[LineReply]


class BatchHead(Reply):
    """A batch in a list."""

    id: UUID
    county: str
    year: int
    title: str
    state: State
    lines: int
    accepted: int
    total: YuanOut
    prepared_by: str
    prepared_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class BatchReply(BatchHead, BatchFigures):
    """A batch with its figures; the lines have an address of their own."""

"""Replies of the reports. Amounts are strings in yuan; every figure stands with what it is a share of."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.claims.reports.groups import Kind
from shared.fields import RateOut, Reply, YuanOut

Rounding = Literal["half_up", "truncate"]
GroupId = Annotated[
    str, Field(description="人群：all、poor、other、main_…（主要身份）、held_…（持有身份），见 groups")
]
Period = Literal["month", "year_to_date"]


class Share(Reply):
    """A rate with its numerator and denominator in fen; rounded half-up to four decimals."""

    numerator_fen: int
    denominator_fen: int
    rate: RateOut


class PayerTotal(Reply):
    """What one payer paid."""

    payer: str
    amount: YuanOut


class MonthLine(Reply):
    """One visit type and group, or the sum of all; total = Σ payers + person_pays."""

    visit_type: str
    group: Annotated[
        Literal["poor", "other", "all"], Field(description="poor 贫困人口，other 其他，all 合计")
    ]
    person_times: int
    total: YuanOut
    eligible: YuanOut
    payers: list[PayerTotal]
    person_pays: YuanOut
    personal_share: Share


class CeilingLine(Reply):
    """Visits under one ceiling on the personal share, and how many ended above it."""

    ceiling: RateOut
    person_times: int
    above_ceiling: int
    personal_share: Share


class MonthTable(Reply):
    """One county's month, by day of discharge."""

    county: str
    month: str
    lines: list[MonthLine]
    total: MonthLine
    ceilings: list[CeilingLine]


class Definition(Reply):
    """What a figure is: unit, numerator, denominator, version and source."""

    id: str
    title: str
    heading: Annotated[str, Field(description="印制表头中的大栏")]
    unit: str
    unit_title: str
    numerator: str
    denominator: str | None
    version: str
    source: str
    verified: Annotated[bool, Field(description="false：来源未说明口径，须由经办机构确认")]


class FigureReply(Reply):
    """One number with everything it takes to check it."""

    id: str
    value: Annotated[str | None, Field(description="按取整方式保留两位小数；不能计算的为空，原因见 reason")]
    numerator: Annotated[str | None, Field(description="金额以元计，保留到分")]
    denominator: str | None
    denominator_name: str | None
    denominator_year: int | None
    version: str
    reason: str | None = None
    reason_title: str | None = None
    rows: Annotated[str | None, Field(description="构成该数字的结算明细")] = None


class GroupReply(Reply):
    """Whom lines are about."""

    id: GroupId
    title: str
    kind: Annotated[
        Kind,
        Field(
            description="standard 全部及贫困/其他；main 按主要身份，互不重复，相加等于全部；"
            "held 按持有的身份，一人多种身份的重复计，不得相加"
        ),
    ]


class ReportLine(Reply):
    """One line of the table for one group and period."""

    line: str
    title: str
    group: GroupId
    group_title: str
    period: Period
    period_title: str
    figures: list[FigureReply]


class CeilingReport(Reply):
    """Visits under one ceiling on the personal share: case by case, and in sum."""

    ceiling: RateOut
    group: GroupId
    group_title: str
    period: Period
    period_title: str
    figures: list[FigureReply]


class SourceMoney(Reply):
    """What one source of financing owes and has paid in."""

    source: str
    title: str
    due: Annotated[YuanOut | None, Field(description="应筹；台账没有本年度方案时为空")]
    received: Annotated[YuanOut | None, Field(description="到位；台账没有到账记录时为空")]
    figures: Annotated[list[FigureReply], Field(description="应筹、到位、到位率，带分子、分母")]


class PayerMoney(Reply):
    """What one payer paid of the bills."""

    payer: str
    title: str
    month: YuanOut
    year_to_date: YuanOut


class NcmsReport(Reply):
    """The standard table of a county and month with the year to date and the year before."""

    county: str
    month: str
    facility_code: Annotated[str | None, Field(description="只统计一家医疗机构时为其编码，基金部分留空")]
    group: Annotated[GroupId | None, Field(description="只统计一个人群时为其编号，基金部分留空")]
    rounding: Rounding
    definitions_version: str
    counted_at: Annotated[datetime, Field(description="数据时间：截至此刻已入账的结算全部在内")]
    population_source: str | None
    definitions: dict[str, list[Definition]]
    groups: list[GroupReply]
    fund: list[FigureReply]
    sources: list[SourceMoney]
    payers: list[PayerMoney]
    lines: list[ReportLine]
    categories: Annotated[
        list[ReportLine],
        Field(
            description="分身份：先按主要身份（相加等于 lines 的 all），再按持有身份（不得相加）。"
            + "只问一个人群时为空"
        ),
    ]
    ceilings: list[CeilingReport]


class RowReply(Reply):
    """One settlement behind a figure, and what it adds to numerator and denominator."""

    settlement_id: UUID
    facility_code: str
    visit_no: str
    visit_type: str
    discharged_on: date
    numerator: str
    denominator: str | None

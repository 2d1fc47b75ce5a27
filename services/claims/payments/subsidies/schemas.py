"""Requests and replies of periodic subsidies. Amounts are strings in yuan."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.fields import Body, CodeText, CountyCode, Reply, YuanOut

RunState = Literal["prepared", "approved", "cancelled"]
PeriodText = Annotated[
    str,
    Field(
        pattern=r"^20[0-9]{2}(-H[12]|-(0[1-9]|1[0-2]))?$",
        description="按项目的发放周期：2026-07（按月）、2026-H1（按半年）、2026（按年）",
        examples=["2026-H1"],
    ),
]


class StandardReply(Reply):
    """What a category is paid a month."""

    category: str
    valid_from: date
    announced_on: Annotated[date, Field(description="公布日期；此后的批次按此标准，以前已发的月份补发差额")]
    monthly: YuanOut
    source: str
    verified: bool


class ProgrammeReply(Reply):
    """A subsidy as data."""

    id: str
    title: str
    payer: str
    schedule: str
    standards: list[StandardReply]


class Programmes(Reply):
    """All programmes."""

    items: list[ProgrammeReply]


class RunRequest(Body):
    """Pay a programme for a period, or, if it was paid, the differences to what is due by now."""

    county: CountyCode
    programme: CodeText
    period: PeriodText


class RunReply(Reply):
    """A run; ``pays`` and ``takes_back`` are the sums of people who get, and who owe."""

    id: UUID
    county: str
    programme: str
    title: str
    period: str
    state: RunState
    known_on: date
    prepared_at: datetime
    prepared_by: str
    decided_at: datetime | None
    decided_by: str | None
    people: int
    pays: YuanOut
    takes_back: YuanOut


class MonthReply(Reply):
    """One month of a person."""

    month: str
    category: str
    due: YuanOut
    paid: YuanOut
    difference: YuanOut


class PersonReply(Reply):
    """What a run pays a person, and why."""

    person_id: UUID
    amount: YuanOut
    months: list[MonthReply]
    sentences: list[str]

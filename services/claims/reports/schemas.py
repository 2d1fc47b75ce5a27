"""Replies of the reports. Amounts are strings in yuan; each rate stands beside the integers it comes from."""

from typing import Annotated, Literal

from pydantic import Field

from shared.fields import RateOut, Reply, YuanOut


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

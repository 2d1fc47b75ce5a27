"""Requests and replies about financing."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from services.registry.financing.rules import Financing, Terms, format_per_head, parse_per_head
from shared.fields import Body, Count, Rate, RateOut, Reply, YuanOut

_PATTERN = r"^[0-9]{1,5}(\.[0-9]{1,4})?$"


def _per_head(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError("must be a string, not a number")
    return parse_per_head(value)


_SCHEMA = WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["7.2"]})
PerHead = Annotated[int, BeforeValidator(_per_head), _SCHEMA]
"""Yuan per head, up to four decimals, held in ten-thousandths of a yuan."""
PerHeadOut = Annotated[int, PlainSerializer(format_per_head, return_type=str), _SCHEMA]
Payer = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,31}$", examples=["personal"])]


class FinancingTerms(Body):
    """What the plan is computed from."""

    enrolled: Count = Field(description="参保人数")
    per_head: Annotated[dict[Payer, PerHead], Field(min_length=1, max_length=20)] = Field(
        description="每人筹资标准（元），按出资方",
        examples=[
            {"personal": "10.00", "central": "40.00", "province": "22.00", "city": "7.2", "county": "10.8"}
        ],
    )
    risk_reserve_rate: Rate = Field(description="风险基金提取比例")
    outpatient_account_per_head: PerHead = Field(description="每人划入门诊（家庭）账户（元）")

    def terms(self) -> Terms:
        """The terms as the rules take them."""
        return Terms(self.enrolled, self.per_head, self.risk_reserve_rate, self.outpatient_account_per_head)


class FinancingReply(Reply):
    """Due per payer, and how the total is divided. Σ due = total; reserve + account + pooled = total."""

    enrolled: int
    due: dict[str, YuanOut]
    total: YuanOut
    reserve: YuanOut
    usable: YuanOut
    outpatient_account: YuanOut
    pooled: YuanOut


class TermsReply(Reply):
    """The terms of a stored plan."""

    enrolled: int
    per_head: dict[str, PerHeadOut]
    risk_reserve_rate: RateOut
    outpatient_account_per_head: PerHeadOut


class PlanReply(FinancingReply):
    """A stored plan. Its ETag is the version."""

    plan_id: UUID
    county_code: str
    year: int
    version: int
    terms: TermsReply
    recorded_by: str
    recorded_at: datetime


def financing_fields(terms: Terms, result: Financing) -> dict[str, Any]:
    """The fields of a FinancingReply."""
    return {"enrolled": terms.enrolled, **result._asdict()}

"""Requests and replies about the pool of the relapse insurance. Amounts are strings in yuan."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from shared.fields import Body, CodeText, CountyCode, Reply, ShortText, Year, YuanOut

State = Literal["prepared", "approved", "rejected"]


class PolicyRequest(Body):
    """A group policy of a county and year; insured people and premium follow from the policy pack."""

    county: CountyCode
    year: Year
    policy_no: Annotated[CodeText, Field(description="保险单号")]
    insurer: Annotated[ShortText, Field(description="承保公司")]
    rural_population: Annotated[int, Field(strict=True, ge=1, le=10**9, description="农村人口数")]


class PolicyReply(Reply):
    """A group policy, and how its premium came about."""

    id: UUID
    county: str
    year: int
    policy_no: str
    insurer: str
    rural_population: int
    insured: Annotated[int, Field(description="投保人数（不记名）")]
    premium: YuanOut
    paid_by: Annotated[str, Field(description="支付保费的资金来源")]
    payer: Annotated[str, Field(description="进入哪个资金池")]
    policy_pack: str
    policy_version: str
    sentences: list[str]
    detail: Annotated[dict[str, Any], Field(description="机器可读：人口、比例、人数、每人保费（分）、规则")]
    state: State
    prepared_by: str
    prepared_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class PoolReply(Reply):
    """How the pool of a county and year stands."""

    county: str
    year: int
    payer: str
    received: Annotated[YuanOut, Field(description="进入资金池（保费及其他）")]
    paid_out: Annotated[YuanOut, Field(description="已记账赔付")]
    balance: Annotated[YuanOut, Field(description="余额；负数为超出资金池的赔付")]
    approved_claims: Annotated[YuanOut, Field(description="已审批、尚未支付的赔付")]
    beyond: Annotated[YuanOut, Field(description="赔付超出资金池的金额")]
    when_empty: Annotated[Literal["refuse", "flag"] | None, Field(description="不足时：拒付或照付并标明")]
    policies: list[PolicyReply]

"""Requests and replies about batches of sponsored premiums. Amounts are strings in yuan."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from shared.fields import Body, CountyCode, Day, Reply, Year, Yuan, YuanOut

State = Literal["prepared", "approved", "rejected"]


class BatchRequest(Body):
    """Everybody of a county to be sponsored for a year who is in no other batch of it."""

    county: CountyCode
    year: Annotated[Year, Field(description="参保年度，由该年度救助资金支付")]
    on: Annotated[Day, Field(description="按这一天有效的政策和身份")]
    premium: Annotated[Yuan, Field(gt=0, le=10**8, description="当年个人缴费标准")]


class IdentityTotal(Reply):
    """What one identity comes to."""

    identity: str
    rule: str
    clause: str
    people: int
    sponsored: YuanOut
    person_pays: YuanOut


class BatchPreview(Reply):
    """What a batch comes to."""

    county: str
    year: int
    on: date
    premium: YuanOut
    people: int
    sponsored: YuanOut
    person_pays: YuanOut
    payer: str
    policy_pack: str
    policy_version: str
    identities: list[IdentityTotal]


class BatchReply(BatchPreview):
    """A batch, and who decided on it."""

    id: UUID
    state: State
    prepared_by: str
    prepared_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class LineReply(Reply):
    """One person of a batch."""

    person_id: UUID
    categories: list[str]
    rule: str
    sponsored: YuanOut
    person_pays: YuanOut
    sentences: Annotated[list[str], Field(description="金额如何得出、依据条款")]
    detail: Annotated[dict[str, Any], Field(description="机器可读：基数、参数、规则、算式（分）")]

"""Requests and replies of providers."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from shared.fields import Body, Day, Reply

VisitType = Literal["inpatient", "outpatient", "chronic_outpatient", "delivery"]
FacilityCode = Annotated[str, Field(pattern=r"^[HP][0-9]{11}$", examples=["H99010100001"])]
Level = Annotated[int, Field(strict=True, ge=0, le=3, description="0 村卫生室，1 乡镇，2 县级，3 市级及以上")]
Division = Annotated[str, Field(pattern=r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$", examples=["990101"])]


class ProviderBody(Body):
    """What an agency states about a provider."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    level: Level
    division_code: Division
    visit_types: Annotated[list[VisitType], Field(min_length=1, max_length=4)]
    valid_from: Annotated[Day | None, Field(description="定点有效期起日；省略为不限")] = None
    valid_to: Annotated[Day | None, Field(description="定点有效期止日，当天不含；省略为长期")] = None


class ProviderReply(Reply):
    """A designated provider; ``version`` is also its ETag."""

    facility_code: str
    name: str
    level: int
    division_code: str
    visit_types: list[str]
    valid_from: date | None
    valid_to: date | None
    version: int
    updated_at: datetime

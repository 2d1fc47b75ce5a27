"""Requests and replies about designations."""

from datetime import date
from typing import Annotated

from pydantic import Field

from shared.fields import Body, Day, Reply

ProgrammeId = Annotated[
    str, Field(pattern=r"^[a-z][A-Za-z0-9_.]{1,79}$", examples=["major_diseases"], description="病种目录编号")
]


class Designation(Body):
    """One programme and the days on which the provider is designated for it."""

    programme: ProgrammeId
    valid_from: Annotated[Day, Field(description="定点起日")]
    valid_to: Annotated[Day | None, Field(description="定点止日，当天不含；省略为长期")] = None


class DesignationsBody(Body):
    """The whole list of a provider's designations."""

    programmes: Annotated[list[Designation], Field(max_length=100)]


class DesignationReply(Reply):
    """One designation; ``title`` as the newest policy pack that has the programme calls it."""

    programme: str
    title: str | None
    valid_from: date
    valid_to: date | None


class DesignationsReply(Reply):
    """A provider's designations; ``version`` is also their ETag, 0 while none was ever stated."""

    facility_code: str
    programmes: list[DesignationReply]
    version: int

"""Replies about burdens: ids and amounts, no names. Amounts are strings in yuan."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.fields import Reply, YuanOut

Holder = Literal["person", "household"]


class BurdenReply(Reply):
    """What one person or household has paid itself in the year, and the thresholds that this reaches."""

    holder: Holder
    person_id: Annotated[UUID | None, Field(description="家庭行为空")]
    household_id: Annotated[UUID | None, Field(description="个人行为其现在所在家庭")]
    division_code: str
    own_payment: YuanOut
    thresholds: Annotated[list[str], Field(description="已达到的预警线，按政策包中的编号")]


class BurdenSettlement(Reply):
    """One settlement behind a burden, with what the person pays of it as it now stands."""

    settlement_id: UUID
    person_id: UUID
    facility_code: str
    visit_no: str
    visit_type: str
    discharged_on: date
    own_payment: YuanOut


class ReachedThreshold(Reply):
    """A threshold of the year and whether it is reached."""

    threshold: str
    title: str
    amount: YuanOut
    reached: bool
    clause: str
    source: str
    verified: bool


class HolderBurden(Reply):
    """The year of a person or a household: amount, thresholds, and the settlements that make it up."""

    id: UUID
    own_payment: YuanOut
    thresholds: list[ReachedThreshold]
    settlements: Annotated[list[BurdenSettlement], Field(description="按出院日期，最多 1000 条")]


class PersonBurden(Reply):
    """The year of a person and of the household that the person now belongs to."""

    year: int
    division_code: str
    person: HolderBurden
    household: HolderBurden

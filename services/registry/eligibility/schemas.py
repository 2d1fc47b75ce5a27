"""Requests and replies about eligibility."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.events.registry import CategorySpell, EnrolmentSpell
from shared.fields import Body, Day, IdNumberText, Instant, Reply

MAX_CHECKED = 1_000


class EligibilityReply(Reply):
    """What held for a person on a day, by what was known at an instant."""

    person_id: UUID
    household_id: UUID | None
    on: date
    as_known_at: AwareDatetime
    enrolled: bool = Field(description="当日是否参加任一基本医疗保险")
    enrolments: list[EnrolmentSpell]
    categories: list[CategorySpell]
    monitored: str | None = Field(description="当日的监测对象类别")


class AskedPerson(Body):
    """A person by id or by identity number; exactly one of them."""

    person_id: UUID | None = None
    id_number: IdNumberText | None = None


class CheckRequest(Body):
    """Up to 1,000 people on one day."""

    on: Day | None = Field(None, description="哪一天，默认为今天")
    as_known_at: Instant | None = Field(None, description="以哪一时刻所知为准，默认为现在")
    people: Annotated[list[AskedPerson], Field(min_length=1, max_length=MAX_CHECKED)]


class CheckedPerson(Reply):
    """The answer for one person of the request; ``code`` says why there is none."""

    no: int = Field(description="在请求中的位置，从 0 开始")
    code: str | None
    eligibility: EligibilityReply | None


class CheckReply(Reply):
    """The answers, in the order of the request."""

    items: list[CheckedPerson]

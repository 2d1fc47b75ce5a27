"""Requests and replies about waiting periods and sponsored premiums. Amounts are strings in yuan."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.claims.benefits.facts import CATEGORIES
from shared.fields import Body, Count, CountyCode, Day, IdNumberText, Reply, Yuan, YuanOut

CategoryText = Annotated[str, Field(json_schema_extra={"enum": list(CATEGORIES)}, max_length=40)]
MAX_SPELLS = 100


class KnownEnrolment(Body):
    """One enrolment of a history; the end is exclusive."""

    scheme: Literal["resident", "employee"] = "resident"
    valid_from: Day
    valid_to: Day
    bought_back_years: Annotated[Count, Field(le=50, description="补缴的断缴年数")] = 0


class History(Body):
    """What is known about somebody who is not in the system, or what would be."""

    birth_date: Day | None = None
    categories: Annotated[tuple[CategoryText, ...], Field(max_length=20)] = ()
    enrolments: Annotated[tuple[KnownEnrolment, ...], Field(max_length=MAX_SPELLS)] = ()


class EnrolmentPreviewRequest(Body):
    """When benefits begin for whoever enrols on a day: by ID number, or by a history that is given."""

    id_number: IdNumberText | None = None
    history: History | None = None
    county: Annotated[
        CountyCode | None, Field(description="给出 history 时的参保县；按证件查询时取登记地")
    ] = None
    enrolling_on: Annotated[Day, Field(description="参保（待遇）起始日")]
    bought_back_years: Annotated[Count, Field(le=50, description="拟补缴的断缴年数")] = 0


class RuleRef(Reply):
    """A rule of the pack, with its source."""

    rule: str
    clause: str
    source: str
    verified: bool


class PolicyRef(Reply):
    """The policy version that decided."""

    pack: str
    version: str


class BuyBack(Reply):
    """What buying back so many missed years gives."""

    years: int
    months: Annotated[int, Field(description="等待月数")]
    benefits_from: date


class WaitingReply(Reply):
    """The waiting period, and how far it can be shortened."""

    enrolling_on: date
    cover_since: Annotated[date, Field(description="连续参保的起始日；早于 enrolling_on 表示并未中断")]
    in_time: Annotated[bool, Field(description="在集中参保期内")]
    missed_years: int
    bought_back_years: int
    months: int
    benefits_from: date
    rules: list[RuleRef]
    sentence: str
    buy_back: Annotated[list[BuyBack], Field(description="每补缴一年的等待月数和待遇起始日；空表示无须补缴")]
    policy: PolicyRef


class SponsoredPremiumRequest(Body):
    """Who pays the personal premium of somebody with these identities on a day."""

    county: CountyCode
    on: Annotated[Day, Field(description="按这一天有效的政策和身份")]
    categories: Annotated[tuple[CategoryText, ...], Field(max_length=20)] = ()
    id_number: Annotated[IdNumberText | None, Field(description="给出时取其当日身份")] = None
    premium: Annotated[Yuan, Field(gt=0, description="个人缴费标准")]


class SponsoredPremiumReply(Reply):
    """How a premium is divided; without a rule the person pays all of it."""

    person_id: UUID | None
    categories: list[str]
    premium: YuanOut
    sponsored: YuanOut
    person_pays: YuanOut
    payer: str | None
    title: str | None
    rule: RuleRef | None
    sentence: str
    detail: Annotated[dict[str, Any] | None, Field(description="机器可读：基数、参数、规则、算式（分）")]
    policy: PolicyRef

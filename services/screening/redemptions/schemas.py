"""Requests and replies of redemptions."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.screening.lines import LineProblem
from services.screening.vouchers.schemas import Serial
from shared.fields import Body, CodeText, Day, IdNumberText, Reply, YuanOut

MAX_LINES = 500


class RedemptionOrder(Body):
    """A check-up that a facility did for vouchers of consecutive years.

    ``id_number`` is optional: when given, the vouchers must belong to that person.
    """

    facility_code: CodeText
    examined_on: Day
    serials: Annotated[list[Serial], Field(min_length=1, max_length=10)]
    id_number: IdNumberText | None = None
    items: Annotated[list[CodeText], Field(min_length=1, max_length=50)]


class RedemptionBatch(Body):
    """Up to 500 check-ups; each is accepted or refused for itself."""

    lines: Annotated[list[RedemptionOrder], Field(min_length=1, max_length=MAX_LINES)]


class RedemptionReply(Reply):
    """A check-up paid for with vouchers; ``amount`` is what the facility may claim for it (DOMAIN S-67)."""

    id: UUID
    programme: str
    programme_version: date
    person_id: UUID
    facility_code: str
    place: str
    examined_on: Day
    redeemed_on: date
    serials: list[int]
    items: list[str]
    amount: YuanOut
    recorded_at: datetime


class RedemptionResult(Reply):
    """What became of a line (numbered from 1): redeemed, or refused with nothing written for it."""

    line: int
    status: Literal["redeemed", "refused"]
    redemption_id: UUID | None = None
    amount: YuanOut | None = None
    problem: LineProblem | None = None


class RedemptionBatchReply(Reply):
    """The results in the order of the lines."""

    redeemed: int
    refused: int
    amount: YuanOut
    results: list[RedemptionResult]

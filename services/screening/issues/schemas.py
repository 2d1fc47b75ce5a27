"""Requests and replies of handing vouchers out to people."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.screening.lines import LineProblem
from services.screening.vouchers.schemas import Serial
from shared.fields import Body, Day, IdNumberText, Reply, ShortText

MAX_LINES = 1_000


class IssueLine(Body):
    """One voucher for one person, named by ``person_id`` or by ``id_number`` (never both).

    ``receipt_no`` is the number of the sheet that the household signed. ``pupil`` is what the cadre
    declares: the registry does not know who goes to school (DOMAIN S-64).
    """

    person_id: UUID | None = None
    id_number: IdNumberText | None = None
    serial: Serial
    receipt_no: ShortText
    pupil: bool = False


class IssueOrder(Body):
    """Vouchers that village cadres handed out on a day (today when not given)."""

    issued_on: Day | None = None
    lines: Annotated[list[IssueLine], Field(min_length=1, max_length=MAX_LINES)]


class IssueResult(Reply):
    """What became of a line (numbered from 1): issued, or refused with nothing written for it."""

    line: int
    serial: int
    status: Literal["issued", "refused"]
    person_id: UUID | None = None
    year: int | None = None
    problem: LineProblem | None = None


class IssueReply(Reply):
    """The results in the order of the lines."""

    issued: int
    refused: int
    results: list[IssueResult]

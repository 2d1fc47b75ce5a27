"""Request and replies of participant look-ups."""

from typing import Literal
from uuid import UUID

from services.screening.lines import LineProblem
from shared.fields import Body, Day, IdNumberText, Reply, Year


class LookupOrder(Body):
    """Name a person by id or by ID number (never both); ``on`` is the day of the hand-out, else today."""

    person_id: UUID | None = None
    id_number: IdNumberText | None = None
    year: Year
    on: Day | None = None


class HeldVoucher(Reply):
    """A voucher that the person was given."""

    serial: int
    year: int
    status: Literal["issued", "redeemed"]


class LookupReply(Reply):
    """Whether a person may have the voucher of a year, why not, and the vouchers the person has."""

    person_id: UUID
    division_code: str
    year: int
    entitled: bool
    reason: LineProblem | None
    enrolled_years: list[int]
    vouchers: list[HeldVoucher]

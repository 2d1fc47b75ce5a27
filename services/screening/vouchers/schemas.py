"""Requests and replies of vouchers in bulk."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.screening.vouchers.holders import HOLDER_PATTERN, Level
from shared.fields import Body, CountyCode, Day, Reply, ShortText, Year, YuanOut

MAX_SERIAL = 2**53 - 1  # exact in every JSON reader
Serial = Annotated[int, Field(strict=True, ge=1, le=MAX_SERIAL, examples=[990101260000001])]
HolderCode = Annotated[str, Field(pattern=HOLDER_PATTERN, examples=["990101100"])]
MAX_PRINTED = 5_000_000


class BatchOrder(Body):
    """Register a print run. Without ``first_serial`` the next free serials of county and year are used."""

    county_code: CountyCode
    year: Year
    quantity: Annotated[int, Field(strict=True, ge=1, le=MAX_PRINTED)]
    first_serial: Serial | None = None
    printed_on: Day | None = None


class BatchReply(Reply):
    """A registered print run; all of it is in the hand of ``holder``, the county's office."""

    id: UUID
    programme: str
    county_code: str
    year: int
    first_serial: int
    last_serial: int
    quantity: int
    face_value: YuanOut
    holder: str
    printed_on: date


class HandoverOrder(Body):
    """Hand a serial range to the next holder of the chain; the receiver signs (DOMAIN S-62).

    ``receipt_no`` is unique among the giver's hand-overs. ``handed_over_on`` defaults to today.
    """

    from_holder: HolderCode
    to_holder: HolderCode
    first_serial: Serial
    last_serial: Serial
    receipt_no: ShortText
    signed_by: ShortText
    handed_over_on: Day | None = None


class HandoverReply(Reply):
    """An archived hand-over."""

    id: UUID
    programme: str
    from_holder: str
    to_holder: str
    year: int
    first_serial: int
    last_serial: int
    quantity: int
    receipt_no: str
    signed_by: str
    handed_over_on: date
    recorded_at: datetime


class YearBalance(Reply):
    """One year's vouchers of a holder: printed + received − handed_over − issued = in_hand."""

    year: int
    printed: int
    received: int
    handed_over: int
    issued: int
    in_hand: int


class BalanceReply(Reply):
    """What a holder got, gave and still has, by voucher year."""

    programme: str
    holder: str
    level: Level
    in_hand: int
    years: list[YearBalance]


class HoldingReply(Reply):
    """A serial range in one hand."""

    holder: str
    year: int
    first_serial: int
    last_serial: int
    quantity: int


VoucherStatus = Literal["issued", "redeemed"]


class VoucherReply(Reply):
    """A voucher that reached a person."""

    serial: int
    year: int
    person_id: UUID
    village: str
    issued_on: date
    status: VoucherStatus
    redemption_id: UUID | None


class SerialReply(Reply):
    """Where one voucher is and how it got there."""

    serial: int
    year: int
    status: Literal["held", "issued", "redeemed"]
    holder: str | None
    voucher: VoucherReply | None
    custody: list[HandoverReply]

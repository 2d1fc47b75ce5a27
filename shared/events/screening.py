"""What the screening service announces. Amounts are integer fen."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.messaging.contract import EventData


class VouchersHandedOver(EventData):
    """A serial range of vouchers passed from one holder of the custody chain to the next.

    Holders are division codes: 6 digits the county's office, 9 a township, 12 a village.
    """

    TYPE: ClassVar[str] = "screening.vouchers_handed_over.v1"

    handover_id: UUID
    programme: str
    from_holder: str
    to_holder: str
    year: int
    first_serial: int
    last_serial: int
    quantity: int
    receipt_no: str
    handed_over_on: date


class VoucherRedeemed(EventData):
    """One voucher was used for a check-up. The vouchers of one check-up share the redemption id."""

    TYPE: ClassVar[str] = "screening.voucher_redeemed.v1"

    redemption_id: UUID
    serial: int
    year: int
    programme: str
    person_id: UUID
    household_id: UUID
    facility_code: str
    examined_on: date
    redeemed_on: date
    amount_fen: int


CONTRACTS: tuple[type[EventData], ...] = (VouchersHandedOver, VoucherRedeemed)

"""What screening tells the other services about check-up vouchers: who holds them, where they were used."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.messaging.contract import EventData


class VouchersHandedOver(EventData):
    """A range of vouchers went from one holder to another against a receipt. Keyed by county.

    Holders are divisions: county, township or village. ``quantity`` = last − first + 1.
    """

    TYPE: ClassVar[str] = "screening.vouchers_handed_over.v1"

    handover_id: UUID
    programme: str
    from_holder: str
    to_holder: str
    first_serial: int
    last_serial: int
    quantity: int
    receipt_no: str
    handed_over_on: date


class VoucherRedeemed(EventData):
    """A person used a voucher at a provider; the amount is owed to the provider. Keyed by household."""

    TYPE: ClassVar[str] = "screening.voucher_redeemed.v1"

    redemption_id: UUID
    programme: str
    serial: int
    person_id: UUID
    facility_code: str
    redeemed_on: date
    amount_fen: int


CONTRACTS: tuple[type[EventData], ...] = (VouchersHandedOver, VoucherRedeemed)

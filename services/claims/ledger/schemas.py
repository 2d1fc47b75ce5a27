"""Replies of the ledger. Amounts are strings in yuan."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.fields import Reply, YuanOut


class AccountBalance(Reply):
    """One account; the balance is debits − credits."""

    account: str
    debits: YuanOut
    credits: YuanOut
    balance: YuanOut


class TrialBalance(Reply):
    """All accounts with movements; debits and credits are equal."""

    county: str | None
    year: int | None
    accounts: list[AccountBalance]
    debits: YuanOut
    credits: YuanOut


class TransferReply(Reply):
    """One transfer: the amount moves from the debit to the credit account."""

    no: int
    booked_at: datetime
    kind: Annotated[str, Field(description="payer、person、inflow、set_apart、reversal")]
    debit_account: str
    credit_account: str
    amount: YuanOut
    settlement_id: UUID | None
    reference: str | None
    reverses: int | None


class Transfers(Reply):
    """The transfers of one settlement and their sum, which is the settlement's total."""

    items: list[TransferReply]
    total: YuanOut

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
    kind: Annotated[
        str,
        Field(
            description="payer、person 结算；payer_increase、payer_decrease 调整，随下次拨付医疗机构；"
            "card_payable 应退个人（一卡通）、card_owed 个人应补；inflow、set_apart 筹资；"
            "receipt 到位、reserve_use 动用风险基金；"
            "risk_advance、risk_advance_owed、risk_clawback 上级调剂金预拨与扣回；reversal 冲正"
        ),
    ]
    debit_account: str
    credit_account: str
    amount: YuanOut
    settlement_id: UUID | None
    reference: str | None
    reverses: int | None


class Transfers(Reply):
    """Transfers in their order; ``total`` is what they bring a provider: of a settlement, its total."""

    items: list[TransferReply]
    total: YuanOut

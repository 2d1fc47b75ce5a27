"""From a settlement on to the bank: which payments hold what it is due, to the hospital and by card."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from services.claims.payments import tracing_repository as repository
from services.claims.payments.api import OfficeDep
from services.claims.payments.schemas import BatchState, ItemState
from services.claims.payments.tracing_repository import Paying
from services.claims.settlements import service as settlements
from shared.fields import Reply, YuanOut
from shared.http import needs, new_router

router: APIRouter = new_router("/v1/settlements", "payments")


class PayingReply(Reply):
    """A transfer of the settlement in a payment; both ids stand in the bank's files."""

    transfer_no: int
    kind: str
    amount: Annotated[YuanOut, Field(description="该笔记账使应付增加的金额，减少为负")]
    batch_id: UUID
    message_id: Annotated[str, Field(description="批次号（支付文件 MsgId）")]
    batch_state: BatchState
    through: date
    exported_at: datetime | None
    item_id: UUID
    item_no: int
    end_to_end_id: Annotated[str, Field(description="付款明细号（支付文件 EndToEndId）")]
    payee: str
    item_state: ItemState
    decided_on: date | None


class SettlementPayments(Reply):
    """What of a settlement is in payments; what is in none yet falls into the county's next batch."""

    settlement_id: UUID
    items: list[PayingReply]


@router.get("/{settlement_id:uuid}/payments", dependencies=[needs("claims:read")])
async def settlement_payments(settlement_id: UUID, office: OfficeDep) -> SettlementPayments:
    """一次结算的拨付去向：各笔应付列入哪个批次的哪条明细、银行是否已付；未列出的留待下一批次。"""
    await settlements.get(office.session, settlement_id)
    found = await repository.of_settlement(office.session, settlement_id)
    return SettlementPayments(settlement_id=settlement_id, items=[_shown(each) for each in found])


def _shown(row: Paying) -> PayingReply:
    values = row._asdict()
    ids = {"message_id": row.batch_id.hex, "end_to_end_id": row.item_id.hex}
    return PayingReply(amount=values.pop("amount_fen"), **ids, **values)

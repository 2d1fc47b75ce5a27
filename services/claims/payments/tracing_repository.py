"""Statements that lead from a settlement to the payments that hold what it is due."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw
from shared.money import Fen


class Paying(NamedTuple):
    """A transfer of a settlement, and the line of a batch that pays it or sets it off."""

    transfer_no: int
    kind: str
    amount_fen: Fen
    batch_id: UUID
    batch_state: str
    through: date
    exported_at: datetime | None
    item_id: UUID
    item_no: int
    payee: str
    item_state: str
    decided_on: date | None


_PAYING = """
SELECT booked.no, booked.kind, kept.amount_fen, batch.id, batch.state, batch.through, batch.exported_at,
       item.id, item.no, item.payee, item.state, item.decided_on
FROM transfers AS booked
JOIN payment_item_transfers AS kept ON kept.transfer_no = booked.no AND kept.held
JOIN payment_batches AS batch ON batch.id = kept.batch_id
JOIN payment_items AS item ON item.batch_id = kept.batch_id AND item.payee = kept.payee
WHERE booked.settlement_id = $1 ORDER BY booked.no
"""


async def of_settlement(session: AsyncSession, settlement_id: UUID) -> list[Paying]:
    """What of a settlement is in which payment, in booking order."""
    rows = await (await raw(session)).fetch(_PAYING, settlement_id)
    return [Paying(*row) for row in rows]

"""Statements on payments that came back from the bank."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.payments.rules import BANK_RETURNED, PAID
from shared.db import raw
from shared.money import Fen


class PaymentReturn(NamedTuple):
    """A payment that came back, and who booked that."""

    item_id: UUID
    batch_id: UUID
    county_code: str
    amount_fen: Fen
    returned_on: date
    reason: str
    booked_at: datetime
    booked_by: str


class Used(NamedTuple):
    """What one batch set off of an advance."""

    advance_item_id: UUID
    batch_id: UUID
    batch_state: str
    amount_fen: Fen


_COLUMNS = ", ".join(PaymentReturn._fields)
_ADD = f"""
WITH back AS (
  INSERT INTO payment_returns ({_COLUMNS})
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::date[], $6::text[],
                       $7::timestamptz[], $8::text[])
  RETURNING item_id, reason
)
UPDATE payment_items AS item SET state = '{BANK_RETURNED}', failure = back.reason
FROM back WHERE item.id = back.item_id AND item.state = '{PAID}'
"""
_SET_OFF_OF = """
SELECT used.advance_item_id, batch.id, batch.state, sum(used.amount_fen)::bigint
FROM payment_set_offs AS used JOIN payment_items AS item ON item.id = used.item_id
JOIN payment_batches AS batch ON batch.id = item.batch_id
WHERE used.advance_item_id = ANY($1::uuid[]) AND used.held
GROUP BY 1, 2, 3 ORDER BY 1, 2
"""


async def add(session: AsyncSession, rows: Sequence[PaymentReturn]) -> None:
    """Store what came back, once for each payment; the items, which were paid, wait for a decision."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    await (await raw(session)).execute(_ADD, *columns)


async def set_off_of(session: AsyncSession, advance_item_ids: Sequence[UUID]) -> list[Used]:
    """What batches keep back for these advances."""
    rows = await (await raw(session)).fetch(_SET_OFF_OF, list(advance_item_ids))
    return [Used(*row) for row in rows]

"""Statements on payment batches and their items, under the caller's row-level security."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw, set_columns
from shared.money import Fen


class Batch(NamedTuple):
    """A batch as stored; what comes after its state is empty until it gets there."""

    id: UUID
    county_code: str
    kind: str
    state: str
    through: date
    retry_of: UUID | None
    prepared_at: datetime
    prepared_by: str
    unassigned: int = 0
    unassigned_fen: Fen = 0
    approved_at: datetime | None = None
    approved_by: str | None = None
    exported_at: datetime | None = None
    exported_by: str | None = None
    payer_account_id: UUID | None = None
    file_digest: bytes | None = None


class Item(NamedTuple):
    """A payee's line of a batch."""

    id: UUID
    batch_id: UUID
    no: int
    payee_kind: str
    payee: str
    state: str
    gross_fen: Fen
    set_off_fen: Fen
    amount_fen: Fen
    parts: str
    account_id: UUID | None
    shared_account: bool
    replaces: UUID | None
    failure: str | None
    decided_on: date | None
    account_masked: str | None = None
    returned_on: date | None = None


class StateSum(NamedTuple):
    """How many items of a batch are in a state, and what they come to."""

    state: str
    items: int
    amount_fen: Fen


class Held(NamedTuple):
    """A transfer that an item pays."""

    no: int
    booked_at: datetime
    kind: str
    part: str
    amount_fen: Fen
    settlement_id: UUID | None
    reference: str | None
    held: bool


class Step(NamedTuple):
    """What was done to a batch, by whom and when."""

    action: str
    state: str
    at: datetime
    by: str
    details: str


_COLUMNS = ", ".join(Batch._fields)
_PREPARED = Batch._fields[:10]
_ADD = f"""
INSERT INTO payment_batches ({", ".join(_PREPARED)})
VALUES ({", ".join(f"${no}" for no in range(1, len(_PREPARED) + 1))})
"""
_GET = f"SELECT {_COLUMNS} FROM payment_batches WHERE id = $1"
_PAGE = f"""
SELECT {_COLUMNS} FROM payment_batches
WHERE ($1::text IS NULL OR county_code = $1) AND ($2::text IS NULL OR kind = $2)
  AND ($3::text IS NULL OR state = $3) AND ($4::uuid IS NULL OR id > $4)
ORDER BY id LIMIT $5
"""
_UNASSIGNED = "UPDATE payment_batches SET unassigned = $2, unassigned_fen = $3 WHERE id = $1"
_ITEM_COLUMNS = ", ".join(f"item.{name}" for name in Item._fields[:-2]).replace("parts", "parts::text")
_ITEMS = f"""
SELECT {_ITEM_COLUMNS}, account.account_masked, back.returned_on
FROM payment_items AS item LEFT JOIN payee_accounts AS account ON account.id = item.account_id
LEFT JOIN payment_returns AS back ON back.item_id = item.id
WHERE item.batch_id = $1 AND ($2::text[] IS NULL OR item.state = ANY($2)) AND item.no > $3::bigint
  AND ($5::uuid IS NULL OR item.id = $5)
ORDER BY item.no LIMIT $4
"""
_SUMS = """
SELECT state, count(*), sum(amount_fen)::bigint FROM payment_items WHERE batch_id = $1 GROUP BY 1 ORDER BY 1
"""
_MOVE = """
UPDATE payment_items SET state = $3 WHERE batch_id = $1 AND state = ANY($2::text[])
  AND ($4::uuid[] IS NULL OR id = ANY($4))
RETURNING id
"""
_CANCEL = "UPDATE payment_items SET state = 'cancelled' WHERE batch_id = $1"
_STALE = """
SELECT count(*) FROM payment_items AS item JOIN payee_accounts AS account ON account.id = item.account_id
WHERE item.batch_id = $1 AND item.state = 'payable' AND account.state <> 'active'
"""
_BY_YEAR = """
SELECT kept.payee, kept.year, sum(kept.amount_fen)::bigint FROM payment_item_transfers AS kept
WHERE kept.batch_id = $1 AND kept.held GROUP BY 1, 2 ORDER BY 1, 2
"""
_HELD = """
SELECT kept.transfer_no, booked.booked_at, booked.kind, kept.part, kept.amount_fen, booked.settlement_id,
       booked.reference, kept.held
FROM payment_items AS item
JOIN payment_item_transfers AS kept ON kept.batch_id = item.batch_id AND kept.payee = item.payee
JOIN transfers AS booked ON booked.no = kept.transfer_no
WHERE item.batch_id = $1 AND item.no = $2 AND kept.transfer_no > $3
ORDER BY kept.transfer_no LIMIT $4
"""
_ADD_STEP = """
INSERT INTO payment_steps (batch_id, no, county_code, action, state, at, by, details)
SELECT $1, count(*) + 1, $2, $3, $4, $5, $6, $7::jsonb FROM payment_steps WHERE batch_id = $1
"""
_STEPS = "SELECT action, state, at, by, details::text FROM payment_steps WHERE batch_id = $1 ORDER BY no"
_ADVANCES_OF = """
SELECT item_id, facility_code, rule, instalment_fen, rate_bp, first_on FROM payment_advances
WHERE item_id = ANY($1::uuid[])
"""
_LINK = """
INSERT INTO card_due_persons (reference, county_code, person_id)
SELECT reference, $1, person_id FROM unnest($2::text[], $3::uuid[]) AS new (reference, person_id)
"""


async def add(session: AsyncSession, batch: Batch) -> None:
    """Store a new batch."""
    await (await raw(session)).execute(_ADD, *batch[: len(_PREPARED)])


async def set_unassigned(session: AsyncSession, batch_id: UUID, count: int, amount_fen: Fen) -> None:
    """Remember what was due to nobody who could be named."""
    await (await raw(session)).execute(_UNASSIGNED, batch_id, count, amount_fen)


async def get(session: AsyncSession, batch_id: UUID) -> Batch | None:
    """One batch; ``None`` where the caller sees none."""
    row = await (await raw(session)).fetchrow(_GET, batch_id)
    return Batch(*row) if row else None


async def lock(session: AsyncSession, batch_id: UUID) -> Batch | None:
    """The same, locked until the transaction ends: one action on a batch at a time."""
    row = await (await raw(session)).fetchrow(f"{_GET} FOR UPDATE", batch_id)
    return Batch(*row) if row else None


async def page(
    session: AsyncSession,
    county: str | None,
    kind: str | None,
    state: str | None,
    after: UUID | None,
    limit: int,
) -> list[Batch]:
    """Batches in the order in which they were prepared."""
    rows = await (await raw(session)).fetch(_PAGE, county, kind, state, after, limit)
    return [Batch(*row) for row in rows]


async def change(session: AsyncSession, batch_id: UUID, changes: Mapping[str, Any]) -> None:
    """Set columns of a batch that is locked; names of columns are the fields of ``Batch``."""
    await set_columns(await raw(session), "payment_batches", Batch._fields, batch_id, changes)


async def items(
    session: AsyncSession,
    batch_id: UUID,
    states: Sequence[str] | None,
    after: int,
    limit: int | None,
    item_id: UUID | None = None,
) -> list[Item]:
    """Lines of a batch in their order, or the one with an id."""
    wanted = list(states) if states is not None else None
    rows = await (await raw(session)).fetch(_ITEMS, batch_id, wanted, after, limit, item_id)
    return [Item(*row) for row in rows]


async def sums(session: AsyncSession, batch_id: UUID) -> list[StateSum]:
    """Counts and sums of a batch by state of its items."""
    return [StateSum(*row) for row in await (await raw(session)).fetch(_SUMS, batch_id)]


async def move(
    session: AsyncSession,
    batch_id: UUID,
    states: Sequence[str],
    to: str,
    item_ids: Sequence[UUID] | None = None,
) -> list[UUID]:
    """Take items of these states, all or those named, to another; which they were."""
    wanted = list(item_ids) if item_ids is not None else None
    rows = await (await raw(session)).fetch(_MOVE, batch_id, list(states), to, wanted)
    return [row[0] for row in rows]


async def cancel_items(session: AsyncSession, batch_id: UUID) -> None:
    """Nothing of a batch is paid."""
    await (await raw(session)).execute(_CANCEL, batch_id)


async def stale_accounts(session: AsyncSession, batch_id: UUID) -> int:
    """Items whose account is no longer the one in force."""
    return int(await (await raw(session)).fetchval(_STALE, batch_id))


async def by_year(session: AsyncSession, batch_id: UUID) -> dict[str, dict[int, Fen]]:
    """What is held for each payee by the year of the account it is due on."""
    found: dict[str, dict[int, Fen]] = {}
    for payee, year, amount in await (await raw(session)).fetch(_BY_YEAR, batch_id):
        found.setdefault(payee, {})[year] = amount
    return found


async def held(session: AsyncSession, batch_id: UUID, no: int, after: int, limit: int) -> list[Held]:
    """The transfers behind one line."""
    return [Held(*row) for row in await (await raw(session)).fetch(_HELD, batch_id, no, after, limit)]


async def add_step(
    session: AsyncSession, batch: Batch, action: str, at: datetime, by: str, details: Mapping[str, Any]
) -> None:
    """Remember what was done to a batch, which is locked or new."""
    text = json.dumps(details, ensure_ascii=False)
    await (await raw(session)).execute(
        _ADD_STEP, batch.id, batch.county_code, action, batch.state, at, by, text
    )


async def steps(session: AsyncSession, batch_id: UUID) -> list[Step]:
    """What was done to a batch, in order."""
    return [Step(*row) for row in await (await raw(session)).fetch(_STEPS, batch_id)]


async def advances_of(session: AsyncSession, item_ids: Sequence[UUID]) -> dict[UUID, tuple[Any, ...]]:
    """How the advances of these items are to be set off: provider, rule, instalment, rate, first day."""
    rows = await (await raw(session)).fetch(_ADVANCES_OF, list(item_ids))
    return {row[0]: tuple(row)[1:] for row in rows}


async def link_people(session: AsyncSession, county_code: str, people: Mapping[str, UUID]) -> None:
    """Remember to whom the transfers on card accounts under these references are due."""
    if people:
        await (await raw(session)).execute(_LINK, county_code, list(people), list(people.values()))

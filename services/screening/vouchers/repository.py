"""SQL of print runs, holdings and the hand-over archive."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.vouchers.ranges import Holding, SerialRange

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_LAST_SERIAL = text("""
SELECT max(last_serial) FROM voucher_batches
WHERE first_serial <= :last AND last_serial >= :first
""")
_INSERT_BATCH = text("""
INSERT INTO voucher_batches (id, programme, division_code, year, first_serial, last_serial, face_fen,
                             printed_on, recorded_at, recorded_by)
VALUES (:id, :programme, :division_code, :year, :first_serial, :last_serial, :face_fen,
        :printed_on, :recorded_at, :recorded_by)
ON CONFLICT DO NOTHING RETURNING id
""")
_HOLDINGS = text("""
SELECT first_serial, last_serial, batch_id, year FROM holdings
WHERE programme = :programme AND division_code = :holder
  AND first_serial <= :last AND last_serial >= :first
ORDER BY first_serial
""")
# Ranges never overlap, so only the last one that begins at or before a serial can hold it. Range operators
# would be no better: under row-level security they cannot use an index.
_HOLDING_OF = text("""
SELECT wanted.serial, held.division_code AS holder, held.first_serial, held.last_serial, held.batch_id,
       held.year
FROM unnest(CAST(:serials AS bigint[])) AS wanted (serial)
CROSS JOIN LATERAL (
  SELECT * FROM holdings WHERE first_serial <= wanted.serial ORDER BY first_serial DESC LIMIT 1
) AS held
WHERE held.last_serial >= wanted.serial AND held.programme = :programme
""")
_REMOVE = text("DELETE FROM holdings WHERE first_serial = ANY(CAST(:firsts AS bigint[]))")
_PUT = text("""
INSERT INTO holdings (programme, division_code, batch_id, year, first_serial, last_serial)
SELECT :programme, :holder, new.* FROM unnest(
  CAST(:batch_ids AS uuid[]), CAST(:years AS smallint[]), CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[])
) AS new
""")
_INSERT_HANDOVER = text("""
INSERT INTO handovers (id, programme, division_code, from_holder, to_holder, year, first_serial, last_serial,
                       receipt_no, signed_by, handed_over_on, recorded_at, recorded_by)
VALUES (:id, :programme, :division_code, :from_holder, :to_holder, :year, :first_serial, :last_serial,
        :receipt_no, :signed_by, :handed_over_on, :recorded_at, :recorded_by)
ON CONFLICT (programme, from_holder, receipt_no) DO NOTHING RETURNING id
""")


async def lock_county_serials(session: AsyncSession, county_code: str, year: int) -> None:
    """Let one print run of a county and year be numbered at a time."""
    await session.execute(_LOCK, {"name": f"screening.serials:{county_code}:{year}"})


async def last_serial_within(session: AsyncSession, serials: SerialRange) -> int | None:
    """The greatest printed serial among the runs that touch a range."""
    found: int | None = await session.scalar(_LAST_SERIAL, {"first": serials.first, "last": serials.last})
    return found


async def insert_batch(session: AsyncSession, batch: dict[str, Any]) -> bool:
    """Register a print run; false when one of its serials was printed before, by whomever."""
    return await session.scalar(_INSERT_BATCH, batch) is not None


async def lock_holders(session: AsyncSession, programme: str, holders: Iterable[str]) -> None:
    """Keep everybody else from changing what these holders have until the transaction ends.

    Always taken in one order, and in statements of their own: what is read afterwards is what the last
    owner of the lock committed.
    """
    for holder in sorted(set(holders)):
        await session.execute(_LOCK, {"name": f"screening.holder:{programme}:{holder}"})


async def holdings(session: AsyncSession, programme: str, holder: str, within: SerialRange) -> list[Holding]:
    """The ranges of a holder that touch the given one."""
    rows = await session.execute(
        _HOLDINGS,
        {"programme": programme, "holder": holder, "first": within.first, "last": within.last},
    )
    return [_holding(row) for row in rows]


async def holdings_of(
    session: AsyncSession, programme: str, serials: Sequence[int]
) -> dict[int, tuple[str, Holding]]:
    """Holder and range of every serial that is still in somebody's stock."""
    rows = await session.execute(_HOLDING_OF, {"programme": programme, "serials": list(serials)})
    return {row.serial: (row.holder, _holding(row)) for row in rows}


async def replace_holdings(
    session: AsyncSession, programme: str, holder: str, old: Iterable[Holding], new: Iterable[Holding]
) -> None:
    """Take ranges from a holder's stock and put others in. The caller has locked the holder."""
    new = list(new)
    await session.execute(_REMOVE, {"firsts": [held.serials.first for held in old]})
    await session.execute(
        _PUT,
        {
            "programme": programme,
            "holder": holder,
            "batch_ids": [held.batch_id for held in new],
            "years": [held.year for held in new],
            "firsts": [held.serials.first for held in new],
            "lasts": [held.serials.last for held in new],
        },
    )


async def insert_handover(session: AsyncSession, handover: dict[str, Any]) -> bool:
    """Archive a hand-over; false when the giver has used the receipt number before."""
    return await session.scalar(_INSERT_HANDOVER, handover) is not None


def _holding(row: Row[*tuple[Any, ...]]) -> Holding:
    batch_id: UUID = row.batch_id
    return Holding(SerialRange(row.first_serial, row.last_serial), batch_id, row.year)

"""Take single serials out of the holders' ranges when they reach people."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.vouchers import ranges, repository
from services.screening.vouchers.ranges import Holding


async def lock_and_find(
    session: AsyncSession, programme: str, serials: Sequence[int]
) -> dict[int, tuple[str, Holding]]:
    """Holder and range of each serial still in somebody's stock, locked until the transaction ends."""
    before = await repository.holdings_of(session, programme, serials)
    locked = {holder for holder, _ in before.values()}
    await repository.lock_holders(session, programme, locked)
    now = await repository.holdings_of(session, programme, serials)
    # What has just been handed over to somebody else is not ours to give out.
    return {serial: found for serial, found in now.items() if found[0] in locked}


async def take_out(
    session: AsyncSession, programme: str, held: Mapping[int, tuple[str, Holding]], serials: Collection[int]
) -> None:
    """Remove serials from their holders' ranges, which ``lock_and_find`` has locked."""
    by_holder: dict[str, list[int]] = {}
    for serial in serials:
        by_holder.setdefault(held[serial][0], []).append(serial)
    for holder, gone in sorted(by_holder.items()):
        touched = {held[serial][1] for serial in gone}
        left = ranges.split(touched, ranges.as_ranges(gone)).left
        await repository.replace_holdings(session, programme, holder, touched, left)

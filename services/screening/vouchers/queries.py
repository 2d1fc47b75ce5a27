"""Balances, archives and the way of a single voucher."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.cursors import after_id, after_serial
from services.screening.vouchers import holders, read_repository
from services.screening.vouchers.schemas import (
    BalanceReply,
    HandoverReply,
    HoldingReply,
    SerialReply,
    VoucherReply,
    YearBalance,
)
from shared.paging import Page, encode_cursor
from shared.problems import NOT_FOUND, Problem


async def balance(session: AsyncSession, programme: str, holder: str) -> BalanceReply:
    """What a holder got, gave and still has; zero for a holder without vouchers."""
    rows = await read_repository.balances(session, programme, holder)
    years = [YearBalance.model_validate(dict(row._mapping)) for row in rows]
    return BalanceReply(
        programme=programme,
        holder=holder,
        level=holders.level_of(holder),
        in_hand=sum(year.in_hand for year in years),
        years=years,
    )


async def list_holdings(
    session: AsyncSession, programme: str, holder: str, cursor: str | None, limit: int
) -> Page[HoldingReply]:
    """A holder's ranges, by serial."""
    rows = await read_repository.holdings(session, programme, holder, after_serial(cursor), limit + 1)
    items = [HoldingReply(**row._mapping, quantity=_quantity(row)) for row in rows[:limit]]
    return Page(items=items, next_cursor=encode_cursor(items[-1].first_serial) if rows[limit:] else None)


async def list_handovers(
    session: AsyncSession, programme: str, holder: str, cursor: str | None, limit: int
) -> Page[HandoverReply]:
    """The archived hand-overs to and from a holder, oldest first."""
    rows = await read_repository.handovers(session, programme, holder, after_id(cursor), limit + 1)
    items = [_handover(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if rows[limit:] else None)


async def list_vouchers(
    session: AsyncSession, programme: str, division: str, cursor: str | None, limit: int
) -> Page[VoucherReply]:
    """The vouchers that people of a division were given, by serial."""
    rows = await read_repository.vouchers(session, programme, division, after_serial(cursor), limit + 1)
    items = [_voucher(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=encode_cursor(items[-1].serial) if rows[limit:] else None)


async def trace(session: AsyncSession, programme: str, serial: int) -> SerialReply:
    """Where a voucher is and every hand-over it went through; not found outside the jurisdiction."""
    held = await read_repository.held(session, programme, serial)
    issued = None if held else await read_repository.issued(session, programme, serial)
    found = held or issued
    if found is None:
        raise Problem(NOT_FOUND)
    voucher = _voucher(issued) if issued else None
    custody = await read_repository.custody(session, programme, serial)
    return SerialReply(
        serial=serial,
        year=found.year,
        status=voucher.status if voucher else "held",
        holder=held.holder if held else None,
        voucher=voucher,
        custody=[_handover(row) for row in custody],
    )


def _handover(row: Row[*tuple[Any, ...]]) -> HandoverReply:
    return HandoverReply(**row._mapping, quantity=_quantity(row))


def _voucher(row: Row[*tuple[Any, ...]]) -> VoucherReply:
    return VoucherReply(**row._mapping, status="redeemed" if row.redemption_id else "issued")


def _quantity(row: Row[*tuple[Any, ...]]) -> int:
    return int(row.last_serial - row.first_serial + 1)

"""SQL of handing vouchers out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_KNOWN = text("""
SELECT serial, person_id, year FROM vouchers
WHERE serial = ANY(CAST(:serials AS bigint[]))
   OR (programme = :programme AND person_id = ANY(CAST(:person_ids AS uuid[])))
""")
_INSERT = text("""
INSERT INTO vouchers (programme, issued_on, programme_version, recorded_at, recorded_by,
                      serial, batch_id, year, person_id, division_code, receipt_no)
SELECT :programme, :issued_on, :programme_version, :recorded_at, :recorded_by, new.* FROM unnest(
  CAST(:serials AS bigint[]), CAST(:batch_ids AS uuid[]), CAST(:years AS smallint[]),
  CAST(:person_ids AS uuid[]), CAST(:division_codes AS text[]), CAST(:receipt_nos AS text[])
) AS new
ON CONFLICT DO NOTHING RETURNING serial
""")


@dataclass(frozen=True, slots=True)
class NewVoucher:
    """A voucher on its way to a person."""

    serial: int
    batch_id: UUID
    year: int
    person_id: UUID
    village: str
    receipt_no: str


@dataclass(frozen=True, slots=True)
class IssueStamp:
    """What all vouchers of one request share."""

    programme: str
    programme_version: date
    issued_on: date
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Known:
    """Vouchers that were handed out before: all serials, and the years that each person has."""

    serials: frozenset[int]
    years: dict[UUID, frozenset[int]]


async def known_vouchers(
    session: AsyncSession, programme: str, serials: Sequence[int], person_ids: Sequence[UUID]
) -> Known:
    """What is already out, of these serials and to these people."""
    rows = await session.execute(
        _KNOWN, {"programme": programme, "serials": list(serials), "person_ids": list(person_ids)}
    )
    out: set[int] = set()
    years: dict[UUID, frozenset[int]] = {}
    for row in rows:
        out.add(row.serial)
        years[row.person_id] = years.get(row.person_id, frozenset()) | {row.year}
    return Known(frozenset(out), years)


async def insert_vouchers(
    session: AsyncSession, stamp: IssueStamp, vouchers: Sequence[NewVoucher]
) -> set[int]:
    """Hand out vouchers; the serials that went through (not those that met another's in between)."""
    vouchers = sorted(vouchers, key=lambda voucher: voucher.serial)
    rows = await session.scalars(
        _INSERT,
        {
            "programme": stamp.programme,
            "issued_on": stamp.issued_on,
            "programme_version": stamp.programme_version,
            "recorded_at": stamp.recorded_at,
            "recorded_by": stamp.recorded_by,
            "serials": [voucher.serial for voucher in vouchers],
            "batch_ids": [voucher.batch_id for voucher in vouchers],
            "years": [voucher.year for voucher in vouchers],
            "person_ids": [voucher.person_id for voucher in vouchers],
            "division_codes": [voucher.village for voucher in vouchers],
            "receipt_nos": [voucher.receipt_no for voucher in vouchers],
        },
    )
    return set(rows)

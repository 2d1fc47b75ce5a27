"""Statements on imports and their faults."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.imports.row_problems import RowFault
from services.registry.imports.tables import import_errors, imports
from shared.db import raw

MAX_LISTED = 100_000
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('registry.import.' || $1, 0))"
_ADD_FAULTS = """
INSERT INTO import_errors (import_id, no, division_code, row, column_name, code, severity, params)
SELECT $1, no, $2, row, column_name, code, severity, params::jsonb
FROM unnest($3::integer[], $4::text[], $5::text[], $6::text[], $7::text[])
     WITH ORDINALITY AS fault (row, column_name, code, severity, params, no)
"""


async def lock_county(session: AsyncSession, county: str) -> bool:
    """Become the only import of the county until the transaction ends; False when another one runs."""
    return bool(await (await raw(session)).fetchval(_LOCK, county))


async def last_import(session: AsyncSession, county: str) -> datetime | None:
    """When the newest import of a county was recorded."""
    newest = select(func.max(imports.c.imported_at)).where(imports.c.division_code == county)
    found: datetime | None = await session.scalar(newest)
    return found


async def add_import(session: AsyncSession, row: dict[str, Any]) -> None:
    """Write the record of one import."""
    await session.execute(insert(imports).values(**row))


async def add_faults(session: AsyncSession, import_id: UUID, county: str, faults: Sequence[RowFault]) -> None:
    """Write the first faults of an import, in the order of the file."""
    listed = faults[:MAX_LISTED]
    columns = (
        [fault.row for fault in listed],
        [fault.column for fault in listed],
        [fault.code for fault in listed],
        [fault.severity for fault in listed],
        [json.dumps(fault.params, ensure_ascii=False) for fault in listed],
    )
    await (await raw(session)).execute(_ADD_FAULTS, import_id, county, *columns)


async def find_import(session: AsyncSession, import_id: UUID) -> RowMapping | None:
    """The record of an import that the caller may see."""
    found = await session.execute(select(imports).where(imports.c.id == import_id))
    return found.mappings().one_or_none()


async def faults(session: AsyncSession, import_id: UUID, limit: int = MAX_LISTED) -> list[RowFault]:
    """The first faults of an import, in the order of the file."""
    fault = import_errors.c
    query = (
        select(fault.row, fault.column_name, fault.code, fault.params)
        .where(fault.import_id == import_id)
        .order_by(fault.no)
        .limit(limit)
    )
    return [RowFault(*row) for row in await session.execute(query)]

"""Statements on the group policies, under the caller's row-level security."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw
from shared.money import Fen


class Policy(NamedTuple):
    """A policy as stored; ``step`` is JSON text."""

    id: UUID
    division_code: str
    year: int
    policy_no: str
    insurer: str
    rural_population: int
    insured: int
    premium_fen: Fen
    paid_by: str
    payer: str
    policy_pack: str
    policy_version: str
    step: str
    state: str
    prepared_by: str
    prepared_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None


_HELD = ", ".join("step::text" if name == "step" else name for name in Policy._fields)
_NEW = Policy._fields[:16]
_ADD = f"""
INSERT INTO relapse_policies ({", ".join(_NEW)})
SELECT {", ".join(f"${no}::jsonb" if name == "step" else f"${no}" for no, name in enumerate(_NEW, 1))}
ON CONFLICT (division_code, year) WHERE state <> 'rejected' DO NOTHING RETURNING id
"""
_GET = f"SELECT {_HELD} FROM relapse_policies WHERE id = $1"
_PAGE = f"""
SELECT {_HELD} FROM relapse_policies
WHERE ($1::text IS NULL OR division_code = $1) AND ($2::smallint IS NULL OR year = $2)
  AND ($3::uuid IS NULL OR id > $3)
ORDER BY id LIMIT $4
"""
_DECIDE = """
UPDATE relapse_policies SET state = $2, decided_by = $3, decided_at = $4, reason = $5 WHERE id = $1
"""
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended('claims.relapse_pool ' || $1, 0))"


async def add(session: AsyncSession, policy: Policy) -> bool:
    """Store a policy; false when the county's year has one."""
    return await (await raw(session)).fetchval(_ADD, *policy[: len(_NEW)]) is not None


async def get(session: AsyncSession, policy_id: UUID, *, lock: bool = False) -> Policy | None:
    """One policy, locked until the transaction ends if asked; ``None`` where the caller sees none."""
    row = await (await raw(session)).fetchrow(f"{_GET} FOR UPDATE" if lock else _GET, policy_id)
    return Policy(*row) if row else None


async def page(
    session: AsyncSession, county: str | None, year: int | None, after: UUID | None, limit: int
) -> list[Policy]:
    """Policies in the order in which they were prepared."""
    return [Policy(*row) for row in await (await raw(session)).fetch(_PAGE, county, year, after, limit)]


async def decide(
    session: AsyncSession, policy_id: UUID, state: str, by: str, at: datetime, reason: str | None
) -> None:
    """Write down who decided on a policy that is locked, and what."""
    await (await raw(session)).execute(_DECIDE, policy_id, state, by, at, reason)


async def hold_pool(session: AsyncSession, county_code: str, year: int) -> None:
    """One payout of a pool at a time: each sees what those before it have left."""
    await (await raw(session)).execute(_HOLD, f"{county_code} {year}")

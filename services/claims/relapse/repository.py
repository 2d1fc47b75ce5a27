"""Statements on relapse claims, under the caller's row-level security."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw, set_columns
from shared.money import Fen


class Claim(NamedTuple):
    """A claim as stored; what comes after its state is empty until it gets there."""

    id: UUID
    division_code: str
    household_id: UUID
    payee_id: UUID
    holder_id: UUID
    year: int
    household_class: str
    state: str
    recorded_fen: Fen
    already_paid_fen: Fen
    created_at: datetime
    created_by: str
    verified_fen: Fen | None = None
    verified_by: str | None = None
    verified_on: date | None = None
    payout_fen: Fen | None = None
    payer: str | None = None
    policy_pack: str | None = None
    policy_version: str | None = None
    step: str | None = None
    notice_name: str | None = None
    posted_on: date | None = None
    notice_over_on: date | None = None
    approved_by: str | None = None
    paid_by: str | None = None


class Objection(NamedTuple):
    """An objection to a public notice, and the answer to it once there is one."""

    no: int
    received_on: date
    content: str
    recorded_at: datetime
    recorded_by: str
    upheld: bool | None
    finding: str | None
    answered_at: datetime | None
    answered_by: str | None


class StepRow(NamedTuple):
    """What was done to a claim, by whom and when."""

    action: str
    state: str
    at: datetime
    by: str
    details: str


_COLUMNS = ", ".join("step::text" if name == "step" else name for name in Claim._fields)
_OPENED = Claim._fields[:12]
_OPEN = f"""
INSERT INTO relapse_claims ({", ".join(_OPENED)})
VALUES ({", ".join(f"${no}" for no in range(1, len(_OPENED) + 1))})
ON CONFLICT (holder_id, year) WHERE state NOT IN ('paid', 'rejected') DO NOTHING RETURNING id
"""
_GET = f"SELECT {_COLUMNS} FROM relapse_claims WHERE id = $1"
_PAGE = f"""
SELECT {_COLUMNS} FROM relapse_claims
WHERE ($1::text IS NULL OR division_code ^@ $1) AND ($2::smallint IS NULL OR year = $2)
  AND ($3::text IS NULL OR state = $3) AND ($4::uuid IS NULL OR id > $4)
ORDER BY id LIMIT $5
"""
# By a function, because a household may have moved, or have members in two counties: its own payment is one.
_ALREADY_PAID = "SELECT relapse_paid($1::uuid, $2::smallint)"
_AWAITING = """
SELECT COALESCE(sum(payout_fen), 0)::bigint FROM relapse_claims
WHERE division_code ^@ $1 AND year = $2 AND state = 'payable'
"""
_ADD_STEP = """
INSERT INTO relapse_claim_steps (claim_id, no, division_code, action, state, at, by, details)
SELECT $1, count(*) + 1, $2, $3, $4, $5, $6, $7::jsonb FROM relapse_claim_steps WHERE claim_id = $1
"""
_STEPS = """
SELECT action, state, at, by, details::text FROM relapse_claim_steps WHERE claim_id = $1 ORDER BY no
"""
_ADD_OBJECTION = """
INSERT INTO relapse_objections (claim_id, no, division_code, received_on, content, recorded_at, recorded_by)
SELECT $1, count(*) + 1, $2, $3, $4, $5, $6 FROM relapse_objections WHERE claim_id = $1
"""
_ANSWER = """
UPDATE relapse_objections SET upheld = $3, finding = $4, answered_at = $5, answered_by = $6
WHERE claim_id = $1 AND no = $2 AND answered_at IS NULL RETURNING no
"""
_BLOCKING = """
SELECT count(*) FROM relapse_objections
WHERE claim_id = $1 AND (answered_at IS NULL OR upheld AND NOT verified_again)
"""
_VERIFIED_AGAIN = "UPDATE relapse_objections SET verified_again = true WHERE claim_id = $1 AND upheld"
_OBJECTIONS = f"""
SELECT {", ".join(Objection._fields)} FROM relapse_objections WHERE claim_id = $1 ORDER BY no
"""


async def open_claim(session: AsyncSession, claim: Claim) -> bool:
    """Store a new claim; false when the holder's year has one that is not closed yet."""
    return await (await raw(session)).fetchval(_OPEN, *claim[: len(_OPENED)]) is not None


async def get(session: AsyncSession, claim_id: UUID) -> Claim | None:
    """One claim; ``None`` where the caller sees none."""
    row = await (await raw(session)).fetchrow(_GET, claim_id)
    return Claim(*row) if row else None


async def lock(session: AsyncSession, claim_id: UUID) -> Claim | None:
    """The same, locked until the transaction ends: one action on a claim at a time."""
    row = await (await raw(session)).fetchrow(f"{_GET} FOR UPDATE", claim_id)
    return Claim(*row) if row else None


async def page(
    session: AsyncSession,
    county: str | None,
    year: int | None,
    state: str | None,
    after: UUID | None,
    limit: int,
) -> list[Claim]:
    """Claims in the order in which they were opened."""
    return [Claim(*row) for row in await (await raw(session)).fetch(_PAGE, county, year, state, after, limit)]


async def already_paid(session: AsyncSession, holder_id: UUID, year: int) -> Fen:
    """What insurances have paid on the own payment of a holder's year, whichever county's."""
    return int(await (await raw(session)).fetchval(_ALREADY_PAID, holder_id, year))


async def awaiting_payment(session: AsyncSession, county_code: str, year: int) -> Fen:
    """What claims that only wait for their payment will pay."""
    return int(await (await raw(session)).fetchval(_AWAITING, county_code, year))


async def change(session: AsyncSession, claim_id: UUID, changes: Mapping[str, Any]) -> None:
    """Set columns of a claim that is locked; names of columns are the fields of ``Claim``."""
    await set_columns(await raw(session), "relapse_claims", Claim._fields, claim_id, changes)


async def add_step(
    session: AsyncSession, claim: Claim, action: str, at: datetime, by: str, details: Mapping[str, Any]
) -> None:
    """Remember what was done to a claim, which is locked or new."""
    text = json.dumps(details, ensure_ascii=False)
    await (await raw(session)).execute(
        _ADD_STEP, claim.id, claim.division_code, action, claim.state, at, by, text
    )


async def steps(session: AsyncSession, claim_id: UUID) -> list[StepRow]:
    """What was done to a claim, in order."""
    return [StepRow(*row) for row in await (await raw(session)).fetch(_STEPS, claim_id)]


async def add_objection(
    session: AsyncSession, claim: Claim, received_on: date, content: str, at: datetime, by: str
) -> None:
    """Record an objection to the notice of a claim that is locked."""
    connection = await raw(session)
    await connection.execute(_ADD_OBJECTION, claim.id, claim.division_code, received_on, content, at, by)


async def answer_objection(
    session: AsyncSession, claim_id: UUID, no: int, upheld: bool, finding: str, at: datetime, by: str
) -> bool:
    """Answer an objection once; false when there is none of this number, or it is answered."""
    connection = await raw(session)
    return await connection.fetchval(_ANSWER, claim_id, no, upheld, finding, at, by) is not None


async def objections(session: AsyncSession, claim_id: UUID) -> list[Objection]:
    """The objections to a claim's notices, in order."""
    return [Objection(*row) for row in await (await raw(session)).fetch(_OBJECTIONS, claim_id)]


async def blocking_objections(session: AsyncSession, claim_id: UUID) -> int:
    """Objections that are unanswered, or upheld without a home verification since."""
    return int(await (await raw(session)).fetchval(_BLOCKING, claim_id))


async def mark_verified_again(session: AsyncSession, claim_id: UUID) -> None:
    """A new home verification has dealt with the objections that were upheld."""
    await (await raw(session)).execute(_VERIFIED_AGAIN, claim_id)

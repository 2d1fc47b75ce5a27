"""Statements of the HIS interface, under the caller's row-level security."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

from shared.clock import SHANGHAI

Connection: TypeAlias = "asyncpg.Connection[Any]"

SUCCESS, REFUSED, NEVER = "success", "refused", "never"


class Message(NamedTuple):
    """One message id and what came of it."""

    msgid: str
    facility_code: str
    division_code: str
    infno: str
    outcome: str
    content_digest: bytes | None
    reply: bytes | None
    mdtrt_id: UUID | None
    settlement_id: UUID | None
    part_no: int | None
    person_id: UUID | None
    received_at: datetime
    reversed_by: str | None = None
    reversed_at: datetime | None = None


class VisitRow(NamedTuple):
    """A visit by the interface's id; ``diagnoses`` is JSON text."""

    mdtrt_id: UUID
    facility_code: str
    division_code: str
    person_id: UUID
    care: str
    ipt_otp_no: str
    insutype: str
    cert_type: str
    med_type: str | None
    chronic_code: str | None
    diagnoses: str | None
    began_at: datetime
    ended_at: datetime | None
    visit_no: str | None
    state: str
    registered_at: datetime


# The lock is its own statement: the look-up after it sees whatever its last holder committed.
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
_MESSAGE_COLUMNS = ", ".join(Message._fields)
_MESSAGE = f"SELECT {_MESSAGE_COLUMNS} FROM nhsa_messages WHERE msgid = $1"
_KEEP = f"""
INSERT INTO nhsa_messages ({_MESSAGE_COLUMNS})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
_REVERSE = "UPDATE nhsa_messages SET reversed_by = $2, reversed_at = $3 WHERE msgid = $1"
_OF_SETTLEMENT = """
SELECT msgid, mdtrt_id FROM nhsa_messages
WHERE settlement_id = $1 AND infno IN ('2207', '2304') AND outcome = 'success'
ORDER BY received_at LIMIT 1
"""


async def lock_message(connection: Connection, msgid: str) -> bool:
    """Keep others from answering this message until the transaction ends; false when somebody does."""
    return bool(await connection.fetchval(_LOCK, f"nhsa {msgid}"))


async def message(connection: Connection, msgid: str) -> Message | None:
    """What came of a message, if it came."""
    row = await connection.fetchrow(_MESSAGE, msgid)
    return Message(*row) if row else None


async def keep_message(connection: Connection, kept: Message) -> None:
    """Write down a message's outcome, once."""
    await connection.execute(_KEEP, *kept)


async def mark_reversed(connection: Connection, msgid: str, by: str, now: datetime) -> None:
    """Write down by which message another one was reversed."""
    await connection.execute(_REVERSE, msgid, by, now)


async def message_of_settlement(
    connection: Connection, settlement_id: UUID
) -> tuple[str, UUID | None] | None:
    """The message that made a settlement, and its visit; ``None`` for what came by another interface."""
    row = await connection.fetchrow(_OF_SETTLEMENT, settlement_id)
    return (row["msgid"], row["mdtrt_id"]) if row else None


# What settled stays as a number, because 5203 and reconciliations name it; all else goes. By the time in the
# id as well: one that a clock ahead wrote is refused as too old only once that time has passed.
_PRUNE = """
WITH old AS (
  SELECT msgid, outcome = 'success' AND infno IN ('2207', '2304') AS settled FROM nhsa_messages
  WHERE received_at < $1 AND substr(msgid, 13, 14) < $2 AND (reply IS NOT NULL OR outcome = 'never')
  ORDER BY received_at LIMIT $3 FOR UPDATE SKIP LOCKED
), emptied AS (
  UPDATE nhsa_messages AS kept SET reply = NULL, content_digest = NULL FROM old
  WHERE kept.msgid = old.msgid AND old.settled
), gone AS (
  DELETE FROM nhsa_messages AS kept USING old WHERE kept.msgid = old.msgid AND NOT old.settled
)
SELECT count(*) FROM old
"""


async def prune(connection: Connection, before: datetime, limit: int) -> int:
    """Let go of up to so many messages from before a moment; how many there were."""
    written = before.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")
    return int(await connection.fetchval(_PRUNE, before, written, limit))


_SIGN_IN = "INSERT INTO nhsa_sign_ins VALUES ($1, $2, $3, $4, $5, $6)"
_PRUNE_SIGN_INS = "DELETE FROM nhsa_sign_ins WHERE valid_until < $1"
_SIGNED_IN = """
SELECT true FROM nhsa_sign_ins WHERE sign_no = $1 AND facility_code = $2 AND valid_until > $3
"""


async def sign_in(
    connection: Connection,
    sign_no: str,
    facility_code: str,
    division_code: str,
    opter: str,
    days: tuple[datetime, datetime],
) -> None:
    """Keep a sign-in from one moment until another."""
    await connection.execute(_SIGN_IN, sign_no, facility_code, division_code, opter, *days)


async def prune_sign_ins(connection: Connection, now: datetime) -> None:
    """Let go of sign-ins that no longer hold."""
    await connection.execute(_PRUNE_SIGN_INS, now)


async def signed_in(connection: Connection, sign_no: str, facility_code: str, now: datetime) -> bool:
    """Whether this is a sign-in of the institution that still holds."""
    return bool(await connection.fetchval(_SIGNED_IN, sign_no, facility_code, now))


_KNOW = """
INSERT INTO nhsa_patients (facility_code, person_id, division_code, sealed, recorded_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (facility_code, person_id) DO UPDATE SET
  division_code = excluded.division_code, sealed = excluded.sealed, recorded_at = excluded.recorded_at
"""
_KNOWN = "SELECT sealed FROM nhsa_patients WHERE facility_code = $1 AND person_id = $2"


async def know(
    connection: Connection,
    facility_code: str,
    person_id: UUID,
    division_code: str,
    sealed: bytes,
    now: datetime,
) -> None:
    """Keep what an institution told about a patient, in place of what it told before."""
    await connection.execute(_KNOW, facility_code, person_id, division_code, sealed, now)


async def known(connection: Connection, facility_code: str, person_id: UUID) -> bytes | None:
    """What an institution told about a patient, sealed."""
    sealed: bytes | None = await connection.fetchval(_KNOWN, facility_code, person_id)
    return sealed


_VISIT_COLUMNS = (
    "mdtrt_id, facility_code, division_code, person_id, care, ipt_otp_no, insutype, cert_type, med_type,"
    " chronic_code, diagnoses::text, began_at, ended_at, visit_no, state, registered_at"
)
_VISIT = f"SELECT {_VISIT_COLUMNS} FROM nhsa_visits WHERE mdtrt_id = $1 AND facility_code = $2"
_LOCK_VISIT = f"{_VISIT} FOR UPDATE"
_BY_NUMBER = f"""
SELECT {_VISIT_COLUMNS} FROM nhsa_visits
WHERE facility_code = $1 AND care = $2 AND ipt_otp_no = $3 AND state <> 'cancelled'
"""
_BY_VISIT_NO = f"""
SELECT {_VISIT_COLUMNS} FROM nhsa_visits WHERE facility_code = $1 AND visit_no = $2
ORDER BY registered_at DESC LIMIT 1
"""
_REGISTER = """
INSERT INTO nhsa_visits (
  mdtrt_id, facility_code, division_code, person_id, care, ipt_otp_no, insutype, cert_type, med_type,
  chronic_code, diagnoses, began_at, ended_at, visit_no, state, registered_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb, $12, $13, $14, $15, $16)
ON CONFLICT (facility_code, care, ipt_otp_no) WHERE state <> 'cancelled' DO NOTHING
RETURNING mdtrt_id
"""
_CHANGE = """
UPDATE nhsa_visits SET med_type = $2, chronic_code = $3, diagnoses = $4::jsonb, began_at = $5,
  ended_at = $6, visit_no = $7, state = $8
WHERE mdtrt_id = $1
"""


async def visit(connection: Connection, mdtrt_id: UUID, facility_code: str, *, lock: bool) -> VisitRow | None:
    """A visit of an institution, locked until the transaction ends if asked for."""
    row = await connection.fetchrow(_LOCK_VISIT if lock else _VISIT, mdtrt_id, facility_code)
    return VisitRow(*row) if row else None


async def visit_by_number(
    connection: Connection, facility_code: str, care: str, ipt_otp_no: str
) -> VisitRow | None:
    """The visit that now has an institution's own number."""
    row = await connection.fetchrow(_BY_NUMBER, facility_code, care, ipt_otp_no)
    return VisitRow(*row) if row else None


async def visit_by_visit_no(connection: Connection, facility_code: str, visit_no: str) -> VisitRow | None:
    """The visit in front of one of the open visits."""
    row = await connection.fetchrow(_BY_VISIT_NO, facility_code, visit_no)
    return VisitRow(*row) if row else None


async def register(connection: Connection, row: VisitRow) -> bool:
    """Add a visit; false when its number is taken."""
    return await connection.fetchval(_REGISTER, *row) is not None


async def change(connection: Connection, row: VisitRow) -> None:
    """Write down what may change of a locked visit."""
    await connection.execute(
        _CHANGE,
        row.mdtrt_id,
        row.med_type,
        row.chronic_code,
        row.diagnoses,
        row.began_at,
        row.ended_at,
        row.visit_no,
        row.state,
    )


_BATCH = "INSERT INTO nhsa_batches VALUES ($1, $2, $3, $4, $5, $6)"
_BATCHES = "SELECT part_no, chrg_bchno FROM nhsa_batches WHERE mdtrt_id = $1 ORDER BY part_no"
_DROP_BATCHES = "DELETE FROM nhsa_batches WHERE mdtrt_id = $1 AND part_no = ANY($2::smallint[])"


async def add_batch(connection: Connection, row: VisitRow, part_no: int, chrg_bchno: str, msgid: str) -> None:
    """Write down with which batch a part of the bill came."""
    await connection.execute(
        _BATCH, row.mdtrt_id, part_no, row.facility_code, row.division_code, chrg_bchno, msgid
    )


async def batches(connection: Connection, mdtrt_id: UUID) -> list[tuple[int, str]]:
    """Parts of a visit with their batches."""
    return [(row[0], row[1]) for row in await connection.fetch(_BATCHES, mdtrt_id)]


async def drop_batches(connection: Connection, mdtrt_id: UUID, part_nos: Sequence[int]) -> None:
    """Forget parts that were withdrawn."""
    await connection.execute(_DROP_BATCHES, mdtrt_id, part_nos)


_USED = """
SELECT kind, used_fen FROM accumulators
WHERE person_id = $1 AND year = $2 AND kind NOT LIKE 'household.%' AND kind NOT LIKE '%@%' ORDER BY kind
"""


async def used(connection: Connection, person_id: UUID, year: int) -> list[tuple[str, int]]:
    """What a person used in a year, by kind that was ever moved; those of single days are left out."""
    return [(row[0], row[1]) for row in await connection.fetch(_USED, person_id, year)]

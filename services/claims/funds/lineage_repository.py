"""Statements of the lineage job, as the worker: which transfers are new, how a fund stands, what is added."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.funds.allocation import UNFUNDED, Deposit, Entry
from services.claims.funds.movements import FundKey, Transfer

Connection: TypeAlias = "asyncpg.Connection[Any]"
_LOCK = text("SELECT pg_try_advisory_xact_lock(1700885101)")
# A transfer may commit after transfers with higher numbers were taken. So a number that was the highest when
# a run looked is settled once every transaction of that time has ended; whoever then searches from the old
# beginning on may move the beginning there. A number is drawn a moment before its transaction has an id, but
# within one statement, which never lasts a minute.
_BEHIND = """
SELECT COALESCE(max(behind_no), 0),
       COALESCE(max(upto_no) FILTER (
         WHERE at < now() - interval '1 minute'
           AND next_xid <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint), 0),
       COALESCE(max(upto_no), 0), (SELECT COALESCE(max(no), 0) FROM transfers)
FROM earmark_runs
"""
_TOUCHES = """
(transfer.debit_account ^@ 'fund:' OR transfer.credit_account ^@ 'fund:'
 OR transfer.debit_account ^@ 'financing_due:' OR transfer.credit_account ^@ 'financing_due:')
"""
_NOT_TAKEN = """
NOT EXISTS (SELECT 1 FROM earmark_steps AS step
            WHERE step.transfer_no = transfer.no AND step.transfer_no > $1)
"""
# Reversals of one settlement are taken together: only all of them restore it.
# "LATERAL … LIMIT" is always a look-up by key: a join may read every transfer there is.
_NEXT = f"""
WITH chosen AS MATERIALIZED (
  SELECT no, settlement_id, reverses FROM transfers AS transfer
  WHERE no > $1 AND {_TOUCHES} AND {_NOT_TAKEN} ORDER BY no LIMIT $2
), wanted AS (
  SELECT no FROM chosen
  UNION
  SELECT transfer.no FROM transfers AS transfer
  WHERE settlement_id IN (SELECT settlement_id FROM chosen WHERE reverses IS NOT NULL)
    AND no > $1 AND {_TOUCHES} AND {_NOT_TAKEN}
)
SELECT transfer.no, transfer.kind, transfer.debit_account, transfer.credit_account, transfer.amount_fen,
       transfer.settlement_id, transfer.reverses, first.debit_no, first.credit_no, operation.source,
       operation.payer
FROM wanted CROSS JOIN LATERAL (SELECT * FROM transfers WHERE no = wanted.no LIMIT 1) AS transfer
LEFT JOIN transfers AS original ON original.no = transfer.reverses
LEFT JOIN fund_operations AS operation
  ON operation.id = CASE WHEN COALESCE(original.kind, transfer.kind) = 'receipt'
                         THEN substr(COALESCE(original.reference, transfer.reference), 16)::uuid END
LEFT JOIN LATERAL (
  SELECT min(no) FILTER (WHERE transfer.debit_account IN (debit_account, credit_account)) AS debit_no,
         min(no) FILTER (WHERE transfer.credit_account IN (debit_account, credit_account)) AS credit_no
  FROM transfers AS sibling WHERE sibling.settlement_id = transfer.settlement_id
) AS first ON true
ORDER BY transfer.no
"""


class Behind(NamedTuple):
    """Behind which transfer the search begins, up to which one nothing can appear any more (so the next may
    begin there), up to which one was looked at last, and the highest there is."""

    first_no: int
    settled_no: int
    looked_at_no: int
    highest_no: int


async def lock(session: AsyncSession) -> bool:
    """Begin: whether nobody else is attributing; then nobody else will until the transaction ends."""
    # By the session: the driver's own connection knows no transaction before the session has begun one.
    return bool(await session.scalar(_LOCK))


async def behind(connection: Connection) -> Behind:
    """Where the search for new transfers begins."""
    first, settled, looked_at, highest = await connection.fetchrow(_BEHIND) or (0, 0, 0, 0)
    return Behind(first, settled, looked_at, highest)


async def next_transfers(connection: Connection, first_no: int, limit: int) -> list[Transfer]:
    """Transfers behind a number that touch funds and are not taken yet, in the order of their numbers."""
    return [Transfer(*row) for row in await connection.fetch(_NEXT, first_no, limit)]


_LOOKED = """
INSERT INTO earmark_runs (at, upto_no, behind_no, next_xid)
SELECT clock_timestamp(), $1, $2, pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""
_FORGET = "DELETE FROM earmark_runs WHERE upto_no < $1"


async def looked(connection: Connection, upto_no: int, behind_no: int) -> None:
    """Remember up to where was searched, and where the next search begins; called after the search."""
    await connection.execute(_LOOKED, upto_no, behind_no)
    await connection.execute(_FORGET, behind_no)


_OPEN = """
INSERT INTO earmark_funds (county_code, year, payer, rule, unfunded_fen) VALUES ($1, $2, $3, $4, 0)
ON CONFLICT (county_code, year, payer) DO NOTHING
"""
_STANDING = "SELECT rule, unfunded_fen FROM earmark_funds WHERE (county_code, year, payer) = ($1, $2, $3)"
_DEPOSITS = """
SELECT deposit_no, earmark, amount_fen, CASE WHEN withdrawn THEN 0 ELSE amount_fen - used_fen END, withdrawn
FROM earmark_deposits WHERE (county_code, year, payer) = ($1, $2, $3) ORDER BY position
"""


async def standing(connection: Connection, key: FundKey, rule: str) -> tuple[str, int]:
    """By which rule a fund is attributed, and how much of it is unfunded; it begins here if it is new."""
    await connection.execute(_OPEN, *key, rule)
    found, unfunded_fen = await connection.fetchrow(_STANDING, *key) or (rule, 0)
    return found, unfunded_fen


async def deposits(connection: Connection, key: FundKey) -> list[Deposit]:
    """The deposits of a fund in the order of their arrival."""
    return [Deposit(*row) for row in await connection.fetch(_DEPOSITS, *key)]


# The oldest uses that are not covered, as many as so much money can make good.
_OLDEST_UNFUNDED = """
SELECT use_no FROM (
  SELECT use_no, amount_fen, sum(amount_fen) OVER (ORDER BY use_no) - amount_fen AS before_fen FROM (
    SELECT use_no, sum(amount_fen) AS amount_fen FROM earmark_allocations
    WHERE (county_code, year, payer) = ($1, $2, $3) AND deposit_no IS NULL
    GROUP BY use_no HAVING sum(amount_fen) <> 0
  ) AS waiting
) AS running WHERE before_fen < $4
"""
_PAID_BY = "SELECT DISTINCT use_no FROM earmark_allocations WHERE deposit_no = ANY($1::bigint[])"
_HELD = f"""
SELECT use_no, transfer_no, COALESCE(deposit_no, {UNFUNDED}), sum(amount_fen)::bigint
FROM earmark_allocations
WHERE use_no = ANY($4::bigint[]) AND (county_code, year, payer) = ($1, $2, $3)
GROUP BY use_no, transfer_no, deposit_no HAVING sum(amount_fen) <> 0
"""


async def oldest_unfunded(connection: Connection, key: FundKey, within_fen: int) -> set[int]:
    """Uses waiting for money, the oldest first, as many as an amount can make good."""
    return {row[0] for row in await connection.fetch(_OLDEST_UNFUNDED, *key, within_fen)}


async def paid_by(connection: Connection, deposit_nos: Sequence[int]) -> set[int]:
    """Uses that hold, or have held, money of some deposits."""
    return {row[0] for row in await connection.fetch(_PAID_BY, deposit_nos)}


async def held(connection: Connection, key: FundKey, use_nos: Iterable[int]) -> list[Entry]:
    """What uses hold of which deposits, by transfer."""
    return [Entry(*row) for row in await connection.fetch(_HELD, *key, sorted(use_nos))]


class StepRow(NamedTuple):
    """One transfer of a fund taken, as it is stored."""

    position: int
    transfer_no: int
    kind: str
    amount_fen: int
    use_no: int
    reverses: int | None
    earmark: str


class AllocationRow(NamedTuple):
    """One entry of a fund as it is stored; ``deposit_no`` 0 is stored as nothing."""

    position: int
    use_no: int
    transfer_no: int
    deposit_no: int
    amount_fen: int


_LAST_POSITION = "SELECT COALESCE(max(position), 0) FROM earmark_steps"
_ADD_STEPS = """
INSERT INTO earmark_steps (position, county_code, year, payer, transfer_no, kind, amount_fen, use_no,
                           reverses, earmark)
SELECT position, $1, $2, $3, transfer_no, kind, amount_fen, use_no, reverses, earmark
FROM unnest($4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[])
  AS new (position, transfer_no, kind, amount_fen, use_no, reverses, earmark)
"""
_ADD_ALLOCATIONS = f"""
INSERT INTO earmark_allocations (position, county_code, year, payer, use_no, transfer_no, deposit_no,
                                 amount_fen)
SELECT position, $1, $2, $3, use_no, transfer_no, NULLIF(deposit_no, {UNFUNDED}), amount_fen
FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]) WITH ORDINALITY
  AS new (position, use_no, transfer_no, deposit_no, amount_fen, place)
ORDER BY place
"""
_KEEP_DEPOSITS = """
INSERT INTO earmark_deposits AS stored (deposit_no, county_code, year, payer, position, earmark, amount_fen,
                                        used_fen, withdrawn)
SELECT deposit_no, $1, $2, $3, position, earmark, amount_fen, used_fen, withdrawn
FROM unnest($4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[], $9::boolean[])
  AS new (deposit_no, position, earmark, amount_fen, used_fen, withdrawn)
ON CONFLICT (deposit_no) DO UPDATE SET used_fen = excluded.used_fen, withdrawn = excluded.withdrawn
"""
_KEEP_UNFUNDED = """
UPDATE earmark_funds SET unfunded_fen = unfunded_fen + $4 WHERE (county_code, year, payer) = ($1, $2, $3)
"""


async def last_position(connection: Connection) -> int:
    """The position of the last transfer taken."""
    return int(await connection.fetchval(_LAST_POSITION))


async def add_steps(connection: Connection, key: FundKey, rows: Sequence[StepRow]) -> None:
    """Record which transfers were taken in which order; the database refuses to take one twice."""
    if rows:
        await connection.execute(_ADD_STEPS, *key, *map(list, zip(*rows, strict=True)))


async def add_allocations(connection: Connection, key: FundKey, rows: Sequence[AllocationRow]) -> None:
    """Record whose money it was."""
    if rows:
        await connection.execute(_ADD_ALLOCATIONS, *key, *map(list, zip(*rows, strict=True)))


async def keep(
    connection: Connection, key: FundKey, changed: Sequence[tuple[int, Deposit]], unfunded_by: int
) -> None:
    """Keep what is left of deposits (new ones with the position of their arrival) and what is unfunded."""
    if changed:
        rows = [
            (
                deposit.no,
                position,
                deposit.earmark,
                deposit.amount_fen,
                0 if deposit.withdrawn else deposit.amount_fen - deposit.left_fen,
                deposit.withdrawn,
            )
            for position, deposit in changed
        ]
        await connection.execute(_KEEP_DEPOSITS, *key, *map(list, zip(*rows, strict=True)))
    if unfunded_by:
        await connection.execute(_KEEP_UNFUNDED, *key, unfunded_by)

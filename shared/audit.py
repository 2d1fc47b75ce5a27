"""The audit trail: every write and every read of unmasked personal data, append-only and hash-chained.

Requests append to ``audit_log``. One sequencer in the worker chains the committed rows into ``audit_chain``:
each link hashes the one before together with the row, so a later change of any row breaks the chain there.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from shared import trace
from shared.auth import Caller
from shared.clock import Clock
from shared.db import Sessions, Transaction, raw, write_last

_GENESIS = b"\0" * 32
_CHAIN_LOCK = 0x61756474
BATCH = 1000
_LONGEST_STATEMENT_SECONDS = 35.0
"""The server ends a statement before (``shared/db.py``)."""

_INSERT = text(
    "INSERT INTO audit_log (at, subject, action, object, details, trace_id)"
    " VALUES (now(), :subject, :action, :object, CAST(:details AS jsonb), :trace_id)"
)
_UNCHAINED = """
SELECT seq, at, subject, action, object, details, trace_id FROM audit_log AS entry
WHERE seq > :behind AND NOT EXISTS (SELECT 1 FROM audit_chain WHERE audit_seq = entry.seq)
ORDER BY seq LIMIT :limit
"""
# Where a search begins whose sequencer remembers nothing: behind what was chained an hour ago.
_AN_HOUR_AGO = text(
    "SELECT COALESCE((SELECT max(audit_seq) FROM audit_chain"
    " WHERE chained_at < now() - interval '1 hour'), 0)"
)
_MOMENT = text(
    "SELECT pg_snapshot_xmin(snapshot)::text::bigint AS oldest,"
    " pg_snapshot_xmax(snapshot)::text::bigint AS next,"
    " extract(epoch FROM clock_timestamp())::float8 AS at FROM pg_current_snapshot() AS snapshot"
)
_LINK = """
INSERT INTO audit_chain (no, audit_seq, hash, chained_at)
SELECT no, audit_seq, hash, $4
FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS new (no, audit_seq, hash)
"""
_CHAINED = """
SELECT chain.no, chain.hash, entry.seq, entry.at, entry.subject, entry.action, entry.object, entry.details,
       entry.trace_id
FROM audit_chain AS chain LEFT JOIN audit_log AS entry ON entry.seq = chain.audit_seq ORDER BY chain.no
"""


async def record(
    session: AsyncSession, caller: Caller, action: str, target: str, details: Mapping[str, Any]
) -> None:
    """Append one entry in the caller's transaction. Details hold ids and hashes, never personal data."""
    await session.execute(
        _INSERT,
        {
            "subject": caller.subject,
            "action": action,
            "object": target,
            "details": json.dumps(details, ensure_ascii=False),
            "trace_id": trace.trace_id(),
        },
    )


class Entry(NamedTuple):
    """One entry about to be appended; details hold ids and hashes, never personal data."""

    subject: str
    action: str
    target: str
    details: Mapping[str, Any]
    trace_id: str | None


_INSERT_ALL = """
INSERT INTO audit_log (at, subject, action, object, details, trace_id)
SELECT now(), subject, action, object, details::jsonb, trace_id
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
  AS new (subject, action, object, details, trace_id)
"""


async def record_together(transaction: Transaction, entries: Sequence[Entry]) -> None:
    """Append the entries of several requests that share a transaction."""
    rows = [
        (
            entry.subject,
            entry.action,
            entry.target,
            json.dumps(entry.details, ensure_ascii=False),
            entry.trace_id,
        )
        for entry in entries
    ]
    if rows:
        await write_last(transaction, _INSERT_ALL, *zip(*rows, strict=True))


@dataclass
class Horizon:
    """Up to which entry nothing can be added any more, so that a search need not look there again.

    An entry may commit after entries with higher numbers were chained. Of everything up to a number that was
    seen, whoever drew one has a transaction id once a statement's longest time has passed; when all
    transactions of that moment have ended, the search that follows finds the last of their entries.
    """

    behind: int | None = None
    seen: int = 0
    seen_at: float = 0.0
    fence: int | None = None

    def move(self, moment: Row[Any], highest: int) -> None:
        """After a complete search that began at ``moment`` and saw entries up to ``highest``."""
        if self.behind is None or highest < self.behind:
            return
        if self.seen <= self.behind:
            self.seen, self.seen_at, self.fence = highest, moment.at, None
        elif self.fence is None:
            self.fence = moment.next if moment.at - self.seen_at > _LONGEST_STATEMENT_SECONDS else None
        elif moment.oldest >= self.fence:
            self.behind = self.seen


async def chain_once(sessions: Sessions, clock: Clock, horizon: Horizon | None = None) -> int:
    """Link the committed entries that are not yet in the chain; how many were linked."""
    horizon = horizon or Horizon()
    async with sessions.begin() as session:
        await session.execute(text(f"SELECT pg_advisory_xact_lock({_CHAIN_LOCK})"))
        last = (
            await session.execute(text("SELECT no, hash FROM audit_chain ORDER BY no DESC LIMIT 1"))
        ).one_or_none()
        moment = (await session.execute(_MOMENT)).one()
        if horizon.behind is None:
            horizon.behind = (await session.execute(_AN_HOUR_AGO)).scalar_one()
        values = {"behind": horizon.behind, "limit": BATCH}
        rows = (await session.execute(text(_UNCHAINED), values)).mappings().all()
        number, previous = (last.no, last.hash) if last else (0, _GENESIS)
        links = []
        for row in map(dict, rows):
            number, previous = number + 1, _link(previous, row)
            links.append((number, row["seq"], previous))
        if links:
            await (await raw(session)).execute(_LINK, *zip(*links, strict=True), clock.now())
    if len(links) < BATCH:
        horizon.move(moment, max((seq for _, seq, _ in links), default=horizon.seen))
    return len(links)


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a verification found: entries checked, the first bad link (or None), and why."""

    checked: int
    first_bad: int | None
    reason: str
    last_hash: str


async def verify(connection: AsyncConnection) -> ChainReport:
    """Recompute the chain from its beginning; stops at the first link that does not hold."""
    previous, expected = _GENESIS, 1
    async for row in _stream(connection):
        reason = _fault(row, previous, expected)
        if reason:
            return ChainReport(expected - 1, expected, reason, previous.hex())
        previous, expected = row["hash"], expected + 1
    stale = await connection.scalar(
        text(
            "SELECT count(*) FROM audit_log AS entry WHERE at < now() - interval '1 hour'"
            " AND NOT EXISTS (SELECT 1 FROM audit_chain WHERE audit_seq = entry.seq)"
        )
    )
    if stale:
        return ChainReport(expected - 1, expected, f"{stale} entries were never chained", previous.hex())
    return ChainReport(expected - 1, None, "", previous.hex())


async def _stream(connection: AsyncConnection) -> AsyncIterator[Mapping[str, Any]]:
    result = await connection.stream(text(_CHAINED))
    async for row in result.mappings():
        yield dict(row)


def _fault(row: Mapping[str, Any], previous: bytes, expected: int) -> str:
    if row["no"] != expected:
        return "a link is missing"
    if row["seq"] is None:
        return "the entry was deleted"
    if _link(previous, row) != row["hash"]:
        return "the entry or its link was changed"
    return ""


def _link(previous: bytes, row: Mapping[str, Any]) -> bytes:
    content = json.dumps(
        [
            row["seq"],
            row["at"].isoformat(),
            row["subject"],
            row["action"],
            row["object"],
            row["details"],
            row["trace_id"],
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(previous + content.encode()).digest()

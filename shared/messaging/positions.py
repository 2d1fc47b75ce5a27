"""How far a service has applied each source: read, locked and advanced with the effects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.messaging import PARTITIONS
from shared.messaging.envelope import Envelope

Positions = Mapping[int, int]

START: Positions = dict.fromkeys(range(PARTITIONS), 0)


class Fenced(Exception):
    """Another worker has moved the position meanwhile: this batch must not be committed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with a batch: ``apply`` continues the stored positions without a gap."""

    apply: list[Envelope]
    advanced: dict[int, int]
    skipped: int
    missing: dict[int, int]
    """First missing position of each partition where later events are waiting."""


def plan(stored: Positions, envelopes: Sequence[Envelope]) -> Plan:
    """Sort a batch into applied before, next in line, and ahead of a gap. Duplicates count as skipped.

    The result is ordered by partition and position, whatever the order of arrival.
    """
    reached = dict(stored)
    apply: list[Envelope] = []
    missing: dict[int, int] = {}
    ahead = 0
    for envelope in sorted(envelopes, key=lambda each: (each.partition, each.position)):
        next_position = reached[envelope.partition] + 1
        if envelope.position == next_position:
            apply.append(envelope)
            reached[envelope.partition] = next_position
        elif envelope.position > next_position:
            missing[envelope.partition] = next_position
            ahead += 1
    advanced = {partition: to for partition, to in reached.items() if to != stored[partition]}
    return Plan(apply, advanced, len(envelopes) - len(apply) - ahead, missing)


_CREATE = text(
    "INSERT INTO consumer_position (source, partition, position)"
    f" SELECT :source, partition, 0 FROM generate_series(0, {PARTITIONS - 1}) AS partition"
    " ON CONFLICT DO NOTHING"
)
_READ = text("SELECT partition, position FROM consumer_position WHERE source = :source")
_LOCK = text(
    "SELECT partition, position FROM consumer_position"
    " WHERE source = :source AND partition = ANY(:partitions) ORDER BY partition FOR UPDATE"
)
_ADVANCE = text(
    "UPDATE consumer_position AS stored SET position = step.new"
    " FROM unnest(CAST(:partitions AS smallint[]), CAST(:old AS bigint[]), CAST(:new AS bigint[]))"
    "   AS step (partition, old, new)"
    " WHERE stored.source = :source AND stored.partition = step.partition AND stored.position = step.old"
    " RETURNING stored.partition"
)
_RESET = text("UPDATE consumer_position SET position = 0 WHERE source = :source")


async def read(session: AsyncSession, source: str) -> Positions:
    """The stored positions of a source, all partitions; rows are created on first sight."""
    rows = (await session.execute(_READ, {"source": source})).all()
    if len(rows) < PARTITIONS:
        await session.execute(_CREATE, {"source": source})
        return {**START, **{row.partition: row.position for row in rows}}
    return {row.partition: row.position for row in rows}


async def lock(session: AsyncSession, source: str, partitions: Sequence[int]) -> Positions:
    """Lock the positions of some partitions until the end of the transaction, in a fixed order."""
    parameters = {"source": source, "partitions": sorted(set(partitions))}
    rows = (await session.execute(_LOCK, parameters)).all()
    if len(rows) < len(parameters["partitions"]):
        await session.execute(_CREATE, {"source": source})
        rows = (await session.execute(_LOCK, parameters)).all()
    return {row.partition: row.position for row in rows}


async def advance(session: AsyncSession, source: str, old: Positions, new: Positions) -> None:
    """Move positions on, only from where they are believed to be; raises Fenced."""
    partitions = sorted(new)
    moved = await session.execute(
        _ADVANCE,
        {
            "source": source,
            "partitions": partitions,
            "old": [old[partition] for partition in partitions],
            "new": [new[partition] for partition in partitions],
        },
    )
    if len(moved.all()) != len(partitions):
        raise Fenced(source)


async def reset(session: AsyncSession, source: str) -> None:
    """Back to the beginning: everything of this source is fetched from its feed and applied again."""
    await session.execute(_CREATE, {"source": source})
    await session.execute(_RESET, {"source": source})

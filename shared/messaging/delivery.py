"""Applying a batch of events: positions and effects in one transaction, so effects happen exactly once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared import failpoints, logs
from shared.clock import Clock
from shared.db import Sessions
from shared.messaging import dead_letter_log, positions
from shared.messaging.dead_letter_log import PARKED, POISONED, DeadLetter
from shared.messaging.envelope import Envelope
from shared.messaging.failures import describe, is_transient

BatchHandler = Callable[[AsyncSession, Sequence[Envelope]], Awaitable[None]]
Handlers = Mapping[str, BatchHandler]
"""Event type → handler of a run of events of this type. Set-based, and harmless when run twice."""

BATCH_LIMIT = 500
TRIES = 5

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a batch. ``missing``: first missing position of partitions with a gap."""

    applied: int
    skipped: int
    missing: Mapping[int, int]


async def deliver(
    sessions: Sessions, source: str, envelopes: Sequence[Envelope], handlers: Handlers, clock: Clock
) -> Delivery:
    """Apply up to BATCH_LIMIT events of one source in one transaction.

    Events at or below the stored position are skipped, those that follow it are applied, those behind a
    gap are left out. Transient failures are raised with nothing done; an event that fails for good
    becomes a dead letter and later events of its key wait behind it.
    """
    if not envelopes:
        return Delivery(0, 0, {})
    async with sessions.begin() as session:
        stored = await positions.lock(session, source, [envelope.partition for envelope in envelopes])
        plan = positions.plan(stored, envelopes)
        if plan.apply:
            await _apply(session, source, plan.apply, handlers, clock)
            await positions.advance(session, source, stored, plan.advanced)
        failpoints.reach("consumer.before_commit")
    failpoints.reach("consumer.after_commit")
    return Delivery(len(plan.apply), plan.skipped, plan.missing)


async def _apply(
    session: AsyncSession, source: str, envelopes: Sequence[Envelope], handlers: Handlers, clock: Clock
) -> None:
    relevant = [envelope for envelope in envelopes if envelope.type in handlers]
    if not relevant:
        return
    blocked = await dead_letter_log.blocked_keys(session, source, [each.partitionkey for each in relevant])
    free = [envelope for envelope in relevant if envelope.partitionkey not in blocked]
    letters = [_parked(envelope) for envelope in relevant if envelope.partitionkey in blocked]
    try:
        async with session.begin_nested():
            for group in in_groups(free):
                await handlers[group[0].type](session, group)
    except Exception as error:
        if is_transient(error):
            raise
        log.warning("batch failed, applying one by one", source=source, error=describe(error))
        letters += await _apply_singly(session, free, handlers)
    await dead_letter_log.store(session, letters, clock.now())


def in_groups(envelopes: Sequence[Envelope]) -> list[list[Envelope]]:
    """Groups of one type, as few as the order inside each key allows.

    An event joins the first group of its type that is not before the group of its key's last event.
    """
    groups: list[list[Envelope]] = []
    last_group: dict[str, int] = {}
    for envelope in envelopes:
        earliest = last_group.get(envelope.partitionkey, 0)
        number = next(
            (no for no in range(earliest, len(groups)) if groups[no][0].type == envelope.type), len(groups)
        )
        if number == len(groups):
            groups.append([])
        groups[number].append(envelope)
        last_group[envelope.partitionkey] = number
    return groups


async def _apply_singly(
    session: AsyncSession, envelopes: Sequence[Envelope], handlers: Handlers
) -> list[DeadLetter]:
    letters: list[DeadLetter] = []
    poisoned: set[str] = set()
    for envelope in envelopes:
        if envelope.partitionkey in poisoned:
            letters.append(_parked(envelope))
            continue
        error = await _try(session, envelope, handlers)
        if error is not None:
            poisoned.add(envelope.partitionkey)
            letters.append(DeadLetter(envelope, POISONED, error, TRIES))
    return letters


async def _try(session: AsyncSession, envelope: Envelope, handlers: Handlers) -> str | None:
    """Apply one event, in TRIES tries; None when it worked, else what went wrong."""
    error = ""
    for _ in range(TRIES):
        try:
            async with session.begin_nested():
                await handlers[envelope.type](session, [envelope])
            return None
        except Exception as failure:
            if is_transient(failure):
                raise
            error = describe(failure)
    log.error("event put aside", source=envelope.source, type=envelope.type, id=str(envelope.id), error=error)
    return error


def _parked(envelope: Envelope) -> DeadLetter:
    return DeadLetter(envelope, PARKED, "waits behind an earlier event of the same key", 0)


async def retry_asked(sessions: Sessions, handlers: Handlers, clock: Clock) -> int:
    """Run the retries that were asked for; returns how many events were applied."""
    async with sessions() as session:
        asked = await dead_letter_log.asked_for(session, BATCH_LIMIT)
    return sum([await _retry_key(sessions, *key, handlers, clock) for key in asked])


async def _retry_key(
    sessions: Sessions, source: str, key: str, partition: int, handlers: Handlers, clock: Clock
) -> int:
    """Apply the first open letter of a key, then those parked behind it, until one fails."""
    done: list[UUID] = []
    async with sessions.begin() as session:
        # Under the lock of the position nothing new can be parked behind this key meanwhile.
        await positions.lock(session, source, [partition])
        letters = await dead_letter_log.open_of_key(session, source, key, BATCH_LIMIT + 1)
        for letter in letters[:BATCH_LIMIT]:
            error = await _try(session, letter.envelope, handlers)
            if error is not None:
                await dead_letter_log.poison_again(session, letter, error, TRIES)
                break
            done.append(letter.id)
        else:
            if len(letters) > BATCH_LIMIT:
                await dead_letter_log.continue_with(session, letters[BATCH_LIMIT])
        await dead_letter_log.resolve(session, done, clock.now())
    return len(done)


async def reset_positions(session: AsyncSession, source: str, clock: Clock) -> None:
    """Begin again with a source: the next delivery starts at its first event. The caller commits.

    To rebuild a projection, empty it and call this in the same transaction; the consumer then fetches
    the whole history from the producer's feed.
    """
    await positions.reset(session, source)
    await dead_letter_log.close_source(session, source, clock.now())

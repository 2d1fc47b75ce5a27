"""Single settlements that wait at the same moment share one transaction.

Each keeps what it would have alone: its Idempotency-Key, its refusal, its audit entry, its reply after the
commit. The group has row-level security for the providers in it, and every message is for its sender's own.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Final, NamedTuple

from services.claims.settlements.record import reply_json
from services.claims.settlements.settle import Desk, Done, Outcome, Submission, settle_many
from shared import audit, idempotency, trace
from shared.auth import Caller
from shared.clock import Clock
from shared.coalesce import Coalescer
from shared.db import Sessions, directly
from shared.http import enter
from shared.idempotency import KeptReply, Keyed
from shared.messaging.failures import is_transient
from shared.problems import Problem

GROUP_LIMIT: Final = 64
PLACES: Final = 1
"""Transactions at a time; requests are read and answered meanwhile, and wait for company in the next one."""

CREATED: Final = 201


class Ask(NamedTuple):
    """One request: who asks what, under which key."""

    submission: Submission
    keyed: Keyed
    traceparent: str | None


class Answer(NamedTuple):
    """The reply to send; ``hit`` when it is that of an earlier run of the same key."""

    reply: KeptReply
    hit: bool


class Counter:
    """Where single visits are settled."""

    def __init__(self, desk: Callable[[], Awaitable[Desk]], sessions: Sessions, clock: Clock) -> None:
        self._desk = desk
        self._sessions = sessions
        self._clock = clock
        self._groups = Coalescer(self._serve, _kind, is_transient, group_limit=GROUP_LIMIT, places=PLACES)

    async def settle(self, ask: Ask) -> Answer:
        """The reply to one request, after it is committed; raises its refusal."""
        return await self._groups.do(ask)

    async def _serve(self, asks: Sequence[Ask]) -> list[Answer | Exception]:
        # Events carry the trace of a request only when they are its own.
        trace.begin(asks[0].traceparent if len(asks) == 1 else None)
        desk = await self._desk()
        now = self._clock.now()
        async with directly(self._sessions) as transaction:
            await enter(transaction, *(ask.submission.caller for ask in asks), by_key=True)
            taken = await idempotency.take_together(transaction, [ask.keyed for ask in asks])
            fresh = [ask for ask, found in zip(asks, taken, strict=True) if found is None]
            submissions = [ask.submission for ask in fresh]
            outcomes = iter(await settle_many(transaction, desk, now, submissions) if fresh else [])
            answers = [_answer(next(outcomes) if found is None else found) for found in taken]
            served = [
                (ask, answer) for ask, answer in zip(asks, answers, strict=True) if isinstance(answer, Answer)
            ]
            ran = [(ask.keyed, answer.reply) for ask, answer in served if not answer.hit]
            await idempotency.store_together(transaction, ran, now)
            await audit.record_together(transaction, [_entry(ask) for ask, _ in served])
        return answers


def _kind(ask: Ask) -> Hashable:
    """Providers of one jurisdiction may share a transaction, and agencies of one jurisdiction."""
    caller: Caller = ask.submission.caller
    return caller.jurisdiction, caller.facility is None


def _answer(outcome: Outcome | KeptReply) -> Answer | Exception:
    if isinstance(outcome, Problem):
        return outcome
    if isinstance(outcome, Done):
        content = reply_json(outcome.settlement).encode()
        return Answer(KeptReply(CREATED, "application/json", content), hit=False)
    return Answer(outcome, hit=True)


def _entry(ask: Ask) -> audit.Entry:
    request = ask.submission.request
    visit = {"facility_code": request.facility_code, "visit_no": request.visit_no}
    trace_id = trace.id_of(ask.traceparent)
    return audit.Entry(ask.submission.caller.subject, "POST /v1/settlements", "-", visit, trace_id)

"""The packs by which this process settles: what is shipped, and on top of it what was approved here.

A watcher asks the database a few times a second whether something was approved. What it knows is good for a
second from the moment it asked; after that requests wait for the next answer. So a bill that arrives a
second after an approval is never settled by the older version, in whichever process, and settling itself
asks nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from fastapi import FastAPI
from prometheus_client import Gauge
from sqlalchemy import Row

from services.claims.benefits.policy import PackError, PolicyBook, PolicyVersion
from services.claims.packs import repository
from services.claims.packs.parse import digest_of, labelled, parse_text
from services.claims.settlements.policies import Policies
from shared import logs
from shared.auth import Caller
from shared.db import Sessions, create_engine, create_sessions
from shared.http import enter
from shared.messaging.failures import describe
from shared.problems import Problem

POLL_MS: Final = 400
GOOD_NS: Final = 1_000_000_000
PATIENCE_SECONDS: Final = 3
_MS: Final = 1_000
_PROCESS: Final = Caller("claims-api", frozenset(), ("",), None)
"""Whoever settles needs the packs of every jurisdiction."""
_BROKEN = Gauge("kangfu_policy_packs_broken", "Approved policy pack versions that cannot be used")
_GENERATION = Gauge("kangfu_policy_packs_generation", "Newest approval that this process settles by")
_log = logs.get(__name__)


class Trouble(NamedTuple):
    """An approved version that cannot be used; what was in use before stays in use."""

    pack: str
    version: str
    reason: str

    def __str__(self) -> str:
        return f"policy pack {self.pack} {self.version}: {self.reason}"


class Assembled(NamedTuple):
    """The packs to settle by, and the approved versions that are not among them."""

    policies: Policies
    troubles: tuple[Trouble, ...]


Compiled = Mapping[UUID, PolicyVersion | str]
"""Approved versions by id, or why one cannot be used."""


class LivePacks:
    """Keeps the desk of an API process supplied with the packs in force."""

    def __init__(self, shipped: Mapping[str, PolicyBook]) -> None:
        self._shipped = shipped
        self._compiled: dict[UUID, PolicyVersion | str] = {}
        # The desk begins with the shipped packs, which is what nothing approved comes to.
        self._known = (0, 0)
        self._troubles: tuple[Trouble, ...] = ()
        self._looked_at = -GOOD_NS
        self._asked = asyncio.Event()
        self._answered = asyncio.Event()

    def troubles(self) -> Sequence[str]:
        """Approved versions that cannot be used, for ``/readyz``."""
        return [str(trouble) for trouble in self._troubles]

    async def fresh(self) -> None:
        """Return once what is in use was looked up within a second; TimeoutError without a database."""
        if time.monotonic_ns() >= self._looked_at + GOOD_NS:
            await self._look_begun_after(time.monotonic_ns() - GOOD_NS)

    async def newest(self) -> None:
        """Return once everything approved before this call is in use; TimeoutError without a database."""
        await self._look_begun_after(time.monotonic_ns())

    async def _look_begun_after(self, instant: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self._looked_at <= instant:
                self._asked.set()
                await self._answered.wait()

    @asynccontextmanager
    async def beside(self, app: FastAPI) -> AsyncIterator[None]:
        """Watch while the API serves, over a connection of its own: requests may wait for it."""
        engine = create_engine(
            app.state.settings.database_url, pool_size=1, application_name="claims-policies"
        )
        watch = asyncio.create_task(self._watch(app, create_sessions(engine)), name="policy packs")
        try:
            yield
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            await engine.dispose()

    async def _watch(self, app: FastAPI, sessions: Sessions) -> None:
        trouble = ""
        while True:
            self._asked.clear()
            started = time.monotonic_ns()
            try:
                await self._look(app, sessions)
            except Exception as error:
                # Several times a second: said once for each reason.
                before, trouble = trouble, describe(error)
                if trouble != before:
                    _log.warning("policy packs cannot be looked up", error=trouble)
                await asyncio.sleep(POLL_MS / _MS)
                continue
            self._looked_at, trouble = started, ""
            answered, self._answered = self._answered, asyncio.Event()
            answered.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), POLL_MS / _MS)

    async def _look(self, app: FastAPI, sessions: Sessions) -> None:
        """Take over what was approved since the last look, all of it at once."""
        async with sessions.begin() as session:
            await enter(session, _PROCESS)
            known = await repository.state(session)
            if known == self._known:
                return
            rows = await repository.approved(session)
            texts = await repository.texts(session, [row.id for row in rows if row.id not in self._compiled])
        # Compiling takes a while; requests go on meanwhile.
        self._compiled |= await asyncio.to_thread(_compile, rows, texts)
        policies, troubles = assemble(self._shipped.values(), rows, self._compiled)
        app.state.desk = replace(app.state.desk, policies=policies)
        for trouble in set(troubles) - set(self._troubles):
            _log.error("approved policy pack cannot be used", **trouble._asdict())
        self._known, self._troubles = known, troubles
        _BROKEN.set(len(troubles))
        _GENERATION.set(known[1])
        _log.info("policy packs in use", approved=known[0], generation=known[1], broken=len(troubles))


def _compile(rows: Iterable[Row[Any]], texts: Mapping[UUID, str]) -> dict[UUID, PolicyVersion | str]:
    return {row.id: _compiled(row, texts[row.id]) for row in rows if row.id in texts}


def _compiled(row: Row[Any], text: str) -> PolicyVersion | str:
    """A stored version ready for use, or why it is not: a bad row must not keep the good ones away."""
    if digest_of(text) != row.digest:
        return "the text does not have the stored digest"
    try:
        version = parse_text(text).version
    except Problem as problem:
        places = ", ".join(error.pointer or "/" for error in problem.errors[:3])
        return f"{problem.spec.code} at {places}"
    except Exception as error:
        return describe(error)
    if (version.pack, version.effective_from) != (row.pack, row.effective_from):
        return "the text is that of another version"
    return labelled(version, row.revision)


def assemble(shipped: Iterable[PolicyBook], rows: Sequence[Row[Any]], compiled: Compiled) -> Assembled:
    """Shipped versions with the approved ones on top: of one date the highest revision that can be used."""
    in_use: dict[str, dict[date, PolicyVersion]] = {
        book.pack: {version.effective_from: version for version in book.versions} for book in shipped
    }
    troubles: dict[tuple[str, date], Trouble] = {}
    for row in sorted(rows, key=lambda row: row.revision):
        place = (row.pack, row.effective_from)
        version = compiled[row.id]
        if isinstance(version, str):
            troubles[place] = Trouble(row.pack, row.version, version)
            continue
        others = in_use.setdefault(row.pack, {})
        reason = _unfit(version, others, in_use)
        if reason:
            troubles[place] = Trouble(row.pack, row.version, reason)
        else:
            others[row.effective_from] = version
            troubles.pop(place, None)
    books = [PolicyBook(list(versions.values())) for versions in in_use.values() if versions]
    return Assembled(Policies(books), tuple(troubles.values()))


def _unfit(
    version: PolicyVersion,
    others: Mapping[date, PolicyVersion],
    in_use: Mapping[str, Mapping[date, PolicyVersion]],
) -> str:
    """Why a version cannot stand beside those in use; empty when it can."""
    try:
        PolicyBook([*(each for day, each in others.items() if day != version.effective_from), version])
    except PackError as error:
        return error.message
    neighbours = (each for versions in in_use.values() for each in versions.values())
    for each in neighbours:
        if (each.pack == version.pack) != (each.jurisdiction == version.jurisdiction):
            return "one pack has one jurisdiction, and a jurisdiction one pack"
    return ""

"""A second look at whom an approval left behind, once nobody can settle by the older version any more.

A bill on its way when a version was approved may have been settled by the one before, a moment after the
approval made everybody due who was settled by then; and somebody may have been worked out anew by a process
that did not know the approval yet. Some minutes later both are found, once for each approval.
"""

import asyncio
from datetime import timedelta
from typing import Final

from services.claims.packs import repository
from services.claims.packs.history import known_versions
from services.claims.packs.shipped import ShippedPacks
from services.claims.readjudication.due import left_behind
from shared import logs
from shared.clock import Clock, business_date
from shared.db import Sessions

EVERY_SECONDS: Final = 30
SETTLED_DOWN: Final = timedelta(minutes=2)
"""Longer than the server lets any statement run or wait."""
_log = logs.get(__name__)


async def follow_up(sessions: Sessions, clock: Clock) -> None:
    """Make due who still stands settled by another version than that approved; for one approval at a time."""
    now = clock.now()
    async with sessions.begin() as session:
        if not await repository.may_follow_up(session):
            return
        row = await repository.to_follow_up(session, now - SETTLED_DOWN)
        if row is None:
            return
        due = 0
        if row.effective_from <= business_date(now):
            shipped = await asyncio.to_thread(ShippedPacks)
            until = (await known_versions(session, shipped, row.pack)).after(row.effective_from)
            due = await left_behind(
                session, row.pack, row.version, (row.effective_from, until), row.jurisdiction, now
            )
        await repository.followed_up(session, row.id, due, now)
    _log.info("approved policy pack followed up", pack=row.pack, version=row.version, person_years_due=due)

"""The job that keeps the sums of the reports close behind the settlements.

Settlements never wait for it, and no report depends on when it last ran: what it has not folded yet is read
from the settlements themselves.
"""

from typing import Final

from services.claims.reports import folding_repository as repository
from shared import logs
from shared.clock import Clock, SystemClock
from shared.db import Sessions, create_engine, create_sessions

EVERY_SECONDS: Final = 10
"""Seldom, because a group costs less the more of its rows have the same sum."""
_log = logs.get(__name__)


async def fold(sessions: Sessions, clock: Clock) -> None:
    """Fold what has been committed since the last time, in one transaction; may run in several processes."""
    async with sessions.begin() as session:
        range_ = await repository.lock(session)
        if not range_.counts:
            _log.warning("the sums of the reports come from another database cluster and are made anew")
            await repository.start_anew(session)
            range_ = range_._replace(since=0)
        await repository.fold(session, range_, clock.now())


async def fold_anew(sessions: Sessions, clock: Clock) -> None:
    """Make the sums anew from all settlements, in one transaction: reports are exact meanwhile."""
    async with sessions.begin() as session:
        range_ = await repository.lock(session)
        await repository.start_anew(session)
        await repository.fold(session, range_._replace(since=0), clock.now())


async def rebuild(url: str) -> None:
    """``python -m services.claims rebuild-reports``: for sums that verify-ledger has found wrong."""
    engine = create_engine(url, pool_size=1, application_name="rebuild-reports")
    try:
        await fold_anew(create_sessions(engine), SystemClock())
    finally:
        await engine.dispose()

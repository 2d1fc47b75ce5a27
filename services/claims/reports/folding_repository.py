"""Statements that bring the sums of the reports up to what is committed, each row exactly once."""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.reports.repository import SUMS

# The whole past may be folded at once, after an upgrade or a restore.
_NO_LIMIT = text("SET LOCAL statement_timeout = 0")
# Transactions below the oldest that still runs have ended: every later snapshot sees what they wrote.
_LOCK = text("""
SELECT progress.folded_below,
       GREATEST(folded_below, pg_snapshot_xmin(pg_current_snapshot())::text::bigint) AS until,
       progress.system_identifier = here.system_identifier AS counts
FROM report_progress AS progress CROSS JOIN pg_control_system() AS here FOR UPDATE OF progress
""")
_KEY: Final = (
    *("county_code", "month", "payer", "facility_code", "visit_type", "provider_level", "place", "referral"),
    *("ceiling_bp", "categories"),
)
_FOLD = text(f"""
INSERT INTO report_sums AS stored ({", ".join((*_KEY, *SUMS))})
SELECT {", ".join(_KEY)}, {", ".join(f"sum({name})::bigint" for name in SUMS)}
FROM report_entries WHERE added_in >= :since AND added_in < :until
GROUP BY {", ".join(_KEY)} ORDER BY {", ".join(_KEY)}
ON CONFLICT ({", ".join(_KEY)}) DO UPDATE
SET {", ".join(f"{name} = stored.{name} + excluded.{name}" for name in SUMS)}
""")
_ANY = text("""
SELECT EXISTS (SELECT FROM settlements WHERE added_in >= :since AND added_in < :until)
    OR EXISTS (SELECT FROM settlement_revisions WHERE added_in >= :since AND added_in < :until)
""")
_ADVANCE = text("UPDATE report_progress SET folded_below = :until, folded_at = :now")
_START_ANEW = (
    text("DELETE FROM report_sums"),
    text(
        "UPDATE report_progress SET folded_below = 0, folded_at = NULL,"
        " system_identifier = (SELECT system_identifier FROM pg_control_system())"
    ),
)


class Range(NamedTuple):
    """Transactions whose rows are to be folded: from ``since`` to below ``until``."""

    since: int
    until: int
    counts: bool
    """Whether the sums so far were made in this database cluster."""


async def lock(session: AsyncSession) -> Range:
    """What is to be folded next; nobody else folds until the transaction ends."""
    await session.execute(_NO_LIMIT)
    return Range(*(await session.execute(_LOCK)).one())


async def start_anew(session: AsyncSession) -> None:
    """Forget all sums; the caller holds the lock."""
    for statement in _START_ANEW:
        await session.execute(statement)


async def fold(session: AsyncSession, range_: Range, now: datetime) -> bool:
    """Add the rows of these transactions to the sums; whether there were any."""
    values = {"since": range_.since, "until": range_.until}
    if not (await session.execute(_ANY, values)).scalar_one():
        return False
    await session.execute(_FOLD, values)
    await session.execute(_ADVANCE, {"until": range_.until, "now": now})
    return True

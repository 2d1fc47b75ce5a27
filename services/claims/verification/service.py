"""Recompute what the database says about itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.claims.verification import repository
from shared.db import create_engine

HEAD = "the close that is known from elsewhere is there"


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """How many settlements were looked at, which checks held, and the first record that does not add up."""

    settlements: int
    held: tuple[str, ...]
    failed: str | None
    record: Mapping[str, Any] | None


async def verify_ledger(url: str, head: str | None = None) -> LedgerReport:
    """Run every check over the whole database in one snapshot; stops at the first that fails.

    ``head`` is the hash of a day close that must be there: without it a cut-off end looks like no end.
    """
    engine = create_engine(url, pool_size=1, application_name="verify-ledger")
    held: list[str] = []
    try:
        async with engine.connect() as connection:
            settlements = await repository.begin(connection)
            for check in repository.CHECKS:
                bad = await repository.first_bad(connection, check)
                if bad is not None:
                    return LedgerReport(settlements, tuple(held), check, bad)
                held.append(check)
            if head is not None and not await repository.closed_with(connection, head):
                return LedgerReport(settlements, tuple(held), HEAD, {"head": head})
    finally:
        await engine.dispose()
    return LedgerReport(settlements, tuple(held), None, None)

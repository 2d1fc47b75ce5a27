"""What a deduction does to the ledger: a provider is due less, and the funds that had paid get it back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.audit import case_repository as cases
from services.claims.audit.case_repository import Finding, Paid
from services.claims.ledger import accounts
from services.claims.ledger import repository as ledger
from services.claims.ledger.postings import REVERSAL, Posting
from shared.auth import Caller
from shared.money import Fen, apportion

DEDUCTION: Final = "audit_deduction"
DEDUCTED, GIVEN_BACK, VOID = "deducted", "given_back", "void"


def reference_of(finding_id: UUID) -> str:
    """How the ledger names a finding's deduction."""
    return f"audit_finding/{finding_id}"


def shared_out(amount_fen: Fen, paid: Sequence[Paid]) -> list[Paid]:
    """An amount shared over funds by what they had paid, exact to the fen; funds without a part are left out.

    Rounded down, the missing fen go to the largest fractions, the earlier fund first (``shared.money``).
    """
    total = sum(each.amount_fen for each in paid)
    parts = apportion([amount_fen * each.amount_fen for each in paid], total)
    return [each._replace(amount_fen=part) for each, part in zip(paid, parts, strict=True) if part]


async def book(session: AsyncSession, finding: Finding, parts: Sequence[Paid], now: datetime) -> None:
    """Book a deduction: the provider is due less, each fund has spent less. The patient is no part of it."""
    due = accounts.provider_due(finding.facility_code)
    for year in sorted({each.year for each in parts}):
        postings = [
            Posting(DEDUCTION, due, accounts.fund(each.payer, finding.county_code, year), each.amount_fen)
            for each in parts
            if each.year == year
        ]
        reference = reference_of(finding.id)
        await ledger.book(
            session, finding.county_code, year, reference, postings, now, facility_code=finding.facility_code
        )


async def end_with_settlement(
    session: AsyncSession, caller: Caller, settlement_id: UUID, now: datetime
) -> None:
    """A settlement was reversed: its deductions are given back by their mirrors, its open findings void."""
    for finding in await cases.open_of_settlement(session, settlement_id):
        state = VOID
        if finding.state == DEDUCTED:
            state = GIVEN_BACK
            await ledger.reverse_all(
                session, reference_of(finding.id), f"{REVERSAL}/{reference_of(finding.id)}", now
            )
        await cases.change(session, finding.id, {"state": state})
        details = {"settlement_id": settlement_id}
        after = finding._replace(state=state)
        await cases.add_step(session, after, "settlement_reversed", now, caller.subject, details)

"""What a deduction does to the ledger: a provider is due less, and the funds that had paid get it back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.audit.case_repository import Finding
from services.claims.audit.claim_repository import Paid, Taken
from services.claims.ledger import accounts
from services.claims.ledger import repository as ledger
from services.claims.ledger.postings import REVERSAL, Posting
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
    if not amount_fen:
        return []
    total = total_of(paid)
    parts = apportion([amount_fen * each.amount_fen for each in paid], total)
    return [each._replace(amount_fen=part) for each, part in zip(paid, parts, strict=True) if part]


def total_of(parts: Iterable[Paid]) -> Fen:
    """What all funds come to."""
    return sum(each.amount_fen for each in parts)


def left_for(
    finding: Finding, of_bill: Sequence[Paid] | None, in_month: Sequence[Paid], taken: Sequence[Taken]
) -> list[Paid]:
    """What a finding's deduction may come to for each fund, whatever it stands at now.

    What the fund paid of the provider's month, less what all other deductions have taken of it; for a finding
    on one bill no more than what the fund paid of that bill, less what other findings have taken of the bill.
    """
    others = [each for each in taken if each.finding_id != finding.id]
    month = _less(in_month, [each.paid for each in others])
    if of_bill is None:
        return _as_paid(month)
    bill = _less(of_bill, [each.paid for each in others if each.settlement_id == finding.settlement_id])
    return _as_paid({fund: min(left, month.get(fund, 0)) for fund, left in bill.items()})


def kept(own: Sequence[Paid], left: Sequence[Paid], at_stake_fen: Fen | None) -> Sequence[Paid]:
    """What a deduction is to stand at: as it stands where there is room for it in every fund.

    Otherwise as much of it as is left and still at stake, shared out anew. It never becomes more.
    """
    room = {(each.payer, each.year): each.amount_fen for each in left}
    stands = total_of(own)
    keep = min(stands, total_of(left), stands if at_stake_fen is None else at_stake_fen)
    if keep == stands and all(each.amount_fen <= room.get((each.payer, each.year), 0) for each in own):
        return own
    return shared_out(keep, left)


def _less(paid: Iterable[Paid], taken: Iterable[Paid]) -> dict[tuple[str, int], Fen]:
    left = {(each.payer, each.year): each.amount_fen for each in paid}
    for each in taken:
        fund = each.payer, each.year
        left[fund] = left.get(fund, 0) - each.amount_fen
    return left


def _as_paid(left: Mapping[tuple[str, int], Fen]) -> list[Paid]:
    return [Paid(*fund, amount) for fund, amount in left.items() if amount > 0]


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


async def take_back(session: AsyncSession, finding: Finding, now: datetime) -> None:
    """Mirror what a deduction stands at: the provider is due it again, and the funds have spent it."""
    reference = reference_of(finding.id)
    await ledger.reverse_all(session, reference, f"{REVERSAL}/{reference}", now)

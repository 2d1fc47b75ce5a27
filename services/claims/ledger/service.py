"""What the ledger does: book financing, and say how accounts stand."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.ledger import accounts, bulk_repository, repository
from services.claims.ledger.accounts import PROVIDER_ACCOUNTS
from services.claims.ledger.postings import (
    Financing,
    NewTransfer,
    Posting,
    financing_postings,
    relapse_postings,
)
from services.claims.ledger.schemas import AccountBalance, TransferReply, Transfers, TrialBalance
from shared.events.registry import FinancingPlanned
from shared.money import Fen


async def book_financing(session: AsyncSession, plan: FinancingPlanned, now: datetime) -> None:
    """Book a plan's money into the fund. A newer version reverses what the older one booked, line by line."""
    divided = plan.reserve_fen + plan.outpatient_account_fen + plan.pooled_fen
    if sum(plan.due.values()) != plan.total_fen or divided != plan.total_fen:
        raise ValueError(f"financing plan {plan.plan_id} version {plan.version} does not add up")
    newer = await repository.take_plan_version(
        session, plan.plan_id, plan.county_code, plan.year, plan.version
    )
    if not newer:
        return
    prefix = f"financing_plan/{plan.plan_id}/"
    reference = f"{prefix}{plan.version}"
    await repository.reverse_all(session, prefix, reference, now)
    financing = Financing(
        plan.county_code, plan.year, plan.due, plan.reserve_fen, plan.outpatient_account_fen
    )
    postings = financing_postings(financing)
    await repository.book(session, plan.county_code, plan.year, reference, postings, now)


async def book_relapse_payout(
    session: AsyncSession,
    claim_id: UUID,
    payer: str,
    county_code: str,
    year: int,
    amount_fen: Fen,
    now: datetime,
) -> str:
    """Book what a relapse claim pays; the database refuses a second payout of a claim. The reference."""
    reference = f"relapse_claim/{claim_id}"
    postings = relapse_postings(payer, county_code, year, amount_fen)
    await repository.book(session, county_code, year, reference, postings, now)
    return reference


async def book_entitlements(
    session: AsyncSession,
    county_code: str,
    year: int,
    referenced: Sequence[tuple[str, Posting]],
    now: datetime,
) -> None:
    """Book one-off aid or premiums, each under its own reference; the database books none of them twice."""
    await repository.book_each(session, county_code, year, referenced, now)


async def pool(session: AsyncSession, payer: str, county_code: str, year: int) -> tuple[Fen, Fen]:
    """What a payer's fund has paid out and taken in, for funds that pay no provider's bills."""
    account = accounts.fund(payer, county_code, year)
    return await repository.account_without_provider(session, county_code, year, account)


async def book_many(
    session: AsyncSession, county_code: str, transfers: Sequence[NewTransfer], now: datetime
) -> None:
    """Book many transfers of one county in one statement, each under its own reference."""
    await bulk_repository.book(session, county_code, transfers, now)


async def reverse_many(session: AsyncSession, references: Sequence[str], kind: str, now: datetime) -> None:
    """Reverse the transfers of a kind under these references; the database refuses a second reversal."""
    await bulk_repository.reverse(session, references, kind, now)


async def trial_balance(session: AsyncSession, county_code: str | None, year: int | None) -> TrialBalance:
    """Every account with debits, credits and balance; the two totals are equal, to the fen."""
    rows = await repository.balances(session, county_code, year)
    return TrialBalance(
        county=county_code,
        year=year,
        accounts=[
            AccountBalance(
                account=row.account,
                debits=row.debits_fen,
                credits=row.credits_fen,
                balance=row.debits_fen - row.credits_fen,
            )
            for row in rows
        ],
        debits=sum(row.debits_fen for row in rows),
        credits=sum(row.credits_fen for row in rows),
    )


async def transfers_of(session: AsyncSession, settlement_id: UUID) -> Transfers:
    """The transfers of one settlement, and what they bring the provider: its current total."""
    return _shown(await repository.of_settlement(session, settlement_id))


async def transfers_under(session: AsyncSession, reference: str) -> Transfers:
    """The transfers booked under a reference, and the reversals of these, as far as the caller sees them."""
    return _shown(await repository.under(session, reference))


def _shown(rows: Sequence[asyncpg.Record]) -> Transfers:
    items = [TransferReply(amount=row["amount_fen"], **dict(row)) for row in rows]
    gained = sum(item.amount for item in items if item.credit_account.startswith(PROVIDER_ACCOUNTS))
    given = sum(item.amount for item in items if item.debit_account.startswith(PROVIDER_ACCOUNTS))
    return Transfers(items=items, total=gained - given)

"""Following money: from a settlement back to deposits, from a deposit on to what it paid for."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.funds import lineage_reading_repository as repository
from services.claims.funds.lineage_reading_repository import DepositRow, SourceRow, UseRow
from services.claims.funds.lineage_schemas import (
    DepositReply,
    EarmarkLine,
    EarmarksReply,
    PartReply,
    PayerSources,
    SettlementSources,
    UseReply,
)
from services.claims.funds.movements import FundKey
from services.claims.settlements import service as settlements
from shared.problems import NOT_FOUND, Problem

UNFUNDED = "unfunded"


async def sources(session: AsyncSession, settlement_id: UUID) -> SettlementSources:
    """Whose money paid for a settlement; a Problem where the caller sees none."""
    await settlements.get(session, settlement_id)
    paid = await repository.paid(session, settlement_id)
    parts = await repository.sources(session, settlement_id)
    return SettlementSources(
        settlement_id=settlement_id,
        payers=[
            PayerSources(
                payer=payer,
                amount=amount,
                attributed=attributed,
                parts=[_part(part) for part in parts if part.payer == payer],
            )
            for payer, amount, attributed in paid
        ],
    )


async def earmarks(session: AsyncSession, key: FundKey) -> EarmarksReply:
    """A fund by earmark: deposited, used for what, left; and what no deposit has covered yet."""
    rule = await repository.rule(session, key)
    lines = [
        EarmarkLine(
            earmark=row.earmark,
            deposits=row.deposits,
            deposited=row.deposited_fen,
            settlements=row.settlements_fen,
            set_apart=row.set_apart_fen,
            other=row.other_fen,
            left=row.left_fen,
        )
        for row in await repository.earmarks(session, key)
        if row.earmark != UNFUNDED or any(row[3:])
    ]
    return EarmarksReply.model_validate(
        {"county": key.county_code, "year": key.year, "payer": key.payer, "rule": rule, "earmarks": lines}
    )


async def deposits(
    session: AsyncSession, key: FundKey, earmark: str | None, after: int, limit: int
) -> Sequence[DepositReply]:
    """Deposits of a fund in the order of their booking."""
    return [_deposit(row) for row in await repository.deposits(session, key, earmark, after, limit)]


async def uses(session: AsyncSession, deposit_no: int, after: int, limit: int) -> Sequence[UseReply]:
    """What a deposit paid for; a Problem where the caller sees no such deposit."""
    if not await repository.deposit_known(session, deposit_no):
        raise Problem(NOT_FOUND)
    return [_use(row) for row in await repository.uses(session, deposit_no, after, limit)]


def _part(row: SourceRow) -> PartReply:
    return PartReply(
        amount=row.amount_fen,
        earmark=row.earmark or UNFUNDED,
        deposit_no=row.deposit_no,
        received_on=row.received_on,
        bank_reference=row.bank_reference,
        document=row.document,
        operation_id=row.operation_id,
    )


def _deposit(row: DepositRow) -> DepositReply:
    return DepositReply(
        deposit_no=row.deposit_no,
        earmark=row.earmark,
        amount=row.amount_fen,
        used=row.used_fen,
        left=0 if row.withdrawn else row.amount_fen - row.used_fen,
        withdrawn=row.withdrawn,
        received_on=row.received_on,
        bank_reference=row.bank_reference,
        document=row.document,
        operation_id=row.operation_id,
    )


def _use(row: UseRow) -> UseReply:
    return UseReply(
        use_no=row.use_no,
        kind=row.kind,
        settlement_id=row.settlement_id,
        facility_code=row.facility_code,
        visit_type=row.visit_type,
        month=f"{row.month:%Y-%m}" if row.month else None,
        amount=row.amount_fen,
    )

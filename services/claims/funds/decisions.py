"""Deciding on operations: by another person, under the county's lock, booked in the same transaction."""

from collections.abc import Sequence
from uuid import UUID

from services.claims.funds import problems, repository, rules
from services.claims.funds.postings import bookings
from services.claims.funds.repository import Operation
from services.claims.funds.schemas import (
    ApproveReceiptsRequest,
    ApproveRequest,
    OperationReply,
    OperationsReply,
    RiskFundReply,
    ScheduleLine,
)
from services.claims.funds.service import Bureau, looked_at, reply
from services.claims.ledger import accounts
from services.claims.ledger import repository as ledger
from shared.clock import business_date
from shared.money import Fen, format_yuan
from shared.problems import NOT_FOUND, Problem


async def approve(
    bureau: Bureau, id_: UUID, asked: ApproveRequest, kind: str | None = None
) -> OperationReply:
    """Book an operation. Refused to who prepared it, with warnings not accepted, or above what there is."""
    operation = await _take(bureau, id_, kind, "审批", "approved")
    await repository.lock_county(bureau.session, operation.county_code)
    warnings, owing = operation.warnings, False
    if operation.kind == rules.RECEIPT:
        # The state of the fund may have changed since it was prepared.
        found, owing = await looked_at(bureau, operation)
        warnings = sorted({*warnings, *found})
    missing = [code for code in warnings if code not in asked.accept]
    if missing:
        texts = "；".join(f"{code}（{rules.WARNING_TEXTS[code]}）" for code in missing)
        raise Problem(problems.WARNINGS_NOT_ACCEPTED, pointer="/accept", warnings=texts)
    if operation.kind == rules.REVERSAL:
        await _book_reversal(bureau, operation)
    else:
        await _check_means(bureau, operation)
        await _book(bureau, operation, operation.source if owing else None)
    return await _decided(bureau, operation, rules.APPROVED, asked.note, warnings)


async def approve_receipts(bureau: Bureau, asked: ApproveReceiptsRequest) -> OperationsReply:
    """Book several receipts, each by the rules of one, or none; the first that may not be is named."""
    await repository.lock_all(bureau.session, asked.ids)
    booked = []
    for place, id_ in enumerate(asked.ids):
        try:
            booked.append(await approve(bureau, id_, asked, rules.RECEIPT))
        except Problem as problem:
            raise Problem(problem.spec, pointer=f"/ids/{place}", **problem.params) from problem
    return OperationsReply(items=booked, total=sum(each.amount for each in booked))


async def reject(bureau: Bureau, id_: UUID, reason: str, kind: str | None = None) -> OperationReply:
    """Close an operation without booking it; its bank reference is free again."""
    operation = await _take(bureau, id_, kind, "退回", "rejected")
    return await _decided(bureau, operation, rules.REJECTED, reason, ())


async def risk_fund(bureau: Bureau, county_code: str) -> RiskFundReply:
    """Advances, claw-backs and what is owed by the ledger; claw-backs settle the schedule in order (S-25)."""
    owed = await _owed(bureau, county_code)
    advances = await repository.advances(bureau.session, county_code)
    advanced = sum(each.amount_fen for each in advances)
    planned = sorted((part, each.id) for each in advances for part in each.repayments)
    schedule = [part for part, _ in planned]
    lines = rules.recovered(schedule, advanced - owed, business_date(bureau.now))
    return RiskFundReply(
        county=county_code,
        advanced=advanced,
        clawed_back=advanced - owed,
        owed=owed,
        schedule=[
            ScheduleLine(
                advance_id=id_,
                due_on=line.due_on,
                amount=line.amount_fen,
                recovered=line.recovered_fen,
                overdue=line.overdue,
            )
            for line, (_, id_) in zip(lines, planned, strict=True)
        ],
    )


async def _take(bureau: Bureau, id_: UUID, kind: str | None, zh: str, en: str) -> Operation:
    """The operation, locked, prepared by somebody else and not decided yet."""
    operation = await repository.lock(bureau.session, id_)
    if operation is None or kind not in (None, operation.kind):
        raise Problem(NOT_FOUND)
    if not bureau.caller.governs(operation.county_code):
        raise Problem(problems.OUTSIDE_COUNTY, county=operation.county_code)
    if operation.state != rules.PREPARED:
        raise Problem(problems.OPERATION_STATE, state=operation.state, action_zh=zh, action_en=en)
    if operation.prepared_by == bureau.caller.subject:
        raise Problem(problems.SECOND_PERSON)
    return operation


async def _check_means(bureau: Bureau, operation: Operation) -> None:
    """A reserve is never overdrawn and covers a deficit only; no more is clawed back than is owed."""
    county, year, amount = operation.county_code, operation.year, operation.amount_fen
    if operation.kind == rules.RESERVE_USE:
        reserve = accounts.risk_reserve(county, year)
        left = await repository.credit_balance(bureau.session, reserve, county)
        if amount > left:
            raise Problem(
                problems.RESERVE_EXCEEDED, left=format_yuan(max(left, 0)), amount=format_yuan(amount)
            )
        fund = accounts.fund(operation.payer, county, year)
        deficit = max(-await repository.credit_balance(bureau.session, fund, county), 0)
        if amount > deficit:
            raise Problem(problems.NO_DEFICIT, deficit=format_yuan(deficit), amount=format_yuan(amount))
    elif operation.kind == rules.CLAWBACK:
        _within_owed(amount, await _owed(bureau, county))


async def _book(bureau: Bureau, operation: Operation, owing_source: str | None) -> None:
    terms = (operation.payer, owing_source, operation.amount_fen)
    for year, posting in bookings(operation.kind, operation.county_code, operation.year, *terms):
        await ledger.book(
            bureau.session, operation.county_code, year, operation.reference, [posting], bureau.now
        )


async def _book_reversal(bureau: Bureau, reversal: Operation) -> None:
    """Mirror every transfer of the original, each linked; a debt that was paid back cannot be undone."""
    original = await repository.lock(bureau.session, reversal.reverses) if reversal.reverses else None
    if original is None or original.state != rules.APPROVED:
        raise Problem(problems.NOT_REVERSIBLE, state=original.state if original else "-")
    if original.kind == rules.ADVANCE:
        _within_owed(original.amount_fen, await _owed(bureau, original.county_code))
    await ledger.reverse_all(bureau.session, original.reference, reversal.reference, bureau.now)
    await repository.take_back(bureau.session, original.id)


async def _owed(bureau: Bureau, county_code: str) -> Fen:
    account = accounts.risk_fund_owed(county_code)
    return await repository.credit_balance(bureau.session, account, county_code)


def _within_owed(amount_fen: Fen, owed_fen: Fen) -> None:
    if amount_fen > owed_fen:
        owed, amount = format_yuan(max(owed_fen, 0)), format_yuan(amount_fen)
        raise Problem(problems.OWED_EXCEEDED, owed=owed, amount=amount)


async def _decided(
    bureau: Bureau, operation: Operation, state: str, note: str | None, accepted: Sequence[str]
) -> OperationReply:
    decided = operation._replace(
        state=state,
        accepted=list(accepted),
        decided_at=bureau.now,
        decided_by=bureau.caller.subject,
        decision_note=note,
    )
    await repository.decide(bureau.session, decided)
    return reply(decided)

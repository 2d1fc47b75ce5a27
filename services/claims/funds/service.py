"""Preparing operations on a county's funds. What is decided is in ``decisions``. The edge commits."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.funds import problems, repository, rules
from services.claims.funds.data import fund_rules
from services.claims.funds.receipt_rows import ReceiptRow
from services.claims.funds.repository import Operation, Wanted
from services.claims.funds.rules import Due
from services.claims.funds.schemas import (
    AdvanceRequest,
    ClawbackRequest,
    OperationReply,
    OperationsReply,
    ReceiptLine,
    ReceiptRequest,
    ReceiptsRequest,
    RepaymentReply,
    ReserveUseRequest,
    WarningReply,
)
from services.claims.ledger.postings import BASIC_INSURANCE, PROVIDER
from services.claims.settlements.policies import Policies
from shared.auth import Caller
from shared.clock import business_date
from shared.ids import new_id
from shared.money import format_yuan
from shared.problems import NOT_FOUND, Problem


class Bureau(NamedTuple):
    """Who acts, when, by which policies, in which transaction."""

    session: AsyncSession
    policies: Policies
    caller: Caller
    now: datetime


async def prepare_receipt(bureau: Bureau, asked: ReceiptRequest) -> OperationReply:
    """Prepare a receipt; the same receipt sent again is given as it stands."""
    return reply(await _receipt(bureau, asked.county, asked.year, asked))


async def prepare_receipts(bureau: Bureau, asked: ReceiptsRequest) -> OperationsReply:
    """Prepare several receipts, all or none; refused when they do not add up to the stated total."""
    found = sum(line.amount for line in asked.items)
    if found != asked.total:
        raise Problem(
            problems.TOTAL_MISMATCH,
            pointer="/total",
            found=format_yuan(found),
            stated=format_yuan(asked.total),
            difference=format_yuan(abs(found - asked.total)),
        )
    receipts = [await _receipt(bureau, asked.county, asked.year, line) for line in asked.items]
    return OperationsReply(items=[reply(each) for each in receipts], total=found)


async def prepare_reserve_use(bureau: Bureau, asked: ReserveUseRequest) -> OperationReply:
    """Prepare a use of the risk reserve; whether there is a deficit is looked at on approval."""
    return reply(await _prepare(bureau, _operation(bureau, rules.RESERVE_USE, asked)))


async def prepare_advance(bureau: Bureau, asked: AdvanceRequest) -> OperationReply:
    """Prepare an advance of the upper-level risk-adjustment fund with the plan of its recovery (S-25)."""
    schedule = [rules.Repayment(each.due_on, each.amount) for each in asked.schedule]
    if not rules.schedule_fits(schedule, asked.amount, asked.year):
        raise Problem(
            problems.SCHEDULE_MISMATCH,
            pointer="/schedule",
            found=format_yuan(sum(each.amount_fen for each in schedule)),
            amount=format_yuan(asked.amount),
            year=asked.year + 1,
        )
    planned = json.dumps([[each.due_on.isoformat(), each.amount_fen] for each in sorted(schedule)])
    operation = _operation(bureau, rules.ADVANCE, asked, asked.bank_reference)
    return reply(await _prepare(bureau, operation._replace(schedule=planned)))


async def prepare_clawback(bureau: Bureau, asked: ClawbackRequest) -> OperationReply:
    """Prepare what the upper-level risk-adjustment fund takes back."""
    return reply(await _prepare(bureau, _operation(bureau, rules.CLAWBACK, asked, asked.bank_reference)))


async def prepare_reversal(bureau: Bureau, id_: UUID, reason: str) -> OperationReply:
    """Prepare the reversal of an approved operation; one at a time."""
    original = await repository.lock(bureau.session, id_)
    if original is None:
        raise Problem(NOT_FOUND)
    governed(bureau, original.county_code)
    open_ = await repository.reversal_open(bureau.session, id_)
    if original.state != rules.APPROVED or original.kind == rules.REVERSAL or open_:
        raise Problem(problems.NOT_REVERSIBLE, state=original.state)
    reversal = Operation(
        id=new_id(),
        kind=rules.REVERSAL,
        county_code=original.county_code,
        year=original.year,
        payer=original.payer,
        source=None,
        amount_fen=original.amount_fen,
        on_day=business_date(bureau.now),
        bank_reference=None,
        document=original.document,
        note=reason,
        warnings=[],
        prepared_at=bureau.now,
        prepared_by=bureau.caller.subject,
        reverses=id_,
    )
    await repository.add(bureau.session, reversal)
    return reply(reversal)


async def get(session: AsyncSession, id_: UUID, kind: str | None = None) -> OperationReply:
    """One operation; a Problem where the caller sees none (of this kind)."""
    found = await repository.get(session, id_)
    if found is None or kind not in (None, found.kind):
        raise Problem(NOT_FOUND)
    return reply(found)


async def page(
    session: AsyncSession, wanted: Wanted, after: UUID | None, limit: int
) -> Sequence[OperationReply]:
    """Operations in the order in which they were prepared."""
    return [reply(each) for each in await repository.page(session, wanted, after, limit)]


async def looked_at(bureau: Bureau, receipt: Operation) -> tuple[tuple[str, ...], bool]:
    """What is unusual about a receipt now, and whether its source owes the fund money by a plan or policy.

    Refused where no plan of the basic insurance knows its source.
    """
    due = await repository.due(bureau.session, receipt.county_code, receipt.year, receipt.payer)
    planned = planned_due(receipt, due)
    alike = await repository.looks_alike(bureau.session, receipt)
    today = business_date(bureau.now)
    warnings = rules.receipt_warnings(receipt.year, receipt.amount_fen, planned, alike, today)
    return warnings, planned is not None


def planned_due(receipt: Operation, due: Mapping[str, Due]) -> Due | None:
    """What a receipt's source owes its fund; nothing where no plan or policy says so.

    A Problem for money of the basic insurance whose year has no plan, or whose plan does not know the source.
    """
    planned = due.get(receipt.source or "")
    if receipt.payer == BASIC_INSURANCE:
        if not any(each.due_fen for each in due.values()):
            raise Problem(problems.NO_PLAN, pointer="/year", county=receipt.county_code, year=receipt.year)
        if planned is None:
            known = "、".join(due)
            raise Problem(problems.SOURCE_NOT_PLANNED, pointer="/source", source=receipt.source, known=known)
    return planned


def reply(operation: Operation) -> OperationReply:
    """An operation as it is told."""
    booked = operation.state in (rules.APPROVED, rules.REVERSED)
    return OperationReply(
        county=operation.county_code,
        amount=operation.amount_fen,
        on=operation.on_day,
        warnings=[WarningReply(code=code, text=rules.WARNING_TEXTS[code]) for code in operation.warnings],
        schedule=[RepaymentReply(due_on=day, amount=fen) for day, fen in operation.repayments],
        transfers=operation.reference if booked else None,
        **{name: getattr(operation, name) for name in _SAME_NAMES},
    )


_SAME_NAMES = (
    *("id", "kind", "state", "year", "payer", "source", "bank_reference", "document", "note", "accepted"),
    *("reverses", "prepared_at", "prepared_by", "decided_at", "decided_by", "decision_note"),
)


def new_receipt(bureau: Bureau, county_code: str, year: int, stated: ReceiptLine | ReceiptRow) -> Operation:
    """A receipt as it would be prepared; nothing is checked or stored."""
    return Operation(
        id=new_id(),
        kind=rules.RECEIPT,
        county_code=county_code,
        year=year,
        payer=stated.payer,
        source=stated.source,
        amount_fen=stated.amount,
        on_day=stated.received_on,
        bank_reference=stated.bank_reference,
        document=stated.document,
        note=stated.note,
        warnings=[],
        prepared_at=bureau.now,
        prepared_by=bureau.caller.subject,
    )


async def _receipt(bureau: Bureau, county_code: str, year: int, asked: ReceiptLine) -> Operation:
    return await _prepare(bureau, new_receipt(bureau, county_code, year, asked))


def _operation(
    bureau: Bureau, kind: str, asked: ReserveUseRequest, bank_reference: str | None = None
) -> Operation:
    return Operation(
        id=new_id(),
        kind=kind,
        county_code=asked.county,
        year=asked.year,
        payer=BASIC_INSURANCE,
        source=None,
        amount_fen=asked.amount,
        on_day=asked.on,
        bank_reference=bank_reference,
        document=asked.document,
        note=asked.note,
        warnings=[],
        prepared_at=bureau.now,
        prepared_by=bureau.caller.subject,
    )


async def _prepare(bureau: Bureau, operation: Operation) -> Operation:
    """Store an operation that can be right; one with its bank reference stands already, or it is refused."""
    check(bureau, operation)
    same = await _stored(bureau, operation)
    if same is not None:
        return same
    if operation.kind == rules.RECEIPT:
        warnings, _ = await looked_at(bureau, operation)
        operation = operation._replace(warnings=list(warnings))
    if await repository.add(bureau.session, operation):
        return operation
    # Somebody else has stored the same bank reference meanwhile.
    winner = await _stored(bureau, operation)
    if winner is None:
        raise Problem(NOT_FOUND)
    return winner


async def _stored(bureau: Bureau, operation: Operation) -> Operation | None:
    if operation.bank_reference is None:
        return None
    reference = operation.bank_reference
    found = await repository.by_bank_reference(bureau.session, operation.county_code, reference)
    if found is not None and not found.says_the_same(operation):
        pointer = "/bank_reference"
        raise Problem(
            problems.BANK_REFERENCE_USED, pointer=pointer, bank_reference=reference, id=str(found.id)
        )
    return found


def check(bureau: Bureau, operation: Operation) -> None:
    """What cannot be right whatever the state of the fund."""
    governed(bureau, operation.county_code)
    if not operation.amount_fen:
        raise Problem(problems.AMOUNT_ZERO, pointer="/amount")
    today = business_date(bureau.now)
    if operation.year > today.year + 1:
        raise Problem(problems.YEAR_NOT_BEGUN, pointer="/year", year=operation.year, latest=today.year + 1)
    oldest = rules.oldest_open_year(today, fund_rules().open_years)
    if operation.year < oldest:
        raise Problem(problems.YEAR_CLOSED, pointer="/year", year=operation.year, oldest=oldest)
    first, last = rules.day_limits(operation.year, today)
    if not first <= operation.on_day <= last:
        pointer = "/received_on" if operation.kind == rules.RECEIPT else "/on"
        raise Problem(problems.DAY_OUT_OF_RANGE, pointer=pointer, first=str(first), last=str(last))
    known = _payers(bureau.policies, operation.county_code)
    if operation.payer not in known:
        named = "、".join(sorted(known)) or "-"
        raise Problem(problems.UNKNOWN_FUND, pointer="/payer", payer=operation.payer, known=named)


def governed(bureau: Bureau, county_code: str) -> None:
    """A Problem for a county outside the caller's jurisdiction."""
    if not bureau.caller.governs(county_code):
        raise Problem(problems.OUTSIDE_COUNTY, pointer="/county", county=county_code)


def _payers(policies: Policies, county_code: str) -> set[str]:
    """Every payer that the county's policies have had; what a provider carries itself is nobody's fund."""
    found = {BASIC_INSURANCE}
    for book in policies.covering(county_code):
        for version in book.versions:
            found |= {layer.payer for layer in version.layers}
            found |= {version.relapse.payer} if version.relapse else set()
    return found - {PROVIDER}

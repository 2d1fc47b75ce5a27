"""Runs of the reconciliation as documents: made once, kept, marked as repaired by a later equal run."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.problems import OUTSIDE_JURISDICTION, UNKNOWN_PROVIDER
from services.claims.reconciliation import repository, service
from services.claims.reconciliation.problems import HOSPITAL_ONLY, LINE_WITHOUT_NAME, NOT_ITS_OWN
from services.claims.reconciliation.repository import Chosen, Document
from services.claims.reconciliation.rules import Amounts, Difference, Theirs, Totals, compare_totals
from services.claims.reconciliation.schemas import (
    AmountsReply,
    ComparedTotals,
    DifferenceReply,
    GivenTotals,
    ReconciliationReply,
    ReconciliationRequest,
    ReconciliationSummary,
    Result,
    TotalsReply,
)
from services.claims.reconciliation.service import Selection
from shared.auth import Caller
from shared.ids import new_id
from shared.money import format_yuan
from shared.problems import NOT_FOUND, Problem

EQUAL, OPEN = "equal", "open"
MAX_TOLD: Final = 1_000
"""Differences kept with a run; all are counted."""


class Asked(NamedTuple):
    """What one run compares: totals of either side, lines, or all of it; what is ``None`` is not compared.

    ``line_sides`` says what the lines hold: settlements (false), reversals (true) or both (none). ``msgid``
    is the message of the national interface that asks, if one does.
    """

    facility_code: str
    division_code: str
    first_day: date
    last_day: date
    selection: Selection
    settlements: Totals | None = None
    refunds: Totals | None = None
    lines: Sequence[Theirs] | None = None
    line_sides: bool | None = None
    msgid: str | None = None


async def run(
    session: AsyncSession, caller: Caller, now: datetime, asked: ReconciliationRequest
) -> ReconciliationReply:
    """Compare what a hospital gives with what we have, and keep the result.

    Raises the Problem of a caller who is not this hospital, of a period that is not closed, of a line that
    names nothing, of more than 20,000 lines.
    """
    _authorise(caller, asked.facility_code)
    division = await repository.division_of(session, asked.facility_code)
    if division is None:
        raise Problem(UNKNOWN_PROVIDER, pointer="/facility_code", facility_code=asked.facility_code)
    if not caller.governs(division):
        raise Problem(OUTSIDE_JURISDICTION, pointer="/facility_code", division_code=division)
    document, _ = await keep(session, caller, now, _asked(asked, division))
    return reply_of(document)


async def keep(
    session: AsyncSession, caller: Caller, now: datetime, asked: Asked
) -> tuple[Document, list[Difference]]:
    """Compare, and keep the run with its differences; an equal one repairs earlier ones that asked no more.

    Raises the Problem of a period that is not closed and of more than 20,000 lines; then nothing is kept.
    """
    await service.check_closed(session, asked.facility_code, asked.first_day, asked.last_day)
    result, differences = await _compare(session, asked)
    types = asked.selection.visit_types
    document = Document(
        new_id(),
        asked.facility_code,
        asked.division_code,
        asked.first_day,
        asked.last_day,
        asked.selection.county_code,
        sorted(types) if types else None,
        asked.selection.scheme,
        _compared(asked),
        OPEN if differences else EQUAL,
        len(differences),
        now,
        caller.subject,
        asked.msgid,
        result.model_dump_json(),
    )
    await repository.add(session, document)
    if document.state == EQUAL:
        await repository.repair(session, document)
    return document, differences


async def get(session: AsyncSession, id_: UUID) -> ReconciliationReply:
    """One run; a Problem where the caller sees none."""
    document = await repository.get(session, id_)
    if document is None:
        raise Problem(NOT_FOUND)
    return reply_of(document)


async def page(
    session: AsyncSession, chosen: Chosen, after: UUID | None, limit: int
) -> list[ReconciliationSummary]:
    """Runs in the order in which they were made."""
    found = await repository.page(session, chosen, after, limit)
    return [_summary(document) for document in found]


def reply_of(document: Document) -> ReconciliationReply:
    """The reply that shows a stored run."""
    head = _summary(document).model_dump()
    return ReconciliationReply(**head, result=Result.model_validate_json(document.result))


def _summary(document: Document) -> ReconciliationSummary:
    values = document._asdict()
    return ReconciliationSummary(
        **{name: values[name] for name in ReconciliationSummary.model_fields if name in values},
        county=document.county_code,
        equal=document.differences == 0,
    )


def _authorise(caller: Caller, facility_code: str) -> None:
    if caller.facility is None:
        raise Problem(HOSPITAL_ONLY)
    if caller.facility != facility_code:
        own = caller.facility
        raise Problem(NOT_ITS_OWN, pointer="/facility_code", own=own, facility_code=facility_code)


def _asked(body: ReconciliationRequest, division_code: str) -> Asked:
    lines = _lines(body) if body.lines is not None else None
    both = body.refunds is not None or any(line.refund for line in lines or ())
    return Asked(
        body.facility_code,
        division_code,
        body.first_day,
        body.last_day,
        Selection(tuple(body.visit_types) if body.visit_types else None, body.county),
        _totals(body.settlements),
        _totals(body.refunds) if body.refunds is not None else None,
        lines,
        None if both else False,
    )


def _compared(asked: Asked) -> list[str]:
    """What was compared; ``lines`` are those of settlements, ``refund_lines`` those of reversals."""
    found = {
        "settlements": asked.settlements is not None,
        "refunds": asked.refunds is not None,
        "lines": asked.lines is not None and asked.line_sides is not True,
        "refund_lines": asked.lines is not None and asked.line_sides is not False,
    }
    return [name for name, compared in found.items() if compared]


async def _compare(session: AsyncSession, asked: Asked) -> tuple[Result, list[Difference]]:
    period = (session, asked.facility_code, asked.first_day, asked.last_day)
    selection = asked.selection
    compared: dict[bool, ComparedTotals | None] = {False: None, True: None}
    differences: list[Difference] = []
    for refunds, theirs in ((False, asked.settlements), (True, asked.refunds)):
        if theirs is not None:
            ours = await service.totals(*period, refunds=refunds, selection=selection, closed=True)
            found = compare_totals(theirs, ours, refunds=refunds)
            compared[refunds] = ComparedTotals(theirs=_told(theirs), ours=_told(ours), equal=not found)
            differences += found
    if asked.lines is not None:
        differences += await service.details(
            *period, asked.lines, refunds=asked.line_sides, selection=selection, closed=True
        )
    result = Result(
        settlements=compared[False],
        refunds=compared[True],
        lines=None if asked.lines is None else len(asked.lines),
        by_kind=dict(sorted(Counter(each.kind.value for each in differences).items())),
        differences=[_difference(each) for each in differences[:MAX_TOLD]],
    )
    return result, differences


def _lines(asked: ReconciliationRequest) -> list[Theirs]:
    lines = []
    for place, line in enumerate(asked.lines or ()):
        if line.settlement_id is None and line.visit_no is None:
            raise Problem(LINE_WITHOUT_NAME, pointer=f"/lines/{place}")
        id_ = str(line.settlement_id) if line.settlement_id else None
        amounts = Amounts(line.total, line.fund, line.account)
        lines.append(Theirs(line.refund, id_, line.visit_no, amounts, line.message_id))
    return lines


def _totals(given: GivenTotals) -> Totals:
    return Totals(given.count, Amounts(given.total, given.fund, given.account))


def _told(totals: Totals) -> TotalsReply:
    return TotalsReply(count=totals.number, **_written(totals.amounts))


def _difference(each: Difference) -> DifferenceReply:
    zh, en = each.told()
    return DifferenceReply(
        kind=each.kind,
        refund=each.refund,
        settlement_id=each.settlement_id,
        visit_no=each.visit_no,
        message_id=each.message_id,
        theirs=AmountsReply(**_written(each.theirs)) if each.theirs else None,
        ours=AmountsReply(**_written(each.ours)) if each.ours else None,
        day=each.day,
        what_to_do=zh,
        what_to_do_en=en,
    )


def _written(amounts: Amounts) -> dict[str, str]:
    return {
        "total": format_yuan(amounts.total_fen),
        "fund": format_yuan(amounts.fund_fen),
        "account": format_yuan(amounts.account_fen),
    }

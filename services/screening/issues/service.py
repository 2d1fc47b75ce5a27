"""Hand vouchers out to people: up to a thousand lines, decided one by one, written together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.dates import not_in_future
from services.screening.issues import repository
from services.screening.issues.repository import IssueStamp, NewVoucher
from services.screening.issues.rules import Receiver, Stock, check_line
from services.screening.issues.schemas import IssueLine, IssueOrder, IssueReply, IssueResult
from services.screening.lines import line_problem
from services.screening.participants import service as participants
from services.screening.participants.service import People, PersonKey, person_key
from services.screening.problems import YEAR_TAKEN
from services.screening.programmes.book import Versions
from services.screening.programmes.model import Programme
from services.screening.vouchers import stock as custody
from services.screening.vouchers.ranges import Holding
from shared.auth import Caller
from shared.crypto import BlindIndex
from shared.problems import Problem

Held = dict[int, tuple[str, Holding]]


@dataclass(slots=True)
class _Line:
    """A line on its way: the key or the refusal first, then the voucher or the refusal."""

    order: IssueLine
    key: PersonKey | None = None
    voucher: NewVoucher | None = None
    refusal: Problem | None = None


async def issue_vouchers(
    session: AsyncSession,
    versions: Versions,
    order: IssueOrder,
    blind_index: BlindIndex,
    caller: Caller,
    now: datetime,
    language: str,
) -> IssueReply:
    """Hand out what may be handed out; every other line is refused for its own reason."""
    issued_on = not_in_future(order.issued_on, now, pointer="/issued_on")
    programme = versions.on(issued_on)
    lines = [_read(line, blind_index) for line in order.lines]
    people = await participants.find_people(session, [line.key for line in lines if line.key])
    serials = sorted({line.order.serial for line in lines})
    held = await custody.lock_and_find(session, versions.code, serials)
    stock = await _stock(session, programme, serials, people, held)
    for line in lines:
        _decide(line, programme, people, held, stock, issued_on)
    stamp = IssueStamp(versions.code, programme.valid_from, issued_on, now, caller.subject)
    await _write(session, stamp, lines, held)
    return _reply(lines, language)


def _read(line: IssueLine, blind_index: BlindIndex) -> _Line:
    try:
        return _Line(line, key=person_key(blind_index, line.person_id, line.id_number))
    except Problem as problem:
        return _Line(line, refusal=problem)


async def _stock(
    session: AsyncSession, programme: Programme, serials: Sequence[int], people: People, held: Held
) -> Stock:
    known = await repository.known_vouchers(session, programme.code, serials, people.ids)
    holders = {serial: (holder, holding.year) for serial, (holder, holding) in held.items()}
    return Stock(holders, known.serials, known.years)


def _decide(
    line: _Line, programme: Programme, people: People, held: Held, stock: Stock, issued_on: date
) -> None:
    if line.key is None:
        return
    order = line.order
    try:
        person = people.get(line.key)
        receiver = Receiver(
            person.person_id, person.division_code, person.facts(programme.eligibility.scheme)
        )
        year = check_line(programme, stock, order.serial, receiver, issued_on, pupil=order.pupil)
    except Problem as problem:
        line.refusal = problem
        return
    batch_id = held[order.serial][1].batch_id
    line.voucher = NewVoucher(
        order.serial, batch_id, year, person.person_id, person.division_code, order.receipt_no
    )


async def _write(session: AsyncSession, stamp: IssueStamp, lines: Sequence[_Line], held: Held) -> None:
    accepted = [line for line in lines if line.voucher]
    if not accepted:
        return
    done = await repository.insert_vouchers(
        session, stamp, [line.voucher for line in accepted if line.voucher]
    )
    for line in accepted:
        if line.voucher and line.voucher.serial not in done:
            # Another village has handed out this year's voucher in between (the person has just moved).
            line.refusal, line.voucher = Problem(YEAR_TAKEN, year=line.voucher.year), None
    await custody.take_out(session, stamp.programme, held, done)


def _reply(lines: Sequence[_Line], language: str) -> IssueReply:
    results = [_result(number, line, language) for number, line in enumerate(lines, start=1)]
    issued = sum(result.status == "issued" for result in results)
    return IssueReply(issued=issued, refused=len(results) - issued, results=results)


def _result(number: int, line: _Line, language: str) -> IssueResult:
    if line.voucher:
        return IssueResult(
            line=number,
            serial=line.order.serial,
            status="issued",
            person_id=line.voucher.person_id,
            year=line.voucher.year,
        )
    problem = line_problem(line.refusal, language) if line.refusal else None
    return IssueResult(line=number, serial=line.order.serial, status="refused", problem=problem)

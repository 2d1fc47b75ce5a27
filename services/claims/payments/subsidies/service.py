"""Running periodic subsidies: what is due by the standards now known, less what was paid."""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.ledger import service as ledger
from services.claims.ledger.postings import NewTransfer
from services.claims.payments import dues
from services.claims.payments.problems import (
    PAYMENT_SAME_PERSON,
    SUBSIDY_NOTHING_DUE,
    SUBSIDY_PAID_MEANWHILE,
    SUBSIDY_PERIOD,
    SUBSIDY_PERIOD_IN_FUTURE,
    SUBSIDY_PROGRAMME,
    SUBSIDY_RUN_OPEN,
    SUBSIDY_STATE,
)
from services.claims.payments.service import Office
from services.claims.payments.subsidies import repository, rules
from services.claims.payments.subsidies.data import programmes
from services.claims.payments.subsidies.repository import Run
from services.claims.payments.subsidies.rules import Line, Programme
from services.claims.payments.subsidies.schemas import (
    MonthReply,
    PersonReply,
    ProgrammeReply,
    Programmes,
    RunReply,
    RunRequest,
    StandardReply,
)
from shared.clock import business_date
from shared.ids import new_id
from shared.problems import NOT_FOUND, Problem


def listed() -> Programmes:
    """All programmes with their standards."""
    return Programmes(items=[_programme(each) for each in programmes().values()])


async def prepare(office: Office, asked: RunRequest) -> RunReply:
    """Work out a period: everything that is due for it, or exactly the differences to what was paid.

    One run of a county's programme is open at a time, so nothing is paid twice; what another county paid for
    somebody who moved is taken off.
    """
    office.governs(asked.county)
    programme = programmes().get(asked.programme)
    if programme is None:
        known = "、".join(programmes())
        raise Problem(SUBSIDY_PROGRAMME, pointer="/programme", programme=asked.programme, known=known)
    months = rules.months_of(programme.schedule, asked.period)
    if not months:
        raise Problem(SUBSIDY_PERIOD, pointer="/period", period=asked.period, schedule=programme.schedule)
    today = business_date(office.now)
    if months[0] > today:
        raise Problem(SUBSIDY_PERIOD_IN_FUTURE, pointer="/period", period=asked.period, today=str(today))
    run = Run(
        new_id(),
        asked.county,
        programme.id,
        asked.period,
        rules.PREPARED,
        today,
        office.now,
        office.caller.subject,
    )
    # Before anything is read: whoever comes second waits here, and is refused or sees what the first paid.
    if not await repository.open_run(office.session, run):
        raise Problem(SUBSIDY_RUN_OPEN, programme=programme.title)
    entitled = await repository.entitled(
        office.session, run.county_code, sorted(programme.categories), months
    )
    paid = await repository.paid(office.session, run.county_code, programme.id, months)
    elsewhere = await repository.paid_elsewhere(
        office.session, run.county_code, programme.id, sorted({*entitled, *paid}), months
    )
    lines = rules.worked_out(programme, months, today, entitled, paid, elsewhere)
    if not lines:
        raise Problem(SUBSIDY_NOTHING_DUE, period=asked.period)
    await repository.add_lines(office.session, run, lines)
    return await reply(office.session, run)


async def approve(office: Office, run_id: UUID) -> RunReply:
    """Book a run: the fund owes it to the people, who get it with the next card batch."""
    run = await _take(office, run_id)
    if office.caller.subject == run.prepared_by:
        raise Problem(PAYMENT_SAME_PERSON)
    changed = await repository.changed_since(office.session, run)
    if changed:
        raise Problem(SUBSIDY_PAID_MEANWHILE, count=changed)
    transfers, people = [], {}
    for each in await repository.by_year(office.session, run_id):
        reference = f"subsidy/{run_id}/{each.person_id}"
        people[reference] = each.person_id
        posting = rules.posting(
            programmes()[run.programme].payer, run.county_code, each.year, each.difference_fen
        )
        transfers.append(NewTransfer(reference, each.year, "", *posting))
    await ledger.book_many(office.session, run.county_code, transfers, office.now)
    await dues.due_to(office.session, run.county_code, people)
    return await _decided(office, run, rules.APPROVED)


async def cancel(office: Office, run_id: UUID) -> RunReply:
    """Give a run up that is not approved."""
    return await _decided(office, await _take(office, run_id), rules.CANCELLED)


async def get(session: AsyncSession, run_id: UUID) -> RunReply:
    """One run; a Problem where the caller sees none."""
    run = await repository.get(session, run_id)
    if run is None:
        raise Problem(NOT_FOUND)
    return await reply(session, run)


async def page(
    session: AsyncSession, county: str | None, programme: str | None, after: UUID | None, limit: int
) -> list[RunReply]:
    """Runs in the order in which they were prepared."""
    found = await repository.page(session, county, programme, after, limit)
    return [await reply(session, run) for run in found]


async def people(session: AsyncSession, run_id: UUID, after: UUID | None, limit: int) -> list[PersonReply]:
    """What a run pays whom and why, by person."""
    run = await repository.get(session, run_id)
    if run is None:
        raise Problem(NOT_FOUND)
    lines = await repository.lines(session, run_id, after, limit)
    title = programmes()[run.programme].title
    return [
        _person(person_id, title, list(group))
        for person_id, group in groupby(lines, key=lambda line: line.person_id)
    ]


async def reply(session: AsyncSession, run: Run) -> RunReply:
    """A run with what it comes to."""
    totals = await repository.totals(session, run.id)
    names = (
        *("id", "programme", "period", "state", "known_on", "prepared_at", "prepared_by"),
        *("decided_at", "decided_by"),
    )
    return RunReply(
        **{name: getattr(run, name) for name in names},
        county=run.county_code,
        title=programmes()[run.programme].title,
        people=totals.people,
        pays=totals.pays_fen,
        takes_back=totals.takes_back_fen,
    )


async def _take(office: Office, run_id: UUID) -> Run:
    run = await repository.get(office.session, run_id, lock=True)
    if run is None:
        raise Problem(NOT_FOUND)
    if run.state != rules.PREPARED:
        raise Problem(SUBSIDY_STATE, state=run.state)
    return run


async def _decided(office: Office, run: Run, state: str) -> RunReply:
    await repository.decide(office.session, run.id, state, office.now, office.caller.subject)
    after = run._replace(state=state, decided_at=office.now, decided_by=office.caller.subject)
    return await reply(office.session, after)


def _person(person_id: UUID, title: str, lines: Sequence[Line]) -> PersonReply:
    return PersonReply(
        person_id=person_id,
        amount=sum(line.difference_fen for line in lines),
        months=[
            MonthReply(
                month=f"{line.month:%Y-%m}",
                category=line.category,
                due=line.due_fen,
                paid=line.paid_fen,
                difference=line.difference_fen,
            )
            for line in lines
        ],
        sentences=rules.sentences(title, lines),
    )


def _programme(programme: Programme) -> ProgrammeReply:
    return ProgrammeReply(
        id=programme.id,
        title=programme.title,
        payer=programme.payer,
        schedule=programme.schedule,
        standards=[
            StandardReply(
                category=each.category,
                valid_from=each.valid_from,
                announced_on=each.announced_on,
                monthly=each.monthly_fen,
                source=each.source,
                verified=each.verified,
            )
            for each in programme.standards
        ],
    )

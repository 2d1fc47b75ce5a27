"""Preparing batches of one-off aid, and deciding on them: by two people. The edge commits."""

import json
from collections.abc import Sequence
from uuid import UUID

from services.claims.benefits.policy import PolicyBook
from services.claims.benefits.steps import basis_as_dict
from services.claims.coverage import service as coverage
from services.claims.ledger import service as ledger
from services.claims.ledger.postings import one_off_posting
from services.claims.office import Office
from services.claims.one_off import problems, repository, rules
from services.claims.one_off.reading import line_of, preview_of, reply
from services.claims.one_off.repository import Batch, GrantRow
from services.claims.one_off.rules import Applied, Entitled, Judged, Known
from services.claims.one_off.schemas import BatchPreview, BatchReply, BatchRequest
from services.claims.payments import dues
from services.claims.problems import OUTSIDE_JURISDICTION
from shared import identity
from shared.clock import business_date
from shared.crypto import BlindIndex
from shared.ids import new_id
from shared.money import format_yuan
from shared.problems import NOT_FOUND, Problem

PREPARED, APPROVED, REJECTED = "prepared", "approved", "rejected"


async def preview(office: Office, asked: BatchRequest) -> BatchPreview:
    """What preparing the batch now would give; writes nothing."""
    judged = await _judged(office, asked)
    return preview_of(asked, judged, office.caller)


async def prepare(office: Office, asked: BatchRequest) -> BatchReply:
    """Keep a batch with the outcome of every line; who is in it waits for no other batch meanwhile."""
    session = office.session
    await repository.hold(session)
    judged = await _judged(office, asked)
    batch = _batch(office, asked, judged)
    granted = await repository.grant(session, batch, [_grant(each) for each in judged if each.amount_fen])
    judged = [
        rules.already_aided(each) if each.amount_fen and each.applied.line_no not in granted else each
        for each in judged
    ]
    batch = _batch(office, asked, judged)._replace(id=batch.id)
    if not batch.accepted:
        raise Problem(problems.NOBODY_ACCEPTED, pointer="/people")
    await repository.add(session, batch, [line_of(each) for each in judged])
    return await reply(session, batch)


async def approve(office: Office, batch_id: UUID, note: str | None) -> BatchReply:
    """Book what the batch gives, one transfer per person, payable by card; not by who prepared it."""
    batch = await _undecided(office, batch_id)
    if office.caller.subject == batch.prepared_by:
        raise Problem(problems.SAME_PERSON)
    county, year = batch.division_code, batch.year
    lines = {
        f"one_off/{batch.id}/{each.line_no}": each
        for each in await repository.payable(office.session, batch.id)
    }
    booked = [
        (reference, one_off_posting(each.payer, county, year, each.amount_fen))
        for reference, each in lines.items()
    ]
    await ledger.book_entitlements(office.session, county, year, booked, office.now)
    await dues.due_to(office.session, county, {name: each.person_id for name, each in lines.items()})
    return await _decided(office, batch, APPROVED, note)


async def reject(office: Office, batch_id: UUID, reason: str) -> BatchReply:
    """Send a batch back; its people may be applied for again."""
    batch = await _undecided(office, batch_id)
    await repository.give_back(office.session, batch.id)
    return await _decided(office, batch, REJECTED, reason)


async def _judged(office: Office, asked: BatchRequest) -> list[Judged]:
    if not office.caller.governs(asked.county):
        raise Problem(OUTSIDE_JURISDICTION, pointer="/county", division_code=asked.county)
    book = office.desk.policies.for_division(asked.county)
    if book is None:
        raise Problem(problems.COUNTY_WITHOUT_PACK, pointer="/county", county=asked.county)
    _check_declared(asked, book)
    lines = _applied(office.desk.blind_index, asked)
    indexes = [line.id_index for line in lines if line.id_index is not None]
    people = await coverage.people_by_index(office.session, indexes)
    grants = await repository.grants(office.session, [person.person_id for person in people.values()])
    today = business_date(office.now)
    return rules.judge(lines, Known(asked.county, asked.year, today, book, people, grants))


def _check_declared(asked: BatchRequest, book: PolicyBook) -> None:
    """Figures that no sum of the tiers can give are wrong on paper already (DOMAIN O-20)."""
    amounts = rules.tier_amounts(book)
    declared = asked.declared
    if declared and amounts and not rules.can_be(amounts, declared.people, declared.total):
        raise Problem(
            problems.DECLARED_IMPOSSIBLE,
            pointer="/declared/total",
            people=declared.people,
            total=format_yuan(declared.total),
            tiers="、".join(format_yuan(amount) for amount in amounts),
        )


def _applied(index: BlindIndex, asked: BatchRequest) -> list[Applied]:
    lines = []
    for line_no, line in enumerate(asked.people, 1):
        try:
            number = identity.check_id_number(line.id_number)
        except identity.BadIdentity:
            masked, id_index = identity.mask(line.id_number), None
        else:
            masked, id_index = identity.mask(number), index.of(number)
        lines.append(Applied(line_no, masked, id_index, line.diagnosed_on, tuple(line.diagnoses)))
    return lines


def _batch(office: Office, asked: BatchRequest, judged: Sequence[Judged]) -> Batch:
    bases = {
        each.outcome.decision.step.basis.id: basis_as_dict(each.outcome.decision.step.basis)
        for each in judged
        if isinstance(each.outcome, Entitled)
    }
    return Batch(
        new_id(),
        asked.county,
        asked.year,
        asked.title,
        len(judged),
        sum(each.amount_fen > 0 for each in judged),
        sum(each.amount_fen for each in judged),
        asked.declared.people if asked.declared else None,
        asked.declared.total if asked.declared else None,
        json.dumps(bases, ensure_ascii=False),
        PREPARED,
        office.caller.subject,
        office.now,
    )


def _grant(judged: Judged) -> GrantRow:
    assert isinstance(judged.outcome, Entitled)
    insured, version, decision = judged.outcome
    return GrantRow(
        insured.person_id, version.pack, decision.tier, decision.amount_fen, judged.applied.line_no
    )


async def _undecided(office: Office, batch_id: UUID) -> Batch:
    batch = await repository.get(office.session, batch_id, lock=True)
    if batch is None:
        raise Problem(NOT_FOUND)
    if batch.state != PREPARED:
        raise Problem(problems.BATCH_DECIDED, decided_by=batch.decided_by, state=batch.state)
    return batch


async def _decided(office: Office, batch: Batch, state: str, reason: str | None) -> BatchReply:
    by = office.caller.subject
    await repository.decide(office.session, batch.id, state, by, office.now, reason)
    after = batch._replace(state=state, decided_by=by, decided_at=office.now, reason=reason)
    return await reply(office.session, after)

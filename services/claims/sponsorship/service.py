"""Batches of sponsored premiums, prepared and approved by two people. The edge commits."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.explain import step_sentences
from services.claims.benefits.policy import PolicyVersion
from services.claims.benefits.steps import basis_as_dict, row_as_dict, step_as_row
from services.claims.coverage import service as coverage
from services.claims.enrolment.service import sponsoring_version
from services.claims.ledger import service as ledger
from services.claims.ledger.postings import sponsored_premium_posting
from services.claims.office import Office
from services.claims.problems import OUTSIDE_JURISDICTION
from services.claims.sponsorship import problems, repository, rules
from services.claims.sponsorship.repository import Batch, Line
from services.claims.sponsorship.rules import Sponsored
from services.claims.sponsorship.schemas import (
    BatchPreview,
    BatchReply,
    BatchRequest,
    IdentityTotal,
    LineReply,
)
from shared.ids import new_id
from shared.problems import NOT_FOUND, Problem

PREPARED, APPROVED, REJECTED = "prepared", "approved", "rejected"


async def preview(office: Office, asked: BatchRequest) -> BatchPreview:
    """What preparing the batch now would give; writes nothing."""
    version, found = await _found(office, asked)
    return BatchPreview(**_figures(_batch(office, asked, version, found)))


async def prepare(office: Office, asked: BatchRequest) -> BatchReply:
    """Keep a batch of everybody to be sponsored whom no other batch of the year has."""
    session = office.session
    await repository.hold(session, asked.year)
    version, found = await _found(office, asked)
    first = _batch(office, asked, version, found)
    taken = await repository.take(session, first, [each.insured.person_id for each in found])
    found = [each for each in found if each.insured.person_id in taken]
    if not found:
        raise Problem(problems.NOBODY_SPONSORED, county=asked.county, year=asked.year)
    batch = _batch(office, asked, version, found)._replace(id=first.id)
    await repository.add(session, batch, [_line(each) for each in found])
    return reply(batch)


async def approve(office: Office, batch_id: UUID, note: str | None) -> BatchReply:
    """Book what the fund pays of the county's personal premiums; not by who prepared it."""
    batch = await _undecided(office, batch_id)
    if office.caller.subject == batch.prepared_by:
        raise Problem(problems.SAME_PERSON)
    posting = sponsored_premium_posting(batch.payer, batch.division_code, batch.year, batch.sponsored_fen)
    booked = [(f"sponsorship/{batch.id}", posting)]
    await ledger.book_entitlements(office.session, batch.division_code, batch.year, booked, office.now)
    return await _decided(office, batch, APPROVED, note)


async def reject(office: Office, batch_id: UUID, reason: str) -> BatchReply:
    """Send a batch back; its people may be sponsored by another."""
    batch = await _undecided(office, batch_id)
    await repository.give_back(office.session, batch.id)
    return await _decided(office, batch, REJECTED, reason)


async def get(session: AsyncSession, batch_id: UUID) -> BatchReply:
    """One batch; a Problem where the caller sees none."""
    return reply(await _stored(session, batch_id))


async def page(
    session: AsyncSession, county: str | None, year: int | None, after: UUID | None, limit: int
) -> list[BatchReply]:
    """Batches in the order in which they were prepared."""
    return [reply(batch) for batch in await repository.page(session, county, year, after, limit)]


async def lines(session: AsyncSession, batch_id: UUID, after: UUID | None, limit: int) -> list[LineReply]:
    """People of a batch, each with the reasons of the amount."""
    bases = json.loads((await _stored(session, batch_id)).bases)
    return [_shown(line, bases) for line in await repository.lines(session, batch_id, after, limit)]


def reply(batch: Batch) -> BatchReply:
    """A batch as it is shown."""
    decided = ("id", "state", "prepared_by", "prepared_at", "decided_by", "decided_at", "reason")
    return BatchReply(**_figures(batch), **{name: getattr(batch, name) for name in decided})


async def _found(office: Office, asked: BatchRequest) -> tuple[PolicyVersion, list[Sponsored]]:
    if not office.caller.governs(asked.county):
        raise Problem(OUTSIDE_JURISDICTION, pointer="/county", division_code=asked.county)
    version, _ = sponsoring_version(office.policies, asked.county, asked.on)
    people = await coverage.people_with_categories(office.session, asked.county)
    already = await repository.already(office.session, asked.year, [each.person_id for each in people])
    open_people = [person for person in people if person.person_id not in already]
    found = rules.sponsored(version, open_people, asked.year, asked.on, asked.premium)
    if not found:
        raise Problem(problems.NOBODY_SPONSORED, county=asked.county, year=asked.year)
    return version, found


def _batch(office: Office, asked: BatchRequest, version: PolicyVersion, found: Sequence[Sponsored]) -> Batch:
    bases = {each.step.basis.id: basis_as_dict(each.step.basis) for each in found}
    totals = [total._asdict() for total in rules.totals(found)]
    return Batch(
        new_id(),
        asked.county,
        asked.year,
        asked.on,
        asked.premium,
        len(found),
        sum(each.sponsored_fen for each in found),
        sum(each.person_fen for each in found),
        version.enrolment.payer if version.enrolment else "",
        version.pack,
        version.version,
        json.dumps(totals, ensure_ascii=False),
        json.dumps(bases, ensure_ascii=False),
        PREPARED,
        office.caller.subject,
        office.now,
    )


def _line(each: Sponsored) -> Line:
    insured = each.insured
    return Line(
        insured.person_id,
        insured.division_code,
        " ".join(each.categories),
        each.step.basis.rule.id,
        each.sponsored_fen,
        each.person_fen,
        json.dumps(step_as_row(each.step)),
    )


def _shown(line: Line, bases: dict[str, Any]) -> LineReply:
    row = json.loads(line.step)
    step = row_as_dict(row, bases[row[0]])
    return LineReply(
        person_id=line.person_id,
        categories=line.categories.split(),
        rule=line.rule,
        sponsored=line.sponsored_fen,
        person_pays=line.person_fen,
        sentences=step_sentences(step),
        detail=step,
    )


def _figures(batch: Batch) -> dict[str, Any]:
    kept = ("year", "people", "payer", "policy_pack", "policy_version")
    return {
        **{name: getattr(batch, name) for name in kept},
        "county": batch.division_code,
        "on": batch.on_day,
        "premium": batch.premium_fen,
        "sponsored": batch.sponsored_fen,
        "person_pays": batch.person_fen,
        "identities": [
            IdentityTotal(sponsored=total["sponsored_fen"], person_pays=total["person_fen"], **total)
            for total in json.loads(batch.totals)
        ],
    }


async def _stored(session: AsyncSession, batch_id: UUID) -> Batch:
    batch = await repository.get(session, batch_id)
    if batch is None:
        raise Problem(NOT_FOUND)
    return batch


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
    return reply(batch._replace(state=state, decided_by=by, decided_at=office.now, reason=reason))

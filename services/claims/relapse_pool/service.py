"""Group policies, prepared and approved by two people; the pool that they fill. The edge commits."""

import json
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.relapse_policy import premium_of, premium_sentences
from services.claims.ledger import service as ledger
from services.claims.ledger.postings import relapse_premium_posting
from services.claims.office import Office
from services.claims.problems import OUTSIDE_JURISDICTION
from services.claims.relapse import service as relapse
from services.claims.relapse.payout import insured_version
from services.claims.relapse.rules import governing_day
from services.claims.relapse_pool import problems, repository
from services.claims.relapse_pool.repository import Policy
from services.claims.relapse_pool.schemas import PolicyReply, PolicyRequest, PoolReply
from shared.ids import new_id
from shared.problems import NOT_FOUND, Problem

PREPARED, APPROVED, REJECTED = "prepared", "approved", "rejected"
POLICIES_SHOWN = 100


async def prepare(office: Office, asked: PolicyRequest) -> PolicyReply:
    """Keep a policy whose premium follows from the pack; one of a county and year, other than rejected."""
    if not office.caller.governs(asked.county):
        raise Problem(OUTSIDE_JURISDICTION, pointer="/county", division_code=asked.county)
    day = governing_day(asked.year, office.today)
    version, insurance = insured_version(office.policies, asked.county, day)
    if insurance.policy is None:
        raise Problem(problems.NO_POLICY_TERMS, county=asked.county, day=day.isoformat())
    premium = premium_of(insurance.policy, asked.rural_population)
    if not premium.insured:
        raise Problem(problems.POLICY_NOBODY, pointer="/rural_population", population=asked.rural_population)
    policy = Policy(
        new_id(),
        asked.county,
        asked.year,
        asked.policy_no,
        asked.insurer,
        asked.rural_population,
        premium.insured,
        premium.premium_fen,
        insurance.policy.paid_by,
        insurance.payer,
        version.pack,
        version.version,
        json.dumps(premium.step, ensure_ascii=False),
        PREPARED,
        office.caller.subject,
        office.now,
    )
    if not await repository.add(office.session, policy):
        raise Problem(problems.POLICY_EXISTS, county=asked.county, year=asked.year)
    return reply(policy)


async def approve(office: Office, policy_id: UUID, note: str | None) -> PolicyReply:
    """Book the premium into the pool, owed by whoever takes out the policy; not by who prepared it."""
    policy = await _undecided(office, policy_id)
    if office.caller.subject == policy.prepared_by:
        raise Problem(problems.SAME_PERSON)
    posting = relapse_premium_posting(
        policy.payer, policy.paid_by, policy.division_code, policy.year, policy.premium_fen
    )
    booked = [(f"relapse_policy/{policy.id}", posting)]
    await ledger.book_entitlements(office.session, policy.division_code, policy.year, booked, office.now)
    return await _decided(office, policy, APPROVED, note)


async def reject(office: Office, policy_id: UUID, reason: str) -> PolicyReply:
    """Send a policy back; the county may prepare another."""
    return await _decided(office, await _undecided(office, policy_id), REJECTED, reason)


async def get(session: AsyncSession, policy_id: UUID) -> PolicyReply:
    """One policy; a Problem where the caller sees none."""
    policy = await repository.get(session, policy_id)
    if policy is None:
        raise Problem(NOT_FOUND)
    return reply(policy)


async def page(
    session: AsyncSession, county: str | None, year: int | None, after: UUID | None, limit: int
) -> list[PolicyReply]:
    """Policies in the order in which they were prepared."""
    return [reply(policy) for policy in await repository.page(session, county, year, after, limit)]


async def pool(office: Office, county: str, year: int) -> PoolReply:
    """What came into a county's pool of a year, what was paid out of it, and what is about to be."""
    if not office.caller.governs(county):
        raise Problem(OUTSIDE_JURISDICTION, pointer="/query/county", division_code=county)
    _, insurance = insured_version(office.policies, county, governing_day(year, office.today))
    paid_out, received = await ledger.pool(office.session, insurance.payer, county, year)
    return PoolReply(
        county=county,
        year=year,
        payer=insurance.payer,
        received=received,
        paid_out=paid_out,
        balance=received - paid_out,
        approved_claims=await relapse.awaiting_payment(office.session, county, year),
        beyond=max(0, paid_out - received),
        when_empty=insurance.policy.when_empty if insurance.policy else None,
        policies=await page(office.session, county, year, None, POLICIES_SHOWN),
    )


def reply(policy: Policy) -> PolicyReply:
    """A policy as it is shown."""
    step = json.loads(policy.step)
    kept = policy._asdict()
    return PolicyReply(
        **{name: kept[name] for name in PolicyReply.model_fields if name in kept},
        county=policy.division_code,
        premium=policy.premium_fen,
        sentences=premium_sentences(step),
        detail=step,
    )


async def _undecided(office: Office, policy_id: UUID) -> Policy:
    policy = await repository.get(office.session, policy_id, lock=True)
    if policy is None:
        raise Problem(NOT_FOUND)
    if policy.state != PREPARED:
        raise Problem(problems.POLICY_DECIDED, decided_by=policy.decided_by, state=policy.state)
    return policy


async def _decided(office: Office, policy: Policy, state: str, reason: str | None) -> PolicyReply:
    by = office.caller.subject
    await repository.decide(office.session, policy.id, state, by, office.now, reason)
    return reply(policy._replace(state=state, decided_by=by, decided_at=office.now, reason=reason))

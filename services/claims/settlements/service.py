"""What can be asked about settlements."""

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.facts import Charge
from services.claims.coverage.certificates import REASONS as CHRONIC_REASONS
from services.claims.settlements import reading_repository, statement_repository
from services.claims.settlements.explaining import complete_steps, explain
from services.claims.settlements.leaving_out import layers_left_out, may_see_illness
from services.claims.settlements.policies import Policies
from services.claims.settlements.reading_repository import Filter, Revision
from services.claims.settlements.record import Settlement
from services.claims.settlements.schemas import (
    ExplanationReply,
    PayerShare,
    PolicyRef,
    RevisionReply,
    Revisions,
)
from services.claims.settlements.statement import Statement, compose
from shared import audit
from shared.auth import Caller
from shared.clock import SHANGHAI
from shared.db import raw
from shared.money import format_yuan
from shared.problems import FORBIDDEN, NOT_FOUND, Problem
from shared.sensitivity import SCOPE as RESTRICTED


async def get(session: AsyncSession, settlement_id: UUID) -> Settlement:
    """One settlement; a problem when there is none that the caller may see."""
    found = await reading_repository.by_ids(await raw(session), [settlement_id])
    if not found:
        raise Problem(NOT_FOUND)
    return found[0]


async def page(
    session: AsyncSession,
    facility_code: str | None,
    first_day: date | None,
    last_day: date | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Settlement]:
    """Settlements in posting order; both days are included and are days in China."""
    only = Filter(
        facility_code,
        _midnight(first_day) if first_day else None,
        _midnight(last_day + timedelta(days=1)) if last_day else None,
    )
    return await reading_repository.page(await raw(session), only, after, limit)


async def explanation(
    session: AsyncSession,
    policies: Policies,
    caller: Caller,
    settlement_id: UUID,
    revision: int | None = None,
) -> ExplanationReply:
    """Every amount with rule, source, base and arithmetic, as it was when the revision was posted.

    Without a revision that of the current figures. Also says which layers of the pack were left out, and why.
    """
    if revision is None:
        settlement = await get(session, settlement_id)
    else:
        history = await reading_repository.revisions(await raw(session), settlement_id)
        if not 0 <= revision < len(history):
            raise Problem(NOT_FOUND)
        settlement = history[revision].settlement
    missing = await layers_left_out(await raw(session), policies, caller, settlement)
    return await explain(
        await raw(session),
        settlement_id=settlement.id,
        revision=settlement.revision,
        policy=PolicyRef(pack=settlement.policy_pack, version=settlement.policy_version),
        total_fen=settlement.total_fen,
        person_pays_fen=settlement.person_pays_fen,
        personal_share_bp=settlement.personal_share_bp,
        steps=json.loads(settlement.steps),
        left_out=missing,
        remarks=_remarks(settlement),
    )


def _remarks(settlement: Settlement) -> list[str]:
    if settlement.chronic_reason is None:
        return []
    return [f"所报门诊慢特病：{CHRONIC_REASONS[settlement.chronic_reason]}。"]


async def charges(session: AsyncSession, settlement_id: UUID) -> list[Charge]:
    """The lines of a settled bill, in the order in which they were sent."""
    return await statement_repository.charges(await raw(session), settlement_id)


async def statement(
    session: AsyncSession, policies: Policies, caller: Caller, settlement_id: UUID
) -> Statement:
    """The printable statement of a settlement. It lists every treatment, so handing it out is audited.

    Where it would show an illness of the restricted class, it is for the hospital and who may see that.
    """
    settlement = await get(session, settlement_id)
    if not may_see_illness(caller, settlement):
        raise Problem(FORBIDDEN, scope=RESTRICTED)
    connection = await raw(session)
    provider = await statement_repository.provider_name(connection, settlement.facility_code)
    charges = await statement_repository.charges(connection, settlement_id)
    steps = await complete_steps(connection, json.loads(settlement.steps))
    await audit.record(session, caller, "read settlement statement", str(settlement_id), {})
    missing = await layers_left_out(connection, policies, caller, settlement, charges)
    return compose(settlement, provider, charges, steps, [each.sentence for each in missing])


async def history(session: AsyncSession, settlement_id: UUID) -> Revisions:
    """Everything that a settlement has been, oldest first."""
    found = await reading_repository.revisions(await raw(session), settlement_id)
    if not found:
        raise Problem(NOT_FOUND)
    before = [found[0], *found[:-1]]
    return Revisions(items=[_revision(*each) for each in zip(found, before, strict=True)])


def _revision(revision: Revision, before: Revision) -> RevisionReply:
    settlement = revision.settlement
    more = settlement.person_pays_fen - before.settlement.person_pays_fen
    return RevisionReply(
        revision=settlement.revision,
        kind=revision.kind,
        recorded_at=revision.recorded_at,
        recorded_by=revision.recorded_by,
        reason=revision.reason,
        readjudication_id=revision.readjudication_id,
        categories=settlement.categories,
        policy=PolicyRef(pack=settlement.policy_pack, version=settlement.policy_version),
        total=format_yuan(settlement.total_fen),
        eligible=format_yuan(settlement.eligible_fen),
        payers=[PayerShare(payer=payer, amount=format_yuan(by)) for payer, by in settlement.payers],
        person_pays=format_yuan(settlement.person_pays_fen),
        person_difference=format_yuan(more),
        explanation=f"/v1/settlements/{settlement.id}/revisions/{settlement.revision}/explanation",
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)

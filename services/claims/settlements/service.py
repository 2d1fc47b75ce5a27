"""What can be asked about settlements."""

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.explain import sentences_of, step_sentences
from services.claims.benefits.steps import row_as_dict
from services.claims.settlements import reading_repository, statement_repository
from services.claims.settlements.reading_repository import Filter
from services.claims.settlements.record import Settlement
from services.claims.settlements.schemas import ExplanationReply, PolicyRef, SourcedStep
from services.claims.settlements.statement import Statement, compose
from shared import audit
from shared.auth import Caller
from shared.clock import SHANGHAI
from shared.db import raw
from shared.problems import NOT_FOUND, Problem


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


async def explanation(session: AsyncSession, settlement_id: UUID) -> ExplanationReply:
    """Every amount with rule, source, base and arithmetic, as it was when the settlement was posted."""
    settlement = await get(session, settlement_id)
    steps = await _steps(session, settlement)
    return ExplanationReply(
        settlement_id=settlement.id,
        policy=PolicyRef(pack=settlement.policy_pack, version=settlement.policy_version),
        total=settlement.total_fen,
        person_pays=settlement.person_pays_fen,
        steps=[_sourced(step) for step in steps],
        sentences=sentences_of(steps, settlement.person_pays_fen, settlement.personal_share_bp),
    )


async def statement(session: AsyncSession, caller: Caller, settlement_id: UUID) -> Statement:
    """The printable statement of a settlement. It lists every treatment, so handing it out is audited."""
    settlement = await get(session, settlement_id)
    connection = await raw(session)
    provider = await statement_repository.provider_name(connection, settlement.facility_code)
    charges = await statement_repository.charges(connection, settlement_id)
    steps = await _steps(session, settlement)
    await audit.record(session, caller, "read settlement statement", str(settlement_id), {})
    return compose(settlement, provider, charges, steps)


async def _steps(session: AsyncSession, settlement: Settlement) -> list[dict[str, Any]]:
    """The steps of a settlement in complete form."""
    short = json.loads(settlement.steps)
    bases = await reading_repository.bases(await raw(session), [step[0] for step in short])
    return [row_as_dict(step, bases[step[0]]) for step in short]


def _sourced(step: dict[str, Any]) -> SourcedStep:
    return SourcedStep(
        layer=step["layer"],
        payer=step["payer"],
        title=step["title"],
        amount=step["amount_fen"],
        sentences=step_sentences(step),
        detail=step,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)

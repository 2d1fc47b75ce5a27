"""Financing plans: computed, kept in every version, announced."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import problems
from services.registry.financing import repository
from services.registry.financing.rules import Financing, Terms, finance
from services.registry.financing.schemas import (
    FinancingReply,
    PlanReply,
    TermsReply,
    financing_fields,
)
from shared import versions
from shared.auth import Caller
from shared.events.registry import FinancingPlanned
from shared.ids import new_id
from shared.messaging.event_log import NewEvent, append
from shared.money import MAX_FEN
from shared.problems import Problem

_TICK = timedelta(microseconds=1)


def compute(terms: Terms) -> Financing:
    """The financing that follows from the terms; refused when it cannot be."""
    result = finance(terms)
    if result.total > MAX_FEN or result.outpatient_account > MAX_FEN:
        raise Problem(problems.PLAN_AMOUNT_TOO_LARGE, pointer="/enrolled")
    if result.pooled < 0:
        raise Problem(problems.PLAN_POOL_NEGATIVE, pointer="/outpatient_account_per_head")
    return result


def preview(terms: Terms) -> FinancingReply:
    """What a plan would come to; nothing is stored."""
    return FinancingReply(**financing_fields(terms, compute(terms)))


async def put_plan(
    session: AsyncSession,
    county_code: str,
    year: int,
    terms: Terms,
    *,
    read: int | None,
    caller: Caller,
    now: datetime,
) -> PlanReply:
    """Store a county's plan of a year as a new version and announce it; the same terms change nothing.

    Changing a plan needs the version that the change is based on.
    """
    if not caller.governs(county_code):
        raise Problem(problems.OUTSIDE_JURISDICTION, division_code=county_code)
    result = compute(terms)
    await repository.lock(session, county_code, year)
    present = await repository.find(session, county_code, year)
    if present is not None and present["terms"] == _stored(terms):
        return _reply(present)
    versions.check(present["version"] if present is not None else None, read)
    plan_id = present["plan_id"] if present is not None else new_id()
    # The request may have begun before the one that wrote the present version.
    now = max(now, present["recorded_at"] + _TICK) if present is not None else now
    row = {
        "county_code": county_code,
        "year": year,
        "version": present["version"] + 1 if present is not None else 1,
        "terms": _stored(terms),
        "enrolled": terms.enrolled,
        "due": result.due,
        "total_fen": result.total,
        "reserve_fen": result.reserve,
        "outpatient_account_fen": result.outpatient_account,
        "pooled_fen": result.pooled,
        "recorded_by": caller.subject,
    }
    await repository.add_version(session, plan_id, row, now)
    data = FinancingPlanned.model_validate({"plan_id": plan_id, **row})
    await append(session, [NewEvent(data, plan_id, county_code)], now)
    return _reply({"plan_id": plan_id, "recorded_at": now, **row})


async def get_plan(
    session: AsyncSession, county_code: str, year: int, as_known_at: datetime | None
) -> PlanReply:
    """The plan of a county and year, as it is or as it was known at an instant."""
    found = await repository.find(session, county_code, year, as_known_at)
    if found is None:
        raise Problem(problems.PLAN_NOT_FOUND)
    return _reply(found)


def _stored(terms: Terms) -> dict[str, Any]:
    # Pairs keep the order of the payers, which decides where an odd fen goes; a JSON object would not.
    return {
        "per_head_e4": [list(pair) for pair in terms.per_head_e4.items()],
        "risk_reserve_rate_bp": terms.risk_reserve_rate_bp,
        "outpatient_account_per_head_e4": terms.outpatient_account_per_head_e4,
        "enrolled": terms.enrolled,
    }


def _reply(row: Mapping[Any, Any]) -> PlanReply:
    stored = row["terms"]
    return PlanReply(
        plan_id=row["plan_id"],
        county_code=row["county_code"],
        year=row["year"],
        version=row["version"],
        terms=TermsReply(
            enrolled=row["enrolled"],
            per_head=dict(stored["per_head_e4"]),
            risk_reserve_rate=stored["risk_reserve_rate_bp"],
            outpatient_account_per_head=stored["outpatient_account_per_head_e4"],
        ),
        enrolled=row["enrolled"],
        due={payer: row["due"][payer] for payer, _ in stored["per_head_e4"]},
        total=row["total_fen"],
        reserve=row["reserve_fen"],
        usable=row["total_fen"] - row["reserve_fen"],
        outpatient_account=row["outpatient_account_fen"],
        pooled=row["pooled_fen"],
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
    )

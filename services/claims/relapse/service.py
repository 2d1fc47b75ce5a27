"""Opening relapse claims and looking at them. The edge commits."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.explain import step_sentences
from services.claims.burden import service as burden
from services.claims.problems import (
    NO_NOTICE,
    RELAPSE_CLAIM_OPEN,
    RELAPSE_COUNTY_NEEDED,
    RELAPSE_NOTHING_DUE,
    RELAPSE_PAYEE,
)
from services.claims.relapse import repository
from services.claims.relapse.payout import decide, insured_version, told
from services.claims.relapse.repository import Claim
from services.claims.relapse.rules import ALERT, PAID, governing_day
from services.claims.relapse.schemas import (
    ClaimReply,
    ClaimSummary,
    NoticeReply,
    ObjectionReply,
    OpenRequest,
    PolicyRef,
    RelapsePayout,
    RelapsePreviewRequest,
    StepReply,
)
from services.claims.settlements.policies import Policies
from shared.auth import Caller
from shared.clock import business_date
from shared.ids import new_id
from shared.money import Fen, format_yuan
from shared.problems import NOT_FOUND, Problem

COUNTY_DIGITS = 6


def preview(policies: Policies, caller: Caller, asked: RelapsePreviewRequest) -> RelapsePayout:
    """What an own payment of a year would give; reads and writes nothing."""
    county = asked.county or _only_county(caller)
    version, _ = insured_version(policies, county, asked.on)
    return told(version, decide(version, asked.household_class, asked.own_payment, asked.already_paid))


async def open_claim(
    session: AsyncSession, policies: Policies, caller: Caller, now: datetime, asked: OpenRequest
) -> ClaimReply:
    """Open a claim on what the household has paid itself in the year, if that gives anything."""
    home = await burden.home_of(session, asked.payee_id)
    if home is None or home[0] != asked.household_id:
        raise Problem(RELAPSE_PAYEE, pointer="/payee_id")
    division = home[1]
    version, insurance = insured_version(policies, division, governing_day(asked.year, business_date(now)))
    holder = asked.household_id if insurance.per == "household" else asked.payee_id
    own = await burden.own_payment(session, insurance.per, holder, asked.year)
    paid = await repository.already_paid(session, holder, asked.year)
    if not decide(version, asked.household_class, own, paid).payout_fen:
        raise nothing_due(asked.year, own, paid)
    claim = Claim(
        new_id(),
        division,
        asked.household_id,
        asked.payee_id,
        holder,
        asked.year,
        asked.household_class,
        ALERT,
        own,
        paid,
        now,
        caller.subject,
    )
    if not await repository.open_claim(session, claim):
        raise Problem(RELAPSE_CLAIM_OPEN, year=asked.year)
    details = {"own_payment": format_yuan(own), "already_paid": format_yuan(paid)}
    await repository.add_step(session, claim, "open", now, caller.subject, details)
    return await reply(session, claim)


async def awaiting_payment(session: AsyncSession, county: str, year: int) -> Fen:
    """What a county's approved claims of a year will pay, for other features."""
    return await repository.awaiting_payment(session, county, year)


async def get(session: AsyncSession, claim_id: UUID) -> ClaimReply:
    """One claim; a Problem where the caller sees none."""
    return await reply(session, await _claim(session, claim_id))


async def page(
    session: AsyncSession,
    county: str | None,
    year: int | None,
    state: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[ClaimSummary]:
    """Claims in the order in which they were opened."""
    found = await repository.page(session, county, year, state, after, limit)
    return [ClaimSummary(**_summary(claim)) for claim in found]


async def notice(session: AsyncSession, policies: Policies, claim_id: UUID) -> NoticeReply:
    """The public notice of a claim: what the village may know. A Problem before there is one."""
    claim = await _claim(session, claim_id)
    if claim.notice_name is None or claim.posted_on is None or claim.notice_over_on is None:
        raise Problem(NO_NOTICE)
    _, insurance = insured_version(policies, claim.division_code, governing_day(claim.year, claim.posted_on))
    class_title = insurance.class_called(claim.household_class).title
    last_day = claim.notice_over_on - timedelta(days=1)
    payout = claim.payout_fen or 0
    return NoticeReply(
        title=f"{insurance.title}拟赔付公示",
        division_code=claim.division_code,
        name=claim.notice_name,
        class_title=class_title,
        year=claim.year,
        payout=payout,
        posted_on=claim.posted_on,
        last_day=last_day,
        text=(
            f"{claim.notice_name}户（{class_title}），{claim.year}年度{insurance.title}拟赔付"
            f"{format_yuan(payout)}元。公示期{claim.posted_on}至{last_day}，有异议请在公示期内向村委会或"
            "经办机构反映。"
        ),
    )


async def reply(session: AsyncSession, claim: Claim) -> ClaimReply:
    """A claim with its reasons and its history."""
    steps = await repository.steps(session, claim.id)
    objections = await repository.objections(session, claim.id)
    return ClaimReply(
        **_summary(claim),
        sentences=step_sentences(json.loads(claim.step)) if claim.step else [],
        transfer=f"relapse_claim/{claim.id}" if claim.state == PAID else None,
        steps=[
            StepReply(
                action=step.action,
                state=step.state,
                at=step.at,
                by=step.by,
                details=json.loads(step.details),
            )
            for step in steps
        ],
        objections=[ObjectionReply(**objection._asdict()) for objection in objections],
    )


def nothing_due(year: int, own_fen: Fen, paid_fen: Fen) -> Problem:
    """The refusal of a claim that gives nothing."""
    own, paid = format_yuan(own_fen), format_yuan(paid_fen)
    return Problem(RELAPSE_NOTHING_DUE, year=year, own_payment=own, already_paid=paid)


async def _claim(session: AsyncSession, claim_id: UUID) -> Claim:
    claim = await repository.get(session, claim_id)
    if claim is None:
        raise Problem(NOT_FOUND)
    return claim


def _summary(claim: Claim) -> dict[str, Any]:
    policy = None
    if claim.policy_pack is not None and claim.policy_version is not None:
        policy = PolicyRef(pack=claim.policy_pack, version=claim.policy_version)
    names = (
        "id",
        "division_code",
        "household_id",
        "payee_id",
        "year",
        "household_class",
        "state",
        "posted_on",
        "created_at",
    )
    return {
        **{name: getattr(claim, name) for name in names},
        "own_payment_on_record": claim.recorded_fen,
        "verified_own_cost": claim.verified_fen,
        "already_paid": claim.already_paid_fen,
        "payout": claim.payout_fen,
        "policy": policy,
        "payable_from": claim.notice_over_on,
    }


def _only_county(caller: Caller) -> str:
    counties = {prefix[:COUNTY_DIGITS] for prefix in caller.jurisdiction if len(prefix) >= COUNTY_DIGITS}
    if len(counties) != 1 or len(counties) != len({prefix[:COUNTY_DIGITS] for prefix in caller.jurisdiction}):
        raise Problem(RELAPSE_COUNTY_NEEDED, pointer="/county")
    return counties.pop()

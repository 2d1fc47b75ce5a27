"""Deductions after bills behind them changed: what no bill is left for is given back, without a hearing.

A finding on a bill ends with the bill. One on a provider's whole month (the share of drugs, the average cost)
is worked out again on the bills that remain, by the rule as it was and against the peers as they were. The
deduction stands as far as that still puts money at stake and funds still paid for it; the surplus goes back
by linked reversals, and with the provider's next payment. It never becomes more: that takes a new hearing,
for which the next run finds a month again whose finding has ended.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.audit import case_repository as cases
from services.claims.audit import claim_repository as claims
from services.claims.audit import deductions, findings, repository
from services.claims.audit.case_repository import Finding
from services.claims.audit.claim_repository import Paid
from services.claims.audit.data import audit_rules
from services.claims.audit.deductions import DEDUCTED, GIVEN_BACK, VOID, total_of
from services.claims.audit.model import CostOutlier, DrugShare
from services.claims.audit.repository import Scope
from shared.money import Fen, format_yuan

REVERSED: Final = "settlement_reversed"
CORRECTED: Final = "settlement_corrected"


async def end_with_settlement(
    session: AsyncSession, subject: str, settlement_id: UUID, now: datetime
) -> None:
    """A settlement was reversed: its deductions are given back, its findings void, its month recounted."""
    await claims.lock_months(session, [settlement_id])
    for finding in await cases.open_of_settlement(session, settlement_id):
        changes: dict[str, Any] = {"state": VOID}
        if finding.state == DEDUCTED:
            changes = {"state": GIVEN_BACK, "given_back_fen": finding.deducted_fen}
            await deductions.take_back(session, finding, now)
        details = {"settlement_id": settlement_id}
        await _note(session, finding, REVERSED, changes, details, subject, now)
    await _recount(session, subject, REVERSED, [settlement_id], now)


async def after_corrections(
    session: AsyncSession, subject: str, settlement_ids: Sequence[UUID], now: datetime
) -> None:
    """Settlements were worked out anew: where funds now pay less, no more than that stays deducted."""
    if settlement_ids:
        await claims.lock_months(session, settlement_ids)
        await _recount(session, subject, CORRECTED, settlement_ids, now)


async def left_for(session: AsyncSession, finding: Finding) -> list[Paid]:
    """What may be deducted for a finding, by fund (``deductions.left_for``)."""
    month = finding.facility_code, finding.county_code, finding.month
    of_bill = None
    if finding.settlement_id is not None:
        of_bill = await claims.paid_of(session, finding.settlement_id)
    in_month, taken = await claims.paid_in(session, *month), await claims.taken_in(session, *month)
    return deductions.left_for(finding, of_bill, in_month, taken)


async def at_stake(session: AsyncSession, finding: Finding) -> Fen | None:
    """What a finding on a whole month puts at stake on the bills that stand; ``None`` for one on a bill."""
    if finding.settlement_id is not None:
        return None
    rule = audit_rules().known(finding.rule, finding.rule_valid_from)
    if not isinstance(rule, DrugShare | CostOutlier):
        return finding.at_stake_fen
    scope = Scope.of_month(finding.county_code, finding.month)
    months = await repository.providers(session, scope, rule, finding.facility_code)
    return findings.again(rule, finding.month, months, json.loads(finding.arithmetic))


async def _recount(
    session: AsyncSession, subject: str, action: str, settlement_ids: Sequence[UUID], now: datetime
) -> None:
    for finding in await claims.affected(session, settlement_ids):
        month = finding.facility_code, finding.county_code, finding.month
        own = [each.paid for each in await claims.taken_in(session, *month) if each.finding_id == finding.id]
        stake = await at_stake(session, finding)
        parts = deductions.kept(own, await left_for(session, finding), stake)
        if parts is own:
            continue
        await deductions.take_back(session, finding, now)
        await deductions.book(session, finding, parts, now)
        keeps = total_of(parts)
        changes = {
            "given_back_fen": (finding.deducted_fen or 0) - keeps,
            "state": DEDUCTED if keeps else GIVEN_BACK,
        }
        details = {
            "settlement_id": settlement_ids[0] if len(settlement_ids) == 1 else None,
            "at_stake": None if stake is None else format_yuan(stake),
            "given_back": format_yuan(total_of(own) - keeps),
            "kept": format_yuan(keeps),
            "funds": shown(parts),
        }
        await _note(session, finding, action, changes, details, subject, now)


def shown(parts: Sequence[Paid]) -> list[dict[str, str | int]]:
    """Shares of funds as they stand in a finding's history."""
    return [
        {"payer": each.payer, "year": each.year, "amount": format_yuan(each.amount_fen)} for each in parts
    ]


async def _note(
    session: AsyncSession,
    finding: Finding,
    action: str,
    changes: Mapping[str, Any],
    details: Mapping[str, Any],
    subject: str,
    now: datetime,
) -> None:
    await cases.change(session, finding.id, changes)
    await cases.add_step(session, finding._replace(**changes), action, now, subject, details)

"""Running the audit of a month, and reading runs and findings. The edge commits."""

import json
from collections import Counter
from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.audit import case_repository as cases
from services.claims.audit import findings, repository
from services.claims.audit.case_repository import Finding, Run, Wanted
from services.claims.audit.data import audit_rules
from services.claims.audit.deductions import DEDUCTED, GIVEN_BACK, reference_of
from services.claims.audit.model import (
    AnyRule,
    AuditRules,
    DayLimits,
    DrugShare,
    Duplicates,
    Found,
    PatientFit,
    PriceLimits,
)
from services.claims.audit.problems import AUDIT_TOO_LARGE, MONTH_NOT_OVER
from services.claims.audit.repository import MAX_ROWS, Scope
from services.claims.audit.schemas import FindingReply, FindingSummary, RuleReply, RunReply, StepReply
from services.claims.problems import OUTSIDE_JURISDICTION
from shared.auth import Caller
from shared.clock import business_date
from shared.ids import new_id
from shared.problems import NOT_FOUND, Problem


async def run(
    session: AsyncSession,
    caller: Caller,
    now: datetime,
    county_code: str,
    month: str,
    rules: AuditRules | None = None,
) -> RunReply:
    """Apply the rules of a month to its settlements; what an earlier run has found is not found again.

    Unless it is a provider's month whose deduction was given back because bills were taken back.
    Refused for a month that is not over, and for another county.
    """
    if not caller.governs(county_code):
        raise Problem(OUTSIDE_JURISDICTION, pointer="/county", division_code=county_code)
    first = date.fromisoformat(f"{month}-01")
    scope = Scope.of_month(county_code, first)
    if business_date(now) < scope.end_day:
        raise Problem(MONTH_NOT_OVER, pointer="/month", month=month)
    found = [
        each for rule in (rules or audit_rules()).on(first) for each in await _find(session, scope, rule)
    ]
    run_id, ended = new_id(), await cases.ended(session, county_code, first)
    added = await cases.add(
        session, [_row(_afresh(each, ended), run_id, county_code, first, now) for each in found]
    )
    by_rule = dict(sorted(Counter(each.rule.id for each in found).items()))
    looked_at = await repository.count(session, scope)
    made = Run(
        run_id, county_code, first, now, caller.subject, looked_at, len(found), added, json.dumps(by_rule)
    )
    await cases.add_run(session, made)
    return run_reply(made)


async def _find(session: AsyncSession, scope: Scope, rule: AnyRule) -> list[Found]:
    if isinstance(rule, PatientFit):
        patients = await repository.patients(session, scope, rule)
        _bounded(rule, len(patients))
        return findings.misfits(rule, patients)
    if isinstance(rule, Duplicates | PriceLimits | DayLimits):
        lines = await repository.lines(session, scope, rule)
        _bounded(rule, len(lines))
        if isinstance(rule, PriceLimits):
            return findings.prices(rule, lines)
        if isinstance(rule, DayLimits):
            return findings.quantities(rule, lines)
        same_visit = rule.kind == "duplicate_same_visit"
        return findings.repeated_lines(rule, lines) if same_visit else findings.repeated_days(rule, lines)
    providers = await repository.providers(session, scope, rule)
    if isinstance(rule, DrugShare):
        return findings.drug_shares(rule, scope.first_day, providers)
    return findings.outliers(rule, scope.first_day, providers)


def _afresh(found: Found, ended: Collection[str]) -> Found:
    """A provider's month is found again where what was found before has ended with bills taken back."""
    name, time = found.fingerprint, 1
    while name in ended:
        time += 1
        name = f"{found.fingerprint}/{time}"
    return found._replace(fingerprint=name)


def _bounded(rule: AnyRule, rows: int) -> None:
    if rows > MAX_ROWS:
        raise Problem(AUDIT_TOO_LARGE, rule=rule.id, limit=MAX_ROWS)


def _row(found: Found, run_id: UUID, county_code: str, month: date, now: datetime) -> dict[str, Any]:
    rule = found.rule
    return {
        **{name: getattr(rule, name) for name in ("kind", "title", "source", "clause", "verified")},
        "id": new_id(),
        "run_id": run_id,
        "county_code": county_code,
        "facility_code": found.facility_code,
        "month": month,
        "rule": rule.id,
        "rule_valid_from": rule.valid_from,
        "settlement_id": found.settlement_id,
        "line_nos": list(found.line_nos),
        "fingerprint": found.fingerprint,
        "at_stake_fen": found.at_stake_fen,
        "text": found.text,
        "arithmetic": found.arithmetic,
        "found_at": now.isoformat(),
        "state": "found",
    }


def rules_in_force(on: date) -> list[RuleReply]:
    """The rules that apply to the month of a day."""
    names = RuleReply.model_fields
    return [
        RuleReply(**{name: getattr(rule, name) for name in names})
        for rule in audit_rules().on(on.replace(day=1))
    ]


async def runs(session: AsyncSession, county: str | None, before: UUID | None, limit: int) -> list[RunReply]:
    """Runs, the newest first."""
    return [run_reply(each) for each in await cases.runs(session, county, before, limit)]


async def page(session: AsyncSession, wanted: Wanted, after: UUID | None, limit: int) -> list[FindingSummary]:
    """Findings in the order in which they were found."""
    return [FindingSummary(**_summary(each)) for each in await cases.page(session, wanted, after, limit)]


async def get(session: AsyncSession, caller: Caller, finding_id: UUID) -> FindingReply:
    """One finding; a Problem where the caller sees none. A provider sees it from the notice on."""
    finding = await cases.get(session, finding_id)
    if finding is None or (caller.facility is not None and finding.notified_by is None):
        raise Problem(NOT_FOUND)
    return await reply(session, finding)


async def reply(session: AsyncSession, finding: Finding) -> FindingReply:
    """A finding with its history."""
    steps = [
        StepReply(
            action=step.action, state=step.state, at=step.at, by=step.by, details=json.loads(step.details)
        )
        for step in await cases.steps(session, finding.id)
    ]
    booked = finding.state in (DEDUCTED, GIVEN_BACK)
    return FindingReply(
        **_summary(finding),
        hearing_wanted=finding.hearing_wanted,
        heard_on=finding.heard_on,
        steps=steps,
        transfer=reference_of(finding.id) if booked else None,
    )


def run_reply(made: Run) -> RunReply:
    """A run as it is shown."""
    return RunReply(
        id=made.id,
        county=made.county_code,
        month=f"{made.month:%Y-%m}",
        run_at=made.run_at,
        run_by=made.run_by,
        settlements=made.settlements,
        found=made.found,
        added=made.added,
        by_rule=json.loads(made.by_rule),
    )


def _summary(finding: Finding) -> dict[str, Any]:
    kept = (
        *("id", "facility_code", "rule", "rule_valid_from", "kind", "title", "source", "clause", "verified"),
        *("settlement_id", "line_nos", "text", "found_at", "state", "statement_due"),
    )
    return {
        **{name: getattr(finding, name) for name in kept},
        "county": finding.county_code,
        "month": f"{finding.month:%Y-%m}",
        "at_stake": finding.at_stake_fen,
        "arithmetic": json.loads(finding.arithmetic),
        "deducted": finding.deducted_fen,
        "given_back": finding.given_back_fen,
    }

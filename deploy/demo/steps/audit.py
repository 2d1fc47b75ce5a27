"""The audit of a month, and one finding taken through notice, defence and decision to a deduction.

Going by the state in which the finding is found, so that a second run of the demonstration finds it decided.
"""

import time
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from deploy.demo.api import Api
from deploy.demo.model import COUNTY_CODE, YEAR
from deploy.demo.replies import Amount, Settlement
from shared.money import Fen, format_yuan

MONTH = f"{YEAR}-06"
PAGE = 200
_FINDINGS = "/v1/audit-findings"
_AGENCY, _APPROVER = "agency", "agency_approver"


class Rule(BaseModel):
    """One rule of the audit."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    title: str
    clause: str


class Run(BaseModel):
    """What a run found."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    settlements: int
    found: int
    added: int
    by_rule: dict[str, int]


class Step(BaseModel):
    """What was done to a finding."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    action: str
    by: str
    details: dict[str, Any]


class Finding(BaseModel):
    """One finding; the last two only when it is read by itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    facility_code: str
    rule: str
    title: str
    settlement_id: str | None
    at_stake: Amount
    text: str
    state: str
    statement_due: date | None
    deducted: Amount | None
    steps: list[Step] = []
    transfer: str | None = None


class Audited(NamedTuple):
    """The run, the rules, and the finding that came to a deduction, if there is one."""

    run: Run
    rules: list[Rule]
    finding: Finding | None


async def run(api: Api) -> Audited:
    """Audit a month; take the finding with the most at stake on a settlement to a deduction."""
    body = {"county": COUNTY_CODE, "month": MONTH}
    key = f"demo-audit-{time.time_ns()}"
    made = await api.post("claims", "/v1/audit-runs", _AGENCY, json=body, key=key)
    rules = await api.get("claims", "/v1/audit-rules", _AGENCY, on=f"{MONTH}-01")
    finding = await _chosen(api)
    if finding is not None:
        finding = await _through(api, finding)
    return Audited(Run.model_validate(made.body), [Rule.model_validate(each) for each in rules.body], finding)


async def _chosen(api: Api) -> Finding | None:
    asked: dict[str, str | int] = {"county": COUNTY_CODE, "month": MONTH, "limit": PAGE}
    answer = await api.get("claims", _FINDINGS, _AGENCY, **asked)
    found = [Finding.model_validate(item) for item in answer.body["items"]]
    return choose([each for each in found if each.settlement_id is not None])


def choose(found: Sequence[Finding]) -> Finding | None:
    """The finding that an earlier run began with, else the one with the most at stake."""
    begun = [each for each in found if each.state in ("deducted", "stated", "notified")]
    fresh = [each for each in found if each.state == "found"]
    return next(iter(begun or sorted(fresh, key=lambda each: (-each.at_stake, each.id))), None)


async def _through(api: Api, finding: Finding) -> Finding:
    hospital = f"hospital:{finding.facility_code}"
    if finding.state == "found":
        finding = await _act(api, finding, "notify", _AGENCY, {"note": "请核对费用明细并说明情况"})
    if finding.state == "notified":
        words = {"statement": "经核对，该项费用录入有误，同意扣减"}
        finding = await _act(api, finding, "state", hospital, words)
    if finding.state == "stated":
        amount = await _at_most(api, finding)
        body = {"decision": "deduct", "amount": format_yuan(amount), "reason": "申辩确认多收，按规则扣减"}
        finding = await _act(api, finding, "decide", _APPROVER, body)
    answer = await api.get("claims", f"{_FINDINGS}/{finding.id}", hospital)
    return Finding.model_validate(answer.body)


async def _at_most(api: Api, finding: Finding) -> Fen:
    """What is at stake, as far as funds paid for it."""
    answer = await api.get("claims", f"/v1/settlements/{finding.settlement_id}", _AGENCY)
    payers = Settlement.model_validate(answer.body).payers
    return min(finding.at_stake, sum(each.amount for each in payers if each.payer != "provider"))


async def _act(api: Api, finding: Finding, action: str, role: str, body: dict[str, Any]) -> Finding:
    path, key = f"{_FINDINGS}/{finding.id}:{action}", f"demo-audit-{finding.id}-{action}"
    return Finding.model_validate((await api.post("claims", path, role, json=body, key=key)).body)

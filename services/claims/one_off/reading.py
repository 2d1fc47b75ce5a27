"""Batches of one-off aid as they are shown."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.explain import step_sentences
from services.claims.benefits.steps import basis_as_dict, row_as_dict, step_as_row
from services.claims.one_off import repository
from services.claims.one_off.problems import OF_LINES
from services.claims.one_off.repository import Batch, Line
from services.claims.one_off.rules import Entitled, Judged, Refusal
from services.claims.one_off.schemas import (
    BatchHead,
    BatchPreview,
    BatchReply,
    BatchRequest,
    LineRefusal,
    LineReply,
    RefusalCount,
    TierTotal,
)
from shared.auth import Caller
from shared.money import Fen
from shared.problems import NOT_FOUND, Problem
from shared.sensitivity import HIDDEN, any_restricted, sees_restricted

Bases = Mapping[str, Mapping[str, Any]]


def line_of(judged: Judged) -> Line:
    """A judged line as it is stored: the step in its short form, the refusal by code."""
    applied, outcome = judged
    head = (applied.id_number_masked, applied.diagnosed_on, list(applied.diagnoses))
    if isinstance(outcome, Refusal):
        params = json.dumps(outcome.params, ensure_ascii=False)
        nothing = (None,) * 5
        return Line(applied.line_no, None, *head, 0, *nothing, outcome.spec.code, params)
    step = outcome.decision.step
    return Line(
        applied.line_no,
        outcome.insured.person_id,
        *head,
        outcome.decision.amount_fen,
        step.payer,
        outcome.version.pack,
        outcome.version.version,
        outcome.decision.tier,
        json.dumps(step_as_row(step)),
        None,
        "{}",
    )


def preview_of(asked: BatchRequest, judged: Sequence[Judged], caller: Caller) -> BatchPreview:
    """The outcome of lines that are not stored."""
    lines = [line_of(each) for each in judged]
    bases = {
        each.outcome.decision.step.basis.id: basis_as_dict(each.outcome.decision.step.basis)
        for each in judged
        if isinstance(each.outcome, Entitled)
    }
    by_rule: dict[str, list[Fen]] = {}
    for line in lines:
        if line.rule is not None:
            by_rule.setdefault(line.rule, []).append(line.amount_fen)
    refused = Counter(line.refusal for line in lines if line.refusal is not None)
    return BatchPreview(
        lines=len(lines),
        accepted=sum(map(len, by_rule.values())),
        total=sum(line.amount_fen for line in lines),
        **_figures(
            ((rule, len(each), sum(each)) for rule, each in sorted(by_rule.items())),
            sorted(refused.items()),
            asked.declared.people if asked.declared else None,
            asked.declared.total if asked.declared else None,
        ),
        items=[_line(line, bases, caller) for line in lines],
    )


async def reply(session: AsyncSession, batch: Batch) -> BatchReply:
    """A batch with its figures."""
    tiers = await repository.tiers(session, batch.id)
    refusals = await repository.refusals(session, batch.id)
    figures = _figures(tiers, refusals, batch.declared_people, batch.declared_fen)
    return BatchReply(**_head(batch), **figures)


async def get(session: AsyncSession, batch_id: UUID) -> BatchReply:
    """One batch; a Problem where the caller sees none."""
    return await reply(session, await _batch(session, batch_id))


async def page(
    session: AsyncSession,
    county: str | None,
    year: int | None,
    state: str | None,
    after: UUID | None,
    limit: int,
) -> list[BatchHead]:
    """Batches in the order in which they were prepared."""
    found = await repository.page(session, county, year, state, after, limit)
    return [BatchHead(**_head(batch)) for batch in found]


async def lines(
    session: AsyncSession, caller: Caller, batch_id: UUID, after: int, accepted: bool | None, limit: int
) -> list[LineReply]:
    """Lines of a batch in order; an illness of the restricted class is shown to who may see it."""
    batch = await _batch(session, batch_id)
    bases = json.loads(batch.bases)
    found = await repository.lines(session, batch_id, after, accepted, limit)
    return [_line(line, bases, caller) for line in found]


def _line(line: Line, bases: Bases, caller: Caller) -> LineReply:
    row = json.loads(line.step) if line.step is not None else None
    step = row_as_dict(row, bases[row[0]]) if row is not None else None
    refusal = _refusal(line)
    diagnoses = line.diagnoses
    if any_restricted(diagnoses) and not sees_restricted(caller):
        diagnoses, step = [HIDDEN], None
        if refusal is not None and "diagnoses" in json.loads(line.refusal_params):
            refusal = _refusal(line._replace(refusal_params=json.dumps({"diagnoses": HIDDEN})))
    return LineReply(
        line=line.line_no,
        person_id=line.person_id,
        id_number=line.id_number_masked,
        diagnosed_on=line.diagnosed_on,
        diagnoses=diagnoses,
        amount=line.amount_fen,
        payer=line.payer,
        policy_pack=line.policy_pack,
        policy_version=line.policy_version,
        rule=line.rule,
        sentences=step_sentences(step) if step is not None else [],
        detail=step,
        refusal=refusal,
    )


def _refusal(line: Line) -> LineRefusal | None:
    if line.refusal is None:
        return None
    spec, params = OF_LINES[line.refusal], json.loads(line.refusal_params)
    return LineRefusal(code=spec.code, zh=spec.zh.format(**params), en=spec.en.format(**params))


def _figures(
    tiers: Iterable[tuple[str, int, Fen]],
    refusals: Iterable[tuple[str, int]],
    declared_people: int | None,
    declared_fen: Fen | None,
) -> dict[str, Any]:
    by_tier = [TierTotal(rule=rule, people=people, amount=amount) for rule, people, amount in tiers]
    refused = [RefusalCount(code=code, lines=count) for code, count in refusals]
    accepted = (sum(tier.people for tier in by_tier), sum(tier.amount for tier in by_tier))
    return {
        "tiers": by_tier,
        "refusals": refused,
        "refused": sum(each.lines for each in refused),
        "declared_people": declared_people,
        "declared_total": declared_fen,
        "differs_from_declared": declared_people is not None and accepted != (declared_people, declared_fen),
    }


def _head(batch: Batch) -> dict[str, Any]:
    kept = ("id", "year", "title", "state", "lines", "accepted", "prepared_by", "prepared_at")
    decided = ("decided_by", "decided_at", "reason")
    return {
        **{name: getattr(batch, name) for name in (*kept, *decided)},
        "county": batch.division_code,
        "total": batch.total_fen,
    }


async def _batch(session: AsyncSession, batch_id: UUID) -> Batch:
    batch = await repository.get(session, batch_id)
    if batch is None:
        raise Problem(NOT_FOUND)
    return batch

"""From years worked out anew to proposals and corrections: rows only. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from services.claims.readjudication.core import Line, digest_of
from services.claims.readjudication.loading import Result
from services.claims.settlements.correcting import Correction
from services.claims.settlements.record import Settlement
from shared.money import Fen

AUTOMATIC: Final = "automatic"
PROPOSED, POSTED, REJECTED, STALE = "proposed", "posted", "rejected", "stale"


class Filed(NamedTuple):
    """A year with something to post or to decide, under the id of its proposal."""

    id: UUID
    result: Result
    lines: list[Line]
    reason: str
    difference_fen: Fen
    flagged: bool
    posts_itself: bool


def file(id_: UUID, result: Result, reason: str, limit_fen: Fen, *, automatic: bool) -> Filed | None:
    """The year as a proposal; ``None`` where nothing differs and nothing is flagged."""
    lines = [line for line in result.lines if line.changed or line.flag]
    if not lines:
        return None
    difference = sum(line.difference_fen for line in lines)
    flagged = any(line.flag for line in lines)
    posts_itself = automatic and not flagged and difference <= limit_fen
    return Filed(id_, result, lines, reason, difference, flagged, posts_itself)


def corrections(filed: Iterable[Filed], recorded_by: str) -> list[Correction]:
    """What posting these proposals writes."""
    return [
        Correction(line.before, line.after, line.moved, each.reason, recorded_by, each.id)
        for each in filed
        for line in each.lines
        if line.changed
    ]


def proposal_row(filed: Filed, limit_fen: Fen, now: datetime, subject: str) -> tuple[Any, ...]:
    """The row of a proposal, decided already when it posts itself."""
    year = filed.result.year
    state, decided = (POSTED, (now, AUTOMATIC)) if filed.posts_itself else (PROPOSED, (None, None))
    return (
        filed.id,
        year.person_id,
        year.year,
        year.insured.division_code,
        state,
        filed.reason,
        filed.posts_itself,
        filed.flagged,
        filed.difference_fen,
        limit_fen,
        filed.result.last_posting_no,
        # Nobody will approve what is posted already.
        b"" if filed.posts_itself else digest_of(filed.result.lines),
        now,
        subject,
        *decided,
    )


def line_rows(filed: Filed) -> list[tuple[Any, ...]]:
    """The rows of its lines. What is posted at once is explained by its revision, the rest here."""
    division = filed.result.year.insured.division_code
    return [
        (filed.id, no, line.before.id, division, *_line_row(line, explained=not filed.posts_itself))
        for no, line in enumerate(filed.lines, 1)
    ]


def _line_row(line: Line, *, explained: bool) -> tuple[Any, ...]:
    before, after = line.before, line.after
    payers, was, will = compared(before, after)
    return (
        before.facility_code,
        before.visit_no,
        before.discharged_on,
        before.revision,
        line.flag,
        before.categories,
        after.categories,
        policy_text(before),
        policy_text(after),
        payers,
        was,
        will,
        before.person_pays_fen,
        after.person_pays_fen,
        after.personal_share_bp,
        after.steps if explained else None,
    )


def compared(before: Settlement, after: Settlement) -> tuple[list[str], list[Fen], list[Fen]]:
    """Every payer of either, in order, with what it paid and what it is to pay."""
    old, new = dict(before.payers), dict(after.payers)
    payers: Sequence[str] = list(dict.fromkeys((*new, *old)))
    return list(payers), [old.get(name, 0) for name in payers], [new.get(name, 0) for name in payers]


def policy_text(settlement: Settlement) -> str:
    """Pack and version in one word: ``sample-county@2026-01-01``."""
    return f"{settlement.policy_pack}@{settlement.policy_version}"

"""Every call of every client and what came of it, in Jepsen's terms: ok, fail or info."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """``info`` may or may not have happened: it is never counted as failed and never sent under a new key."""

    OK = "ok"
    FAIL = "fail"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call: its outcome, and the reply if there was one. ``reason`` says why it is info."""

    outcome: Outcome
    status: int
    body: bytes
    replayed: bool
    reason: str
    seconds: float


@dataclass(slots=True)
class Operation:
    """One thing that a client wants done once. Every attempt carries the same key and the same bytes."""

    kind: str
    service: str
    path: str
    role: str
    key: str
    body: bytes
    media_type: str = "application/json"
    query: dict[str, str] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()
    """What it is about, for the checks: visits, serials, people."""
    must_fail: bool = False
    made: str = ""
    """The field of the answer that names what came of it, where that is known only then."""
    refusals: tuple[str, ...] = ()
    """Codes with which it may rightly be refused, because of what others do at the same time."""
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """What is known so far: the last attempt that was answered decides."""
        return self.answer.outcome if self.answer else Outcome.INFO

    @property
    def answer(self) -> Attempt | None:
        """The last attempt that was answered for good."""
        return next((each for each in reversed(self.attempts) if each.outcome != Outcome.INFO), None)

    @property
    def named(self) -> tuple[str, ...]:
        """What it was about, or what came of it."""
        if not self.made:
            return self.subjects
        assert self.answer is not None
        return (str(json.loads(self.answer.body)[self.made]),)

    @property
    def ended_rightly(self) -> bool:
        """Whether it was done, or refused as it should or may be."""
        if self.answer is None or self.outcome == Outcome.OK:
            return self.answer is not None and not self.must_fail
        return self.must_fail or self.rightly_refused(self.answer)

    def rightly_refused(self, answer: Attempt) -> bool:
        """Whether this is a refusal that others may bring about."""
        return any(code.encode() in answer.body for code in self.refusals)

    @property
    def answers(self) -> list[Attempt]:
        """All attempts that were answered for good."""
        return [each for each in self.attempts if each.outcome != Outcome.INFO]


class History:
    """All operations of a run."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.began_at = time.monotonic()

    def add(self, operation: Operation) -> Operation:
        """Remember an operation before its first attempt."""
        self.operations.append(operation)
        return operation

    def of(self, *kinds: str) -> list[Operation]:
        """The operations of some kinds, in the order in which they began."""
        return [each for each in self.operations if each.kind in kinds]

    def unresolved(self) -> list[Operation]:
        """Operations that nobody knows the outcome of yet."""
        return [each for each in self.operations if each.outcome == Outcome.INFO]

    def calls(self) -> Counter[str]:
        """Calls by outcome."""
        return Counter(str(attempt.outcome) for attempt in self._attempts())

    def infos(self) -> Counter[str]:
        """Why calls were left open."""
        return Counter(attempt.reason for attempt in self._attempts() if attempt.outcome == Outcome.INFO)

    def _attempts(self) -> Iterable[Attempt]:
        return (attempt for operation in self.operations for attempt in operation.attempts)

    def summary(self) -> dict[str, Any]:
        """Figures for the report."""
        return {
            "operations": dict(Counter(each.kind for each in self.operations)),
            "calls": dict(self.calls()),
            "info because of": dict(self.infos().most_common()),
        }

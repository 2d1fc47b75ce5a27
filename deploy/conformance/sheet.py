"""The pass/fail table: every check is a row, in the order in which it was played."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.conformance.link import NoReply, Reply, accepted

PASSED: Final = "通过"
FAILED: Final = "不通过"
SKIPPED: Final = "未执行"


class Mismatch(Exception):
    """The installation answered something else than the interface asks for."""


class Over(Exception):
    """What follows in this part depends on a check that failed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One check."""

    part: str
    infno: str
    title: str
    result: str
    found: str = ""


@dataclass
class Sheet:
    """All rows of a run."""

    rows: list[Row] = field(default_factory=list)
    part: str = ""

    @contextmanager
    def check(self, infno: str, title: str, *, needed: bool = False) -> Iterator[None]:
        """A row that passes unless its block finds a mismatch; ``needed``: the part ends when it fails."""
        try:
            yield
        except (Mismatch, NoReply) as error:
            self.rows.append(Row(self.part, infno, title, FAILED, str(error)))
            if needed:
                raise Over from error
        else:
            self.rows.append(Row(self.part, infno, title, PASSED))

    def skip(self, why: str) -> None:
        """The rest of a part was not played."""
        self.rows.append(Row(self.part, "", "其余检查", SKIPPED, why))

    @property
    def failed(self) -> int:
        """How many rows did not pass; what was not played did not pass either."""
        return sum(row.result != PASSED for row in self.rows)


def output(reply: Reply) -> dict[str, Any]:
    """The output of a message that has to be accepted."""
    if not accepted(reply):
        raise Mismatch(f"应受理，却被拒绝：{reply.get('err_msg')}")
    found = reply.get("output")
    if not isinstance(found, dict):
        raise Mismatch("应答没有 output")
    return found


def refused(reply: Reply) -> str:
    """The reason of a message that has to be refused: it must not be empty."""
    if accepted(reply):
        raise Mismatch("应拒绝，却被受理")
    reason = str(reply.get("err_msg") or "")
    if not reason:
        raise Mismatch("拒绝时 err_msg 为空")
    return reason


def same(what: str, found: Any, expected: Any) -> None:
    """Found is what was expected."""
    if found != expected:
        raise Mismatch(f"{what}：应为 {expected}，实为 {found}")

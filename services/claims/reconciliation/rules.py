"""Comparing what a hospital says it settled with what we have (对总账 3201, 对明细账 3202). Pure.

A settlement is compared as it was settled, a reversal with the amounts that it took back: those are the
figures which both sides were told. Differences come in a stable order, each with what to do about it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from shared.money import Fen, format_yuan


class Amounts(NamedTuple):
    """The three amounts that both sides know: the bill, what funds pay of it, the personal account's part."""

    total_fen: Fen
    fund_fen: Fen
    account_fen: Fen = 0


class Totals(NamedTuple):
    """How many settlements (or reversals), and their sums."""

    number: int
    amounts: Amounts


class Theirs(NamedTuple):
    """A line of the hospital's list. It names our settlement, or its own visit number, or both."""

    refund: bool
    settlement_id: str | None
    visit_no: str | None
    amounts: Amounts
    message_id: str | None = None
    """The message with which the hospital sent it, for whoever looks into a difference."""


class Ours(NamedTuple):
    """A settlement of ours (or, with ``refund``, a reversal), and the day in China on which it was made."""

    refund: bool
    settlement_id: str
    visit_no: str
    amounts: Amounts
    day: date


class Kind(StrEnum):
    """What is different."""

    COUNT = "count"
    AMOUNT = "amount"
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT_DIFFERS = "amount_differs"
    REVERSED_HERE = "reversed_here"
    REVERSED_THERE = "reversed_there"
    OTHER_DAY = "other_day"
    REPEATED_THERE = "repeated_there"


class Difference(NamedTuple):
    """One difference. ``theirs`` and ``ours`` are amounts where that side has the line, counts in totals."""

    kind: Kind
    refund: bool
    settlement_id: str | None = None
    visit_no: str | None = None
    message_id: str | None = None
    theirs: Amounts | None = None
    ours: Amounts | None = None
    theirs_count: int | None = None
    ours_count: int | None = None
    day: date | None = None

    def told(self) -> tuple[str, str]:
        """What is different and what to do, in Chinese and English."""
        words = _TOTALS if self.settlement_id is None and self.visit_no is None else _LINES
        zh, en = words[self.kind]
        values = self._words()
        return zh.format(**values), en.format(**values)

    def _words(self) -> dict[str, object]:
        what = ("退费", "reversals") if self.refund else ("结算", "settlements")
        return {
            "what_zh": what[0],
            "what_en": what[1],
            "theirs_count": self.theirs_count,
            "ours_count": self.ours_count,
            "theirs": _written(self.theirs),
            "ours": _written(self.ours),
            "day": self.day,
        }


_TOTALS: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.COUNT: (
        "{what_zh}笔数不符：医院 {theirs_count} 笔，中心 {ours_count} 笔；请核对明细账",
        "Number of {what_en} differs: {theirs_count} there, {ours_count} here; compare the details",
    ),
    Kind.AMOUNT: (
        "{what_zh}金额不符（总费用/基金支付/个人账户）：医院 {theirs}，中心 {ours}；请核对明细账",
        "Amounts of {what_en} differ (total/funds/account): {theirs} there, {ours} here; compare the details",
    ),
}
_LINES: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.MISSING_HERE: (
        "医院有、中心无：请用原就诊号和原内容重新上传结算；若患者未离院或已全额退费，请在医院系统中作废",
        "Only at the hospital: send the settlement again under its visit number with the same content, or"
        " void it there if the patient was refunded",
    ),
    Kind.MISSING_THERE: (
        "中心有、医院无：请按结算编号查询并补记；若医院未完成收费，请发起冲正或撤销结算",
        "Only here: look the settlement up by its id and record it, or reverse it if the hospital never"
        " finished it",
    ),
    Kind.AMOUNT_DIFFERS: (
        "金额不符（总费用/基金支付/个人账户）：医院 {theirs}，中心 {ours}；以中心结算单为准更正，"
        "费用确有错误的撤销后重新结算",
        "Amounts differ (total/funds/account): {theirs} there, {ours} here; correct by our statement, or"
        " reverse and settle anew if the bill was wrong",
    ),
    Kind.REVERSED_HERE: (
        "中心已撤销、医院未退费：请核对后在医院系统中退费，或重新上传结算",
        "Reversed here but not at the hospital: refund it there, or settle it anew",
    ),
    Kind.REVERSED_THERE: (
        "医院已退费、中心未撤销：请发起结算撤销（冲正），撤销前基金仍按原结算计付",
        "Refunded at the hospital but not reversed here: send the reversal; the funds owe it until then",
    ),
    Kind.OTHER_DAY: (
        "两边日期不同：中心记在 {day}；请按中心日期对账，不需重新结算",
        "Dates differ: here it belongs to {day}; reconcile it on that day, nothing is to be settled again",
    ),
    Kind.REPEATED_THERE: (
        "医院清单中重复列出：请删除重复行，患者多付的应退还",
        "Listed twice by the hospital: take the repeated line out and refund what was paid twice",
    ),
}


def compare_totals(theirs: Totals, ours: Totals, *, refunds: bool) -> list[Difference]:
    """The differences between two sums: the number, then the amounts; nothing when both are equal."""
    found = []
    if theirs.number != ours.number:
        found.append(Difference(Kind.COUNT, refunds, theirs_count=theirs.number, ours_count=ours.number))
    if theirs.amounts != ours.amounts:
        found.append(Difference(Kind.AMOUNT, refunds, theirs=theirs.amounts, ours=ours.amounts))
    return found


def compare_lines(
    theirs: Sequence[Theirs], ours: Sequence[Ours], elsewhere: Sequence[Ours] = ()
) -> list[Difference]:
    """The differences between two lists of one period.

    ``elsewhere`` are settlements and reversals of ours outside the period which the hospital names: so a line
    that is there on another day is not taken for a missing one. Each line of ours is matched once, by
    settlement id, else by visit number, there first with one of equal amounts.
    """
    here, away = _Shelf(ours), _Shelf(elsewhere)
    taken: set[tuple[bool, str]] = set()
    found: list[Difference] = []
    for line in sorted(theirs, key=lambda line: line.settlement_id is None):
        match = here.take(line)
        if match is not None:
            taken.add((match.refund, match.settlement_id))
            if match.amounts != line.amounts:
                found.append(_of(Kind.AMOUNT_DIFFERS, line, match))
            continue
        found.append(_unmatched(line, here, away))
    listed = {key for refund, key in taken if not refund}
    found += [_only_here(line, listed) for line in here.left()]
    return sorted(found, key=_place)


def unmatched(theirs: Iterable[Theirs], ours: Iterable[Ours]) -> list[Theirs]:
    """The lines of the hospital that the period does not hold: those to be looked for on other days."""
    here = _Shelf(ours)
    by_id_first = sorted(theirs, key=lambda line: line.settlement_id is None)
    return [line for line in by_id_first if here.take(line) is None]


class _Shelf:
    """Our lines, found by id or visit number; a line that was taken is gone."""

    def __init__(self, lines: Iterable[Ours]) -> None:
        self._free: dict[tuple[bool, str], Ours] = {}
        self._by_visit: dict[tuple[bool, str], list[Ours]] = defaultdict(list)
        self._known: set[tuple[bool, str]] = set()
        for line in lines:
            self._free[line.refund, line.settlement_id] = line
            self._by_visit[line.refund, line.visit_no].append(line)
            self._known |= {(line.refund, line.settlement_id), (line.refund, line.visit_no)}

    def take(self, wanted: Theirs) -> Ours | None:
        """Our line for one of theirs."""
        line = self.find(wanted)
        if line is not None:
            del self._free[line.refund, line.settlement_id]
        return line

    def find(self, wanted: Theirs) -> Ours | None:
        """The same, left where it is."""
        if wanted.settlement_id is not None:
            return self._free.get((wanted.refund, wanted.settlement_id))
        of_visit = self._by_visit.get((wanted.refund, wanted.visit_no or ""), ())
        free = [line for line in of_visit if (line.refund, line.settlement_id) in self._free]
        equal = [line for line in free if line.amounts == wanted.amounts]
        return next(iter(equal or free), None)

    def knows(self, wanted: Theirs, *, refund: bool) -> bool:
        """Whether such a line is or was here."""
        return (refund, wanted.settlement_id or wanted.visit_no or "") in self._known

    def left(self) -> list[Ours]:
        """What nobody has taken."""
        return list(self._free.values())


def _unmatched(line: Theirs, here: _Shelf, away: _Shelf) -> Difference:
    if here.knows(line, refund=line.refund):
        return _of(Kind.REPEATED_THERE, line, None)
    other = away.find(line)
    if other is not None:
        return _of(Kind.OTHER_DAY, line, other)
    if line.refund and (here.knows(line, refund=False) or away.knows(line, refund=False)):
        return _of(Kind.REVERSED_THERE, line, None)
    return _of(Kind.MISSING_HERE, line, None)


def _only_here(line: Ours, listed: set[str]) -> Difference:
    """A reversal whose settlement the hospital lists is one that it has not made."""
    kind = Kind.REVERSED_HERE if line.refund and line.settlement_id in listed else Kind.MISSING_THERE
    return Difference(kind, line.refund, line.settlement_id, line.visit_no, ours=line.amounts, day=line.day)


def _of(kind: Kind, line: Theirs, match: Ours | None) -> Difference:
    return Difference(
        kind,
        line.refund,
        match.settlement_id if match else line.settlement_id,
        match.visit_no if match else line.visit_no,
        line.message_id,
        line.amounts,
        match.amounts if match else None,
        day=match.day if match else None,
    )


def _place(difference: Difference) -> tuple[str, str, bool, str]:
    return (
        difference.visit_no or "",
        difference.settlement_id or "",
        difference.refund,
        difference.kind.value,
    )


def _written(amounts: Amounts | None) -> str:
    return "/".join(format_yuan(amount) for amount in amounts) if amounts else "—"

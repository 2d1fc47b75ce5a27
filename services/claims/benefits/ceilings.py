"""A ceiling on what the person bears, of one visit or of the year so far, and how much lies above it.

The person's ceiling is rounded down to the fen, so that the share is never above it, not even by a fraction
of a fen. Per year, two accumulators count: what the ceiling is a share of, and what the person bears. The
second goes up by what is open when the first fund looks at a visit and down with every later payment.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from services.claims.benefits.arithmetic import Operation, Value
from services.claims.benefits.bill import Bill
from services.claims.benefits.charges import COMPONENTS
from services.claims.benefits.sections import BURDEN, Row, Section, applied
from services.claims.benefits.steps import Arithmetic, Movement
from shared.money import Fen, share_down

SHARES_OF: Final = ("total", "eligible")
PERIODS: Final = ("visit", "year")

LABELS: Final = {
    "person_open": "个人尚需负担",
    "eligible_open": "尚未支付的政策范围内费用",
    "total": "总费用",
    "eligible": "政策范围内费用",
    "ceiling_bp": "个人自付比例上限",
    "covered_open": "基金可承担部分",
    "ceiling": "个人自付上限",
    "above_ceiling": "超过上限部分",
    "amount": "支付金额",
}

YEAR_LABELS: Final = {
    **LABELS,
    "whole_before": "本年此前累计费用",
    "whole_year": "本年累计费用",
    "person_before": "本年此前累计个人负担",
    "person_year": "本年累计个人负担",
}


class Above(NamedTuple):
    """What lies above the ceiling and may be taken over, with the numbers that show it."""

    base: Fen
    values: tuple[Value, ...]
    amount: Fen
    whole: Fen


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How a fund looks at a bill; ``whole_kind`` and ``person_kind`` are empty for a ceiling per visit."""

    share_of: str
    covers: tuple[int, ...]
    whole_kind: str
    person_kind: str
    titles: tuple[tuple[str, str], ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The accumulators of the year."""
        return (self.whole_kind, self.person_kind) if self.person_kind else ()

    @property
    def base_name(self) -> str:
        """What the ceiling is compared with."""
        return "person_open" if self.share_of == "total" else "eligible_open"

    def above(self, bill: Bill, ceiling_bp: int) -> Above:
        """How much of what is open lies above the ceiling and within what is covered."""
        of_total = self.share_of == "total"
        whole = bill.total_fen if of_total else bill.eligible_fen
        base = bill.person_fen if of_total else bill.open[0]
        covered = sum([bill.open[component] for component in self.covers])
        if not self.person_kind:
            above = base - share_down(whole, ceiling_bp)
            return Above(base, (whole, ceiling_bp, covered), max(0, min(above, covered)), whole)
        whole_before, person_before = bill.stored(self.whole_kind), bill.stored(self.person_kind)
        above = person_before + base - share_down(whole_before + whole, ceiling_bp)
        values = (whole, whole_before, ceiling_bp, person_before, covered)
        return Above(base, values, max(0, min(above, covered)), whole)

    def count(self, bill: Bill, above: Above, pays: Fen) -> list[Movement]:
        """Count the visit in the year once, with what the person bears after this payment."""
        if not self.person_kind or bill.carries(self.person_kind):
            return []
        whole_before, person_before = bill.stored(self.whole_kind), bill.stored(self.person_kind)
        return [
            bill.move(self.whole_kind, whole_before, above.whole),
            bill.move(self.person_kind, person_before, above.base - pays),
        ]

    def arithmetic(self, ceiling: Row) -> Arithmetic:
        """The lines that lead to what lies above the ceiling and is covered; the last yields ``amount``."""
        rules, base = (applied("ceiling_bp", ceiling),), self.base_name
        if not self.person_kind:
            names: tuple[str, ...] = (self.share_of, "ceiling_bp", "covered_open")
            return Arithmetic(names, _lines(self.share_of, base), rules, LABELS)
        names = (self.share_of, "whole_before", "ceiling_bp", "person_before", "covered_open")
        lines = (
            Operation("plus", "whole_year", ("whole_before", self.share_of)),
            Operation("plus", "person_year", ("person_before", base)),
            *_lines("whole_year", "person_year"),
        )
        shown = {"whole_before": self.whole_kind, "person_before": self.person_kind}
        return Arithmetic(names, lines, rules, {**YEAR_LABELS, **dict(self.titles)}, shown)


def _lines(whole: str, borne: str) -> tuple[Operation, ...]:
    return (
        Operation("at_rate_down", "ceiling", (whole, "ceiling_bp")),
        Operation("less", "above_ceiling", (borne, "ceiling")),
        Operation("at_most", "amount", ("above_ceiling", "covered_open")),
    )


def read_covers(section: Section) -> tuple[int, ...]:
    """Read ``covers``: which components of the bill may be taken over."""
    covers = section.raw.get("covers")
    if not isinstance(covers, list) or not covers or not set(covers) <= set(COMPONENTS):
        raise section.fail("covers", f"expected some of {', '.join(COMPONENTS)}")
    return tuple(sorted(COMPONENTS.index(name) for name in covers))


def read_ceiling(section: Section) -> Ceiling:
    """Read how a fund looks at a bill; a ceiling on the eligible cost can only cover eligible cost."""
    share_of = section.word("share_of", SHARES_OF)
    covers = read_covers(section)
    if share_of == "eligible" and covers != (0,):
        raise section.fail("covers", "a ceiling on the eligible cost covers eligible cost only")
    yearly = section.word("per", PERIODS) == "year"
    if yearly != section.has("accumulators"):
        raise section.fail(
            "accumulators", "a ceiling per year counts in accumulators, one per visit does not"
        )
    if not yearly:
        return Ceiling(share_of, covers, "", "", ())
    counted = section.section("accumulators")
    titles = (counted.accumulator("whole", "whole"), counted.accumulator(BURDEN, "person"))
    (whole, _), (person, _) = titles

    known = section.reading.year_burdens.setdefault(person, (share_of, whole))
    if known != (share_of, whole) or whole == person:
        raise section.fail("accumulators", "funds that share a yearly burden count the same in it")
    return Ceiling(share_of, covers, whole, person, titles)

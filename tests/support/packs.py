"""Random policy packs over all kinds of layers, bills, and accumulators as a year may have left them."""

from itertools import count
from typing import Any

from hypothesis import strategies as st

from services.claims.benefits.adjudicate import accumulator_kinds
from services.claims.benefits.charges import COMPONENTS
from services.claims.benefits.facts import CATEGORIES, VISIT_TYPES, Charge, Facts
from services.claims.benefits.policy import PolicyVersion
from services.claims.benefits.read import read_version
from services.claims.benefits.steps import counts_times
from shared.money import FULL_RATE_BP, format_rate, format_yuan
from tests.support.visits import charge, small_pack, visit

Data = dict[str, Any]
Case = tuple[PolicyVersion, Facts, dict[str, int]]

FEW_CATEGORIES = CATEGORIES[:3]
ITEMS = ("110200001", "250100001", "330100001")
ACCUMULATORS = {
    f"{owner}.{name}": f"{owner}{name}"
    for owner in ("basic", "critical", "aid", "further", "first", "second", "subsidy", "year")
    for name in ("deductible", "paid", "day", "own", "whole", "person", "visit_count")
} | {"fund.first": "一号基金", "fund.second": "二号基金"}

amounts = st.one_of(st.integers(0, 300), st.integers(0, 100_000), st.integers(0, 5_000_000)).map(format_yuan)


def rate_text(rate_bp: int) -> str:
    """A rate as packs write it."""
    return "1.00" if rate_bp == FULL_RATE_BP else format_rate(rate_bp)


rates = st.one_of(st.sampled_from(range(0, 10_001, 100)), st.integers(0, 10_000)).map(rate_text)

lines = st.tuples(
    st.one_of(st.integers(0, 300), st.integers(0, 300_000), st.integers(0, 20_000_000)),
    st.sampled_from("AAABC"),
    st.integers(0, 10_000),
    st.none() | st.integers(0, 10_000),
    st.sampled_from(ITEMS),
    st.sampled_from(("exam", "other")),
)


def line_of(parts: tuple[int, str, int, int | None, str, str]) -> Charge:
    """A line of the bill; the limit is a share of its own price."""
    amount, item_class, rate_bp, limit_bp, code, category = parts
    limit = None if limit_bp is None else amount * limit_bp // 100
    drawn = charge(amount, item_class, rate_bp if item_class == "B" else 0, limit)
    return drawn._replace(item_code=code, category=category)


class Drawing:
    """Draws parts of one pack; every rule gets an id of its own."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self._numbers = count()

    def rule(self, **parts: Any) -> Data:
        """A rule with its source."""
        sourced = {"id": f"r{next(self._numbers)}", "source": "notice", "clause": "第一条", "verified": False}
        return {**sourced, **parts}

    def when(self) -> Data:
        """Sometimes a condition, as the keyword of a section."""
        condition: Data = self.draw(
            st.sampled_from(
                (
                    {},
                    {},
                    {"visit_types": ["inpatient"]},
                    {"categories": [FEW_CATEGORIES[0]]},
                    {"without_categories": [FEW_CATEGORIES[1]]},
                    {"min_age": 60},
                    {"diagnoses": ["I63"]},
                )
            )
        )
        return {"when": condition} if condition else {}

    def rows(self, value: str) -> list[Data]:
        """Conditional amounts or rates; the last always holds."""
        strategy = amounts if value == "amount" else rates
        last = self.rule(**{value: self.draw(strategy)})
        if self.draw(st.booleans()):
            return [last]
        return [self.rule(**{value: self.draw(strategy)}, **self.when()), last]

    def limits(self, owner: str) -> Data:
        """Sometimes limits per visit, day and year."""
        found = [
            {"per": per, "rows": self.rows("amount"), **({} if per == "visit" else {"accumulator": name})}
            for per, name in (("visit", ""), ("day", f"{owner}.day"), ("year", self.yearly_limit(owner)))
            if self.draw(st.integers(0, 2)) == 0
        ]
        return {"limits": found} if found else {}

    def yearly_limit(self, owner: str) -> str:
        """Where a yearly limit counts; insurance and assistance, and the funds, sometimes share one."""
        shared = "year.paid" if owner in {"first", "second"} else "basic.paid"
        return self.draw(st.sampled_from((f"{owner}.paid", shared)))

    def layer(self, kind: str, payer: str, **parts: Any) -> Data:
        """The head of a layer."""
        return {"kind": kind, "payer": payer, "title": payer, "fund_pay_type": "390100", **parts}

    def tiers(self) -> Data:
        """Marginal tiers with a deductible and points."""
        ends = sorted(self.draw(st.sets(st.integers(1, 3_000_000), max_size=3)))
        bounds: list[str | None] = [*map(format_yuan, ends), None]
        rows = [self.rule(up_to=end, rate=self.draw(rates)) for end in bounds]
        return {"tiers": rows, "deductible": {"rows": self.rows("amount")}}

    def covers(self, share_of: str = "total") -> list[str]:
        """Which components a payer may take over."""
        if share_of == "eligible":
            return ["eligible"]
        return self.draw(st.lists(st.sampled_from(COMPONENTS), min_size=1, max_size=4, unique=True))


def _waiver(of: Drawing, payer: str) -> Data:
    items = [
        of.rule(title="诊疗费", item_codes=["1102"], **of.when()),
        of.rule(title="检查", charge_categories=["exam"], **of.when()),
    ]
    return of.layer("waiver", payer, **of.rule(items=items), **of.when())


def _rate(of: Drawing, owner: str) -> Data:
    per = of.draw(st.sampled_from(("none", "visit", "year", "admission")))
    points = [of.rule(points=of.draw(st.sampled_from(("+0.05", "-0.20"))), **of.when())]
    rate = {"rows": of.rows("rate"), "points": points}
    if per == "none":
        return {"rate": rate}
    rows = of.rows("amount")
    if per == "admission":
        later = [of.rule(from_admission=n, amount=of.draw(amounts), **of.when()) for n in (3, 2)]
        deductible: Data = {"rows": [*later, *rows], "accumulator": f"{owner}.visit_count"}
    else:
        deductible = {"rows": rows, **({"accumulator": f"{owner}.deductible"} if per == "year" else {})}
    return {"rate": rate, "deductible": {"per": per, **deductible}}


def _benefit(of: Drawing, owner: str, shape: str) -> Data:
    shapes: dict[str, Any] = {
        "rate": lambda: _rate(of, owner),
        "fixed": lambda: {"fixed": of.rows("amount")},
        "visit": lambda: {"tiers": {"per": "visit", **of.tiers()}},
        "year": lambda: {"tiers": {"per": "year", "accumulator": f"{owner}.own", **of.tiers()}},
    }
    return of.rule(title="待遇", **of.when(), **of.limits(owner), **shapes[shape]())


def _proportional(of: Drawing, kind: str, owner: str, shapes: tuple[str, ...]) -> Data:
    benefits = [
        _benefit(of, owner, of.draw(st.sampled_from(shapes))) for _ in range(of.draw(st.integers(1, 2)))
    ]
    return of.layer(kind, owner, benefits=benefits)


def _critical(of: Drawing) -> Data:
    head = of.rule(accumulator="critical.own", **of.tiers(), **of.limits("critical"))
    return of.layer("critical_illness", "critical", **head, **of.when())


def _carrier(of: Drawing, words: tuple[str, ...]) -> Any:
    payer = of.draw(st.sampled_from(("provider", "county_finance", *words)))
    if payer in words:
        return payer
    return of.rule(payer=payer, title=payer, fund_pay_type="390100")


def _fund(of: Drawing, owner: str, words: tuple[str, ...]) -> Data:
    share_of = of.draw(st.sampled_from(("total", "total", "eligible")))
    year = {"per": "year", "accumulators": {"whole": f"{owner}.whole", "person": f"{owner}.person"}}
    parts: Data = {
        **(year if of.draw(st.booleans()) else {"per": "visit"}),
        "share_of": share_of,
        "covers": of.covers(share_of),
        "ceilings": of.rows("rate"),
        **of.limits(owner),
        **of.when(),
    }
    if of.draw(st.booleans()):
        empty = _carrier(of, words)
        rows = of.rows("amount")
        parts["balance"] = {"accumulator": f"fund.{owner}", "rows": rows, "when_empty": empty}
    if of.draw(st.booleans()):
        parts["rest"] = _carrier(of, words)
    return of.layer("fund", owner, **of.rule(**parts))


def _subsidy(of: Drawing) -> Data:
    per_year = of.draw(st.booleans())
    counted = {"per": "person_year", "accumulator": "subsidy.paid"} if per_year else {"per": "event"}
    channels = {"channels": of.rows("amount")} if of.draw(st.booleans()) else {}
    parts = {"title": "补助", "covers": of.covers(), "amounts": of.rows("amount"), **counted, **channels}
    return of.layer("subsidy", "subsidy", subsidies=[of.rule(**parts, **of.when())])


@st.composite
def packs(draw: st.DrawFn) -> Data:
    """Plain data of a pack with any of the layers, in the usual order, without examples."""
    of = Drawing(draw)
    shapes = ("rate", "rate", "fixed", "visit", "year")
    makers: list[Any] = [
        lambda: _waiver(of, "provider"),
        lambda: _waiver(of, "programme"),
        lambda: _proportional(of, "basic_insurance", "basic", ("rate", "rate", "fixed")),
        lambda: _critical(of),
        lambda: _proportional(of, "medical_assistance", "aid", shapes),
        lambda: _proportional(of, "medical_assistance", "further", shapes),
        lambda: _fund(of, "first", ("next",)),
        lambda: _fund(of, "second", ("person",)),
        lambda: _subsidy(of),
    ]
    chosen = draw(st.sets(st.integers(0, 8), min_size=1, max_size=7))
    if 6 in chosen:
        chosen = chosen | {7}
    layers = [makers[number]() for number in sorted(chosen)]
    return small_pack(*layers, accumulators=ACCUMULATORS)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A pack, a visit, and what earlier visits of the year may have left in its accumulators."""
    version = read_version(draw(packs()))
    bill = [line_of(line) for line in draw(st.lists(lines, min_size=1, max_size=4))]
    facts = visit(
        bill,
        visit_type=draw(st.sampled_from(VISIT_TYPES[:2])),
        categories=draw(st.frozensets(st.sampled_from(FEW_CATEGORIES), max_size=2)),
        age=draw(st.sampled_from((50, 70))),
        diagnoses=draw(st.sampled_from((("I63.900",), ("C16.900",)))),
    )
    kinds = accumulator_kinds(version, facts)
    used = {kind: draw(st.integers(0, 4 if counts_times(kind) else 3_000_000)) for kind in kinds}
    return version, facts, draw(st.just(used) | st.just({}))

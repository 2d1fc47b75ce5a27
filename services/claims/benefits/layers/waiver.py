"""Items that the patient is not billed for (减免项目, DOMAIN S-33, S-34), carried by a named payer.

A line of the bill belongs to the first item of the catalogue whose condition holds and that names its code
(by prefix, as local codes extend national ones) or its charge category. Such a line leaves the bill whole,
its not eligible parts too, before any other layer looks at it.
"""

from dataclasses import dataclass

from services.claims.benefits.arithmetic import Operation
from services.claims.benefits.bill import Bill
from services.claims.benefits.charges import Split, split_charge
from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import Charge, Facts
from services.claims.benefits.policy import Gate, Layer
from services.claims.benefits.sections import Section
from services.claims.benefits.steps import Arithmetic, Basis, Rule

ALL = (0, 1, 2, 3)

ARITHMETIC = Arithmetic(
    parameters=("waived_upfront_copay", "waived_over_limit", "waived_non_covered", "person_open"),
    operations=(
        Operation("less", "waived_covered", ("waived_total", "waived_non_covered")),
        Operation("less", "waived_within_limits", ("waived_covered", "waived_over_limit")),
        Operation("less", "waived_eligible", ("waived_within_limits", "waived_upfront_copay")),
        Operation("at_most", "amount", ("waived_total", "person_open")),
    ),
    applied=(),
    labels={
        "waived_total": "减免项目费用",
        "waived_non_covered": "其中全自费",
        "waived_over_limit": "其中超限价自费",
        "waived_upfront_copay": "其中乙类先行自付",
        "waived_covered": "扣除全自费后",
        "waived_within_limits": "扣除超限价后",
        "waived_eligible": "其中政策范围内费用",
        "person_open": "全部费用",
        "amount": "减免金额",
    },
)


@dataclass(frozen=True, slots=True)
class WaivedItem:
    """One item of the catalogue."""

    basis: Basis
    condition: Condition
    codes: tuple[str, ...]
    categories: frozenset[str]

    @property
    def named(self) -> tuple[str, ...]:
        """The codes and charge categories by which the item is named."""
        return (*self.codes, *sorted(self.categories))

    def names(self, charge: Charge) -> bool:
        """Whether a line of the bill is of this item."""
        return charge.category in self.categories or charge.item_code.startswith(self.codes)


@dataclass(frozen=True, slots=True)
class WaiverLayer:
    """The catalogue and who carries it."""

    payer: str
    title: str
    fund_pay_type: str
    condition: Condition
    rule: Rule
    items: tuple[WaivedItem, ...]
    kind: str = "waiver"

    def terms(self, facts: Facts) -> "WaiverTerms | None":
        """The items that are waived for this kind of visit."""
        items = tuple(item for item in self.items if item.condition.holds(facts))
        if not items or not self.condition.holds(facts):
            return None
        codes = tuple(code for item in items for code in item.codes)
        return WaiverTerms(self.payer, items, codes, frozenset().union(*(item.categories for item in items)))

    def gates(self, facts: Facts) -> tuple[Gate, ...]:
        """The condition of the layer, or where it holds those of its items."""
        if not self.condition.holds(facts):
            return (Gate(self.title, self.rule, self.condition),)
        return tuple(Gate(item.basis.title, item.basis.rule, item.condition) for item in self.items)


@dataclass(frozen=True, slots=True)
class WaiverTerms:
    """Items of which every line is taken out of the bill."""

    payer: str
    items: tuple[WaivedItem, ...]
    codes: tuple[str, ...]
    categories: frozenset[str]
    """Beginnings of codes and charge categories of all items."""
    year_kinds: tuple[str, ...] = ()
    day_kinds: tuple[str, ...] = ()

    def finds(self, charge: Charge) -> bool:
        """Whether a line of the bill is waived."""
        return charge.category in self.categories or charge.item_code.startswith(self.codes)

    def settle(self, bill: Bill) -> None:
        """Take the lines of each item out of the bill; an item without lines leaves no step."""
        kept = [charge for charge in bill.charges if not self.finds(charge)]
        if len(kept) < len(bill.charges):
            self._waive(bill)
            bill.charges = kept

    def _waive(self, bill: Bill) -> None:
        waived: dict[int, Split] = {}
        for charge in filter(self.finds, bill.charges):
            number = next(number for number, item in enumerate(self.items) if item.names(charge))
            parts = zip(waived.get(number, NOTHING), split_charge(charge), strict=True)
            waived[number] = Split(*(a + b for a, b in parts))
        carried = 0
        for number in sorted(waived):
            taken = waived[number]
            if any(taken):
                values = (*taken[1:], bill.person_fen)
                carried += bill.waive(self.items[number].basis, taken, values)
        if carried:
            bill.paid.append((self.payer, carried))


NOTHING = Split(0, 0, 0, 0)


def read(section: Section) -> tuple[Layer, ...]:
    """Read a ``waiver`` layer with its catalogue."""
    payer, title = section.text("payer"), section.text("title")
    return (
        WaiverLayer(
            payer=payer,
            title=title,
            fund_pay_type=section.text("fund_pay_type"),
            condition=section.condition(),
            rule=section.rule(),
            items=tuple(_read_item(part, payer, title) for part in section.sections("items")),
        ),
    )


def _read_item(part: Section, payer: str, title: str) -> WaivedItem:
    codes, categories = part.texts("item_codes"), frozenset(part.texts("charge_categories"))
    if not codes and not categories:
        raise part.fail("item_codes", "an item is named by codes or by charge categories")
    item_title = f"{title}·{part.text('title')}"
    named = (codes, tuple(sorted(categories)))
    basis = Basis("waiver", payer, item_title, part.rule(), "waived_total", ARITHMETIC, ALL, *named)
    return WaivedItem(basis, part.condition(), codes, categories)

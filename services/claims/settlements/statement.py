"""The printable one-stop statement (一站式结算单): what stands on it, as plain data. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.claims.benefits.charges import split_charge
from services.claims.benefits.explain import step_sentences
from services.claims.benefits.facts import Charge
from services.claims.benefits.steps import counts_times
from services.claims.settlements.record import Settlement
from services.claims.settlements.words import CHARGES
from shared.money import Fen

StepDict = Mapping[str, Any]
OTHER_ACCOUNT = "本年累计个人负担"
"""An accumulator that a step only lowers is named by the step that counted the visit in it."""


class BillLine(NamedTuple):
    """One line of the bill and how much of it no insurance looks at."""

    charge: Charge
    own_fen: Fen


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one category of charges."""

    category: str
    lines: Sequence[BillLine]

    @property
    def total_fen(self) -> Fen:
        """What the lines come to."""
        return sum(line.charge.amount_fen for line in self.lines)

    @property
    def own_fen(self) -> Fen:
        """How much of that no insurance looks at."""
        return sum(line.own_fen for line in self.lines)


class Payment(NamedTuple):
    """One layer: who pays how much, by which rule, and how it was worked out."""

    title: str
    rule: str
    clause: str
    arithmetic: str
    grounds: str
    amount_fen: Fen


class Account(NamedTuple):
    """A yearly or daily accumulator over the whole visit: fen, or times."""

    title: str
    before: int
    after: int
    times: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that is printed."""

    settlement: Settlement
    provider: str
    groups: Sequence[Group]
    payments: Sequence[Payment]
    accounts: Sequence[Account]
    left_out: Sequence[str]

    @property
    def lines(self) -> int:
        """How many lines the bill has."""
        return sum(len(group.lines) for group in self.groups)

    @property
    def billed_fen(self) -> Fen:
        """What all lines come to."""
        return sum(group.total_fen for group in self.groups)

    @property
    def own_fen(self) -> Fen:
        """How much of that no insurance looks at."""
        return sum(group.own_fen for group in self.groups)

    @property
    def paid_fen(self) -> Fen:
        """What all payers pay together."""
        return sum(amount for _, amount in self.settlement.payers)


def compose(
    settlement: Settlement,
    provider: str,
    charges: Sequence[Charge],
    steps: Sequence[StepDict],
    left_out: Sequence[str] = (),
) -> Statement:
    """Put a statement together from what is stored; ``steps`` in complete form (``row_as_dict``).

    ``left_out`` says of other payers why they have no part. Of a reversed settlement only the bill is left.
    """
    layers = [step for step in steps if step["payer"] is not None]
    payments = [_payment(step) for step in layers]
    return Statement(settlement, provider, _groups(charges), payments, _accounts(layers), left_out)


def _groups(charges: Sequence[Charge]) -> list[Group]:
    """Known categories first and in their order, then the others by code."""
    lines: dict[str, list[BillLine]] = {}
    for charge in charges:
        own = charge.amount_fen - split_charge(charge).eligible_fen
        lines.setdefault(charge.category, []).append(BillLine(charge, own))
    order = {category: place for place, category in enumerate(CHARGES)}
    ordered = sorted(lines, key=lambda category: (order.get(category, len(order)), category))
    return [Group(category, lines[category]) for category in ordered]


def _payment(step: StepDict) -> Payment:
    arithmetic, *grounds = step_sentences(step)
    return Payment(
        title=step["title"],
        rule=step["rule"],
        clause=step["clause"],
        arithmetic=arithmetic,
        grounds="".join(grounds),
        amount_fen=step["amount_fen"],
    )


def _accounts(steps: Sequence[StepDict]) -> list[Account]:
    """Each accumulator once: before the first and after the last step that counts in it."""
    found: dict[str, Account] = {}
    for step in steps:
        for movement in step["accumulators"]:
            kind, _, day = movement["kind"].partition("@")
            title = step["labels"].get(kind, OTHER_ACCOUNT) + (f"（{day}）" if day else "")
            first = found.get(movement["kind"])
            if first:
                found[movement["kind"]] = first._replace(after=movement["after"])
            else:
                counts = counts_times(kind)
                found[movement["kind"]] = Account(title, movement["before"], movement["after"], counts)
    return list(found.values())

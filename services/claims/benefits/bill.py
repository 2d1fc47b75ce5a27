"""The bill while the layers work on it: what is still open, who pays what, which accumulators moved."""

from collections.abc import Mapping

from services.claims.benefits.arithmetic import Value
from services.claims.benefits.charges import Split
from services.claims.benefits.facts import Facts
from services.claims.benefits.steps import Basis, Movement, Step
from shared.money import Fen

COMPONENTS = ("eligible", "upfront_copay", "over_limit", "non_covered")
"""Parts of a bill in the order in which a fund that covers several of them takes them over."""


class Bill:
    """Working state of one adjudication; lives only inside ``adjudicate``."""

    __slots__ = (
        "_used",
        "day",
        "eligible_fen",
        "facts",
        "movements",
        "open",
        "paid",
        "person_fen",
        "steps",
        "total_fen",
    )

    def __init__(self, facts: Facts, split: Split, used: Mapping[str, int], day: str) -> None:
        self.facts = facts
        self.total_fen = total_fen = facts.total_fen
        self.eligible_fen = split.eligible_fen
        self.person_fen = total_fen
        self.open = list(split)
        self.paid: list[tuple[str, Fen]] = []
        self.movements: dict[str, int] = {}
        self.steps: list[Step] = []
        self.day = day
        self._used = used

    def used(self, kind: str) -> int:
        """An accumulator as the present layer finds it: stored value plus what earlier layers moved."""
        return self._used.get(kind, 0) + self.movements.get(kind, 0)

    def move(self, kind: str, before: int, by: int) -> Movement:
        """Let an accumulator grow; zero leaves no movement behind."""
        if by:
            self.movements[kind] = self.movements.get(kind, 0) + by
        return Movement(kind, before, before + by)

    def pay(
        self,
        basis: Basis,
        payer: str,
        base: Fen,
        values: tuple[Value, ...],
        amount: Fen,
        moved: tuple[Movement, ...],
        covers: tuple[int, ...] = (0,),
    ) -> None:
        """Book what a layer pays against open components (indices into ``COMPONENTS``); record the step."""
        self.steps.append(Step(basis, base, values, amount, moved))
        if not amount:
            return
        self.paid.append((payer, amount))
        self.person_fen -= amount
        for component in covers:
            taken = min(amount, self.open[component])
            self.open[component] -= taken
            amount -= taken

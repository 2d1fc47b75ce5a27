"""The bill while the layers work on it: what is still open, who pays what, which accumulators moved."""

from collections.abc import Mapping, Sequence

from services.claims.benefits.arithmetic import Value
from services.claims.benefits.charges import Split
from services.claims.benefits.facts import Charge, Facts
from services.claims.benefits.steps import Basis, Movement, Step
from shared.money import Fen


class Bill:
    """Working state of one adjudication; lives only inside ``adjudicate``.

    ``open`` holds what is unpaid of each of the ``COMPONENTS``, ``person_fen`` their sum. ``total_fen`` and
    ``eligible_fen`` are those of the bill as the patient gets it, without what was waived.
    """

    __slots__ = (
        "_burdens",
        "_used",
        "charges",
        "day",
        "eligible_fen",
        "movements",
        "open",
        "paid",
        "person_fen",
        "steps",
        "total_fen",
        "unfunded_fen",
    )

    def __init__(self, facts: Facts, split: Split, used: Mapping[str, int], day: str) -> None:
        self.charges: Sequence[Charge] = facts.charges
        """The lines that are not waived."""
        self.total_fen = total_fen = facts.total_fen
        self.eligible_fen = split.eligible_fen
        self.person_fen = total_fen
        self.open = list(split)
        self.paid: list[tuple[str, Fen]] = []
        self.movements: dict[str, int] = {}
        self.steps: list[Step] = []
        self.day = day
        self.unfunded_fen = 0
        """What the last fund would have paid had its balance not been too small."""
        self._used = used
        self._burdens: dict[str, bool] = {}

    def used(self, kind: str) -> int:
        """An accumulator as the present layer finds it: stored value plus what earlier layers moved."""
        return self._used.get(kind, 0) + self.movements.get(kind, 0)

    def stored(self, kind: str) -> int:
        """An accumulator as this visit found it."""
        return self._used.get(kind, 0)

    def move(self, kind: str, before: int, by: int) -> Movement:
        """Let an accumulator grow; zero leaves no movement behind."""
        if by:
            self.movements[kind] = self.movements.get(kind, 0) + by
        return Movement(kind, before, before + by)

    def moved(self) -> dict[str, int]:
        """All movements; what fell back to where it was has not moved."""
        if not self._burdens:
            return self.movements
        return {kind: by for kind, by in self.movements.items() if by}

    def carries(self, kind: str) -> bool:
        """Whether this accumulator already holds what the person bears of this visit."""
        return kind in self._burdens

    def carry(self, kind: str, of_total: bool) -> None:
        """From now on every payment lowers this accumulator of what the person bears."""
        self._burdens[kind] = of_total

    def pay(
        self,
        basis: Basis,
        payer: str,
        base: Fen,
        values: tuple[Value, ...],
        amount: Fen,
        moved: tuple[Movement, ...],
    ) -> None:
        """Book what a layer pays against the open components that its basis covers; record the step."""
        if amount:
            self.paid.append((payer, amount))
            self.person_fen -= amount
            eligible, left = self.open[0], amount
            for component in basis.covers:
                taken = min(left, self.open[component])
                self.open[component] -= taken
                left -= taken
            if self._burdens:
                moved = (*moved, *self._relieved(amount, eligible - self.open[0]))
        self.steps.append(Step(basis, base, values, amount, moved))

    def waive(self, basis: Basis, taken: Split, values: tuple[Value, ...]) -> Fen:
        """Take charges out of the bill, whoever carries them; record the step. The amount taken out."""
        amount = sum(taken)
        self.steps.append(Step(basis, amount, values, amount, ()))
        for component, part in enumerate(taken):
            self.open[component] -= part
        self.total_fen -= amount
        self.eligible_fen -= taken.eligible_fen
        self.person_fen -= amount
        return amount

    def _relieved(self, amount: Fen, of_eligible: Fen) -> list[Movement]:
        less = {kind: amount if of_total else of_eligible for kind, of_total in self._burdens.items()}
        return [self.move(kind, self.used(kind), -by) for kind, by in less.items() if by]

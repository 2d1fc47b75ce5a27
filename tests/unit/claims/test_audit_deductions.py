"""What deductions may come to, whatever is decided and taken back, and in whatever order."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.audit.case_repository import Finding
from services.claims.audit.claim_repository import Paid, Taken
from services.claims.audit.deductions import kept, left_for, shared_out, total_of

FUNDS = (("basic_insurance", 2026), ("medical_assistance", 2026), ("basic_insurance", 2025))
BILLS = [UUID(int=no) for no in range(1, 5)]
_BLANK = Finding(*[None] * len(Finding._fields))  # type: ignore[arg-type]  # only two fields are looked at


def finding(no: int, bill: UUID | None) -> Finding:
    """On one bill, or on the provider's month."""
    return _BLANK._replace(id=UUID(int=100 + no), settlement_id=bill)


def added(parts: Sequence[Sequence[Paid]]) -> Counter[tuple[str, int]]:
    """What each fund comes to."""
    sums: Counter[tuple[str, int]] = Counter()
    for each in parts:
        for part in each:
            sums[part.payer, part.year] += part.amount_fen
    return sums


class Books:
    """A provider's month: what funds paid of its bills, what was deducted; as the service goes about it."""

    def __init__(self, paid: Sequence[Sequence[int]]) -> None:
        self.paid = {
            bill: [Paid(*fund, fen) for fund, fen in zip(FUNDS, each, strict=True)]
            for bill, each in zip(BILLS, paid, strict=True)
        }
        self.stands: dict[UUID, tuple[Finding, Sequence[Paid]]] = {}
        self.provider = 0
        self.funds: Counter[tuple[str, int]] = Counter()

    def left(self, of: Finding) -> list[Paid]:
        """What may be deducted for a finding."""
        taken = [
            Taken(id_, each.settlement_id, part)
            for id_, (each, parts) in self.stands.items()
            for part in parts
        ]
        month = [Paid(*fund, fen) for fund, fen in added(list(self.paid.values())).items()]
        bill = None if of.settlement_id is None else self.paid.get(of.settlement_id, [])
        return left_for(of, bill, month, taken)

    def book(self, parts: Sequence[Paid], sign: int) -> None:
        """Debit the provider what is credited to funds, or the mirror of it."""
        self.provider += sign * total_of(parts)
        for part in parts:
            self.funds[part.payer, part.year] += sign * part.amount_fen

    def decide(self, of: Finding, amount: int) -> None:
        """As much as is asked for and allowed."""
        left = self.left(of)
        parts = shared_out(min(amount, total_of(left)), left)
        if parts:
            self.book(parts, 1)
            self.stands[of.id] = (of, parts)

    def take_back(self, bill: UUID, stake: int) -> None:
        """Reverse a bill: its own deductions go, those of the month are recounted, the latest first."""
        self.paid.pop(bill, None)
        for id_, (of, parts) in reversed(list(self.stands.items())):
            if of.settlement_id == bill:
                self.book(parts, -1)
                del self.stands[id_]
        for id_, (of, parts) in reversed(list(self.stands.items())):
            if of.settlement_id is None:
                after = kept(parts, self.left(of), stake)
                assert total_of(after) <= min(total_of(parts), stake)
                if after is not parts:
                    self.book(parts, -1)
                    self.book(after, 1)
                    self.stands[id_] = (of, after)

    def check(self) -> None:
        """No fund has back more than it paid, of the month or of a bill; debits are credits."""
        standing = [parts for _, parts in self.stands.values()]
        assert added(standing) == +self.funds
        assert sum(self.funds.values()) == self.provider
        assert added(standing) <= added(list(self.paid.values()))
        for bill, paid in self.paid.items():
            own = [parts for of, parts in self.stands.values() if of.settlement_id == bill]
            assert added(own) <= added([paid])


_STEP = st.tuples(st.integers(-1, 3), st.integers(1, 200), st.booleans())


@given(
    st.lists(st.lists(st.integers(0, 50), min_size=3, max_size=3), min_size=4, max_size=4),
    st.lists(_STEP, max_size=12),
)
def test_deductions_stay_within_what_funds_paid_of_the_bills_that_stand(
    paid: list[list[int]], steps: list[Any]
) -> None:
    books = Books(paid)
    for no, (bill, amount, back) in enumerate(steps):
        if back and bill >= 0:
            books.take_back(BILLS[bill], stake=amount)
        else:
            books.decide(finding(no, BILLS[bill] if bill >= 0 else None), amount)
        books.check()


@pytest.mark.parametrize(
    ("own", "left", "stake", "after"),
    [
        pytest.param([60, 40], [60, 40], 100, [60, 40], id="room for all: untouched"),
        pytest.param([60, 40], [900, 900], 100, [60, 40], id="more room: never more"),
        pytest.param([60, 40], [60, 40], 50, [30, 20], id="less at stake"),
        pytest.param([60, 40], [30, 20], None, [30, 20], id="a finding on a bill: what is left"),
        pytest.param([60, 40], [200, 10], 100, [95, 5], id="one fund has no room: shared out anew"),
        pytest.param([60, 40], [60, 40], 0, [], id="nothing at stake"),
        pytest.param([60, 40], [], 100, [], id="nothing left"),
    ],
)
def test_a_deduction_keeps_what_is_left_and_at_stake(
    own: list[int], left: list[int], stake: int | None, after: list[int]
) -> None:
    def parts(amounts: list[int]) -> list[Paid]:
        return [Paid(*fund, fen) for fund, fen in zip(FUNDS, amounts, strict=False)]

    assert [each.amount_fen for each in kept(parts(own), parts(left), stake)] == after

"""Whose money a fund pays with: whatever happens in whatever order, nothing is lost, doubled or overdrawn."""

from collections import defaultdict
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.funds.allocation import (
    DEPOSIT,
    FIFO,
    RATIO,
    RETURN,
    REVERSAL,
    UNFUNDED,
    USE,
    Entry,
    Fund,
    Movement,
    in_order,
)

SOURCES = ("central", "province", "county", "donation")


def taken(rule: str, *movements: Movement) -> tuple[Fund, list[Entry]]:
    """A fund after these movements, and everything that was entered."""
    fund = Fund(rule)
    entries = [entry for _, made in fund.apply(movements) for entry in made]
    return fund, entries


def deposit(no: int, amount: int, earmark: str = "central") -> Movement:
    return Movement(no, DEPOSIT, amount, no, None, earmark)


def use(no: int, amount: int, of: int | None = None) -> Movement:
    return Movement(no, USE, amount, no if of is None else of)


def give_back(no: int, amount: int, of: int) -> Movement:
    return Movement(no, RETURN, amount, of)


def reverse(no: int, of: int, amount: int, use_no: int | None = None) -> Movement:
    return Movement(no, REVERSAL, amount, of if use_no is None else use_no, of)


def parts(entries: Sequence[Entry], transfer_no: int) -> dict[int, int]:
    """What a transfer holds of which deposits."""
    held: dict[int, int] = defaultdict(int)
    for entry in entries:
        if entry.transfer_no == transfer_no:
            held[entry.deposit_no] += entry.amount_fen
    return {no: amount for no, amount in held.items() if amount}


def left(fund: Fund) -> dict[int, int]:
    return {each.no: each.left_fen for each in fund.deposits.values()}


def test_the_oldest_deposit_is_used_up_before_the_next_one_is_touched() -> None:
    fund, entries = taken(FIFO, deposit(1, 100), deposit(2, 100, "county"), use(3, 70), use(4, 70))
    assert (parts(entries, 3), parts(entries, 4)) == ({1: 70}, {1: 30, 2: 40})
    assert left(fund) == {1: 0, 2: 60}


def test_by_ratio_every_earmark_pays_its_share_to_the_fen() -> None:
    # 90 yuan a head by source (DOMAIN O-07); the fen left over go to the largest remainders
    per_head = {"personal": 1000, "central": 4000, "province": 2200, "city": 720, "county": 1080}
    deposits = [deposit(no, fen, name) for no, (name, fen) in enumerate(per_head.items(), 1)]
    fund, entries = taken(RATIO, *deposits, use(9, 1001))
    assert parts(entries, 9) == {1: 111, 2: 445, 3: 245, 4: 80, 5: 120}
    assert sum(left(fund).values()) == 9000 - 1001


def test_inside_an_earmark_the_oldest_deposit_goes_first_also_by_ratio() -> None:
    _, entries = taken(RATIO, deposit(1, 30), deposit(2, 30), deposit(3, 60, "county"), use(4, 80))
    assert parts(entries, 4) == {1: 30, 2: 10, 3: 40}


def test_money_spent_before_it_came_is_unfunded_and_made_good_by_the_next_deposit() -> None:
    fund, entries = taken(FIFO, deposit(1, 60), use(2, 100), use(3, 50), deposit(4, 70))
    assert parts(entries, 2) == {1: 60, 4: 40}
    assert parts(entries, 3) == {UNFUNDED: 20, 4: 30}
    assert left(fund) == {1: 0, 4: 0}


def test_a_reversal_restores_the_very_deposits_and_they_pay_the_oldest_that_waits() -> None:
    fund, entries = taken(FIFO, deposit(1, 60), deposit(2, 60), use(3, 100), use(4, 50), reverse(5, 3, 100))
    assert parts(entries, 5) == {1: -60, 2: -40}
    assert parts(entries, 4) == {2: 20, 1: 30}
    assert left(fund) == {1: 30, 2: 40}


@pytest.mark.parametrize(
    ("rule", "expected"), [(FIFO, {2: -40, 1: -10}), (RATIO, {1: -30, 2: -20})], ids=[FIFO, RATIO]
)
def test_a_smaller_adjusted_amount_gives_the_difference_back(rule: str, expected: dict[int, int]) -> None:
    money = [deposit(1, 60), deposit(2, 40, "county")]
    _, entries = taken(rule, *money, use(3, 100), give_back(4, 50, 3))
    assert parts(entries, 4) == expected


def test_what_nobody_had_paid_is_given_back_first() -> None:
    fund, entries = taken(FIFO, deposit(1, 60), use(2, 100), give_back(3, 50, 2))
    assert parts(entries, 3) == {UNFUNDED: -40, 1: -10}
    assert left(fund) == {1: 10}


def test_an_adjusted_settlement_that_is_reversed_leaves_nothing_behind() -> None:
    history = [
        deposit(1, 80), use(2, 100), use(3, 10), give_back(4, 30, 2),
        *in_order([reverse(6, 4, 30, use_no=2), reverse(5, 2, 100)]),
    ]  # fmt: skip
    fund, entries = taken(FIFO, *history)
    of_use = [entry for entry in entries if entry.use_no == 2]
    by_deposit: dict[int, int] = defaultdict(int)
    for entry in of_use:
        by_deposit[entry.deposit_no] += entry.amount_fen
    assert set(by_deposit.values()) == {0}
    assert left(fund) == {1: 70}


def test_a_withdrawn_deposit_is_replaced_by_what_else_there_is() -> None:
    fund, entries = taken(
        FIFO, deposit(1, 50), use(2, 50), use(3, 10), deposit(4, 30, "county"), reverse(5, 1, 50)
    )
    assert parts(entries, 2) == {4: 20, UNFUNDED: 30}
    assert parts(entries, 3) == {4: 10}
    assert left(fund) == {1: 0, 4: 0}


def test_money_that_comes_back_without_a_use_is_a_deposit_of_its_own() -> None:
    fund, entries = taken(FIFO, use(1, 10), give_back(2, 30, 1))
    assert fund.deposits[2].earmark == "recovered"
    assert parts(entries, 1) == {2: 10}


@pytest.mark.parametrize("rule", [FIFO, RATIO])
def test_a_reversed_use_leaves_nothing_at_a_withdrawn_deposit_that_it_had_repaid(rule: str) -> None:
    # The use took a fen of the second deposit and gave it back, so its withdrawal had nothing to replace.
    # By ratio the fen of a tie comes from the earlier deposit: there the first is the one.
    kept, gone = (1, 2) if rule == FIFO else (2, 1)
    fund, entries = taken(
        rule, deposit(1, 1), deposit(2, 1, "county"), use(3, 2), give_back(4, 1, 3),
        reverse(5, gone, 1), reverse(6, 3, 2), reverse(7, 4, 1, use_no=3),
    )  # fmt: skip
    assert (parts(entries, 6), parts(entries, 7)) == ({1: -1, 2: -1}, {gone: 1})
    assert (left(fund), sum(fund.unfunded.values())) == ({kept: 1, gone: 0}, 0)


def test_reversals_of_one_use_are_taken_together() -> None:
    first, other, second = reverse(4, 1, 5), use(5, 3), reverse(6, 3, 2, use_no=1)
    assert in_order([second, other, first]) == [first, second, other]


class Told:
    """A history as it unfolds from steps drawn at random; a step that is not possible is left out.

    Steps are plain numbers and not drawn one by one from what is possible: that is many times faster, and a
    failing history shrinks to a short one.
    """

    def __init__(self) -> None:
        self.movements: list[Movement] = []
        self.held: dict[int, int] = {}
        self.booked: dict[int, list[Movement]] = {}
        self.deposits: list[Movement] = []

    def take(self, kind: str, which: int, amount: int) -> None:
        match kind:
            case "deposit":
                source = SOURCES[which % len(SOURCES)]
                self.deposits.append(self.add(deposit(self.next, amount, source)))
            case "withdraw" if self.deposits:
                gone = self.deposits.pop(which % len(self.deposits))
                self.add(reverse(self.next, gone.no, gone.amount_fen))
            case "use":
                self.held[self.next], self.booked[self.next] = 0, []
                self.change(self.next, amount)
            case "raise" | "give_back" | "reverse" if self.held:
                of = list(self.held)[which % len(self.held)]
                self.adjust(kind, of, amount)

    def adjust(self, kind: str, of: int, amount: int) -> None:
        if kind == "raise":
            self.change(of, amount)
        elif kind == "reverse":
            del self.held[of]
            for each in self.booked.pop(of):
                self.add(reverse(self.next, each.no, each.amount_fen, use_no=of))
        elif self.held[of] > 1:
            back = min(amount, self.held[of] - 1)
            self.held[of] -= back
            self.booked[of].append(self.add(give_back(self.next, back, of)))

    @property
    def next(self) -> int:
        return len(self.movements) + 1

    def add(self, movement: Movement) -> Movement:
        self.movements.append(movement)
        return movement

    def change(self, of: int, amount: int) -> None:
        self.held[of] += amount
        self.booked[of].append(self.add(use(self.next, amount, of)))


def told(steps: Sequence[tuple[str, int, int]]) -> list[Movement]:
    story = Told()
    for step in steps:
        story.take(*step)
    return story.movements


# Amounts of a few fen meet exactly, so that something is used up or held by nobody, as large ones rarely do.
STEPS = st.tuples(
    st.sampled_from(("deposit", "use", "use", "raise", "give_back", "reverse", "withdraw")),
    st.integers(0, 11),
    st.integers(1, 5) | st.integers(1, 1_000),
)
HISTORIES = st.lists(STEPS, min_size=1, max_size=25).map(told).filter(bool)


def signed(movements: Sequence[Movement]) -> dict[int, int]:
    """By how much each transfer moves what uses hold: deposits and their reversals do not."""
    by_no = {each.no: each for each in movements}
    sign = {USE: 1, RETURN: -1, DEPOSIT: 0}
    found = {}
    for each in movements:
        root = by_no[each.reverses] if each.reverses else each
        found[each.no] = (-1 if each.reverses else 1) * sign[root.kind] * each.amount_fen
    return found


def stored(entries: Sequence[Entry]) -> list[Entry]:
    """What uses hold as the database adds it up."""
    held: dict[tuple[int, int, int], int] = defaultdict(int)
    for entry in entries:
        held[entry[:3]] += entry.amount_fen
    return [Entry(*key, amount) for key, amount in sorted(held.items()) if amount]


def inside_a_reversal(history: Sequence[Movement], place: int) -> bool:
    """Whether the movements before and at this place reverse one use: together they are one."""
    if not 0 < place < len(history):
        return False
    before, at = history[place - 1], history[place]
    return before.kind == at.kind == REVERSAL and before.use_no == at.use_no


@pytest.mark.parametrize("rule", [FIFO, RATIO])
@given(history=HISTORIES)
def test_every_fen_that_a_fund_moves_is_attributed_and_no_deposit_is_overdrawn(
    rule: str, history: list[Movement]
) -> None:
    fund, entries = Fund(rule), list[Entry]()
    used: dict[int, int] = defaultdict(int)
    by_use: dict[tuple[int, int], int] = defaultdict(int)
    for place, (_, made) in enumerate(fund.apply(history), 1):
        entries += made
        for entry in made:
            used[entry.deposit_no] += entry.amount_fen
            by_use[entry.use_no, entry.deposit_no] += entry.amount_fen
        for each in fund.deposits.values():
            assert inside_a_reversal(history, place) or 0 <= used[each.no] <= each.amount_fen
    for no, amount in signed(history).items():
        assert sum(parts(entries, no).values()) == amount
    assert all(amount >= 0 for amount in by_use.values())
    for each in fund.deposits.values():
        assert used[each.no] == (0 if each.withdrawn else each.amount_fen - each.left_fen)
    # money and debts of money never wait side by side
    assert used[UNFUNDED] == 0 or not any(left(fund).values())


@pytest.mark.parametrize("rule", [FIFO, RATIO])
@given(history=HISTORIES, data=st.data())
def test_a_history_taken_in_parts_from_what_is_stored_is_the_history_taken_at_once(
    rule: str, history: list[Movement], data: st.DataObject
) -> None:
    whole, entries = taken(rule, *history)
    ends = [place for place in range(len(history)) if not inside_a_reversal(history, place)]
    cut = data.draw(st.sampled_from(ends))
    first, before = taken(rule, *history[:cut])
    second = Fund(rule)
    second.deposits = {each.no: each for each in first.deposits.values()}
    second.remember(stored(before))
    after = [entry for _, made in second.apply(history[cut:]) for entry in made]
    assert [*before, *after] == entries
    assert left(second) == left(whole)


@given(history=HISTORIES)
def test_a_reversed_use_holds_nothing_and_its_deposits_have_it_back(history: list[Movement]) -> None:
    _, entries = taken(FIFO, *history)
    reversed_uses = {each.use_no for each in history if each.kind == REVERSAL}
    uses = {each.no for each in history if each.kind == USE}
    for use_no in reversed_uses & uses:
        held: dict[int, int] = defaultdict(int)
        for entry in entries:
            if entry.use_no == use_no:
                held[entry.deposit_no] += entry.amount_fen
        assert set(held.values()) <= {0}

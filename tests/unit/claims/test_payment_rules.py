"""What is set off, what becomes of a line, and which transfers a payment leads to."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.payments import rules
from services.claims.payments.rules import Advance, Booked

COUNTY, HOSPITAL = "990101", "H99010100001"
FIRST, SECOND = UUID(int=1), UUID(int=2)
AMOUNTS = st.integers(-5_000_000, 5_000_000)


def advance(id_: UUID = FIRST, remaining: int = 1_000, rule: str = "all", **changes: int) -> Advance:
    return Advance(id_, remaining, rule, changes.get("instalment"), changes.get("rate"))  # type: ignore[arg-type]  # the database's text


@pytest.mark.parametrize(
    ("gross", "advances", "kept_back"),
    [
        (500, [advance()], [500]),
        (1_000, [advance()], [1_000]),
        (5_000, [advance(rule="instalment", instalment=300)], [300]),
        (200, [advance(rule="instalment", instalment=300)], [200]),
        (5_000, [advance(remaining=250, rule="instalment", instalment=300)], [250]),
        # A tenth, rounded half-up to the fen, of what is due before anything is set off.
        (1_005, [advance(rule="share", rate=1_000)], [101]),
        (1_500, [advance(), advance(SECOND, rule="share", rate=5_000)], [1_000, 500]),
        (0, [advance()], []),
        (-10, [advance(), advance(SECOND, rule="share", rate=5_000)], []),
    ],
)
def test_advances_are_kept_back_by_their_rules_oldest_first(
    gross: int, advances: list[Advance], kept_back: list[int]
) -> None:
    assert [each.amount_fen for each in rules.set_offs(gross, advances)] == kept_back


STATES = (
    *("payable", "unpayable", "carried_forward", "offset", "cancelled"),
    *("in_payment", "paid", "failed", "bank_returned", "retried", "returned"),
)
EXPORTED, TODAY = date(2026, 11, 2), date(2026, 11, 9)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("was_returned", [False, True])
@pytest.mark.parametrize("stated", [None, 500, 499, 501])
@pytest.mark.parametrize("day", [date(2026, 11, 1), EXPORTED, TODAY, date(2026, 11, 10)])
def test_only_what_was_paid_comes_back_once_whole_and_after_it_was_sent(
    state: str, was_returned: bool, stated: int | None, day: date
) -> None:
    said = rules.Returned(stated, day, "退汇")
    fault = rules.return_fault(state, was_returned, 500, said, EXPORTED, TODAY)
    taken = state == "paid" and not was_returned and stated in (None, 500) and EXPORTED <= day <= TODAY
    assert (fault is None) == taken
    # What is most wrong is told: twice is worse than unpaid, unpaid worse than the amount.
    if was_returned:
        assert fault == "twice"
    elif state != "paid":
        assert fault == "unpaid"
    elif stated not in (None, 500):
        assert fault == "amount"


@pytest.mark.parametrize("state", ["paid", "failed", "bank_returned", "retried", "returned"])
@pytest.mark.parametrize("returned_on", [None, TODAY])
def test_what_the_bank_said_first_is_remembered_whatever_became_of_it(
    state: str, returned_on: date | None
) -> None:
    said = "paid" if state == "paid" or returned_on else "failed"
    assert rules.once_said(state, returned_on) == said


@given(
    AMOUNTS,
    st.lists(
        st.builds(
            Advance,
            st.builds(uuid4),
            st.integers(1, 3_000_000),
            st.sampled_from(["all", "instalment", "share"]),
            st.integers(1, 500_000),
            st.integers(1, 10_000),
        ),
        max_size=4,
    ),
)
def test_never_more_is_set_off_than_is_due_or_left_of_an_advance(gross: int, advances: list[Advance]) -> None:
    found = rules.set_offs(gross, advances)
    assert sum(each.amount_fen for each in found) <= max(gross, 0)
    left = {each.item_id: each.remaining_fen for each in advances}
    assert all(0 < each.amount_fen <= left[each.advance_item_id] for each in found)


@pytest.mark.parametrize(
    ("gross", "amount", "has_account", "state"),
    [
        (-1, -1, True, "carried_forward"),
        (0, 0, False, "offset"),
        (100, 0, False, "offset"),
        (100, 100, False, "unpayable"),
        (100, 1, True, "payable"),
    ],
)
def test_a_line_is_paid_waits_or_is_carried_forward(
    gross: int, amount: int, has_account: bool, state: str
) -> None:
    assert rules.item_state(gross, amount, has_account=has_account) == state


def net(transfers: list[Booked]) -> dict[str, int]:
    """What every account is debited (+) or credited (−)."""
    found: dict[str, int] = {}
    for booked in transfers:
        _, debit, credit, amount = booked.posting
        assert amount > 0
        found[debit] = found.get(debit, 0) + amount
        found[credit] = found.get(credit, 0) - amount
    return {account: fen for account, fen in found.items() if fen}


@given(st.dictionaries(st.integers(2020, 2029), AMOUNTS, max_size=5))
def test_a_persons_years_all_end_at_zero_and_what_is_left_is_paid(by_year: dict[int, int]) -> None:
    total = sum(by_year.values())
    if total < 0:
        by_year[2030] = -total
        total = 0
    found = net(rules.card_transfers(COUNTY, by_year))
    assert found.pop(f"in_payment:{COUNTY}", 0) == -total
    assert found == {f"card_due:{COUNTY}:{year}": fen for year, fen in by_year.items() if fen}


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_providers_payment_takes_from_its_due_what_it_pays_and_sets_off(amount: int, set_off: int) -> None:
    found = net(rules.provider_transfers(HOSPITAL, COUNTY, 2026, amount, set_off))
    assert found.get(f"provider_due:{HOSPITAL}", 0) == amount + set_off
    assert found.get(f"provider_advance:{HOSPITAL}", 0) == -set_off
    assert found.get(f"in_payment:{COUNTY}", 0) == -amount


@pytest.mark.parametrize(
    ("pending", "paid", "state"), [(1, 5, "partly_confirmed"), (0, 1, "confirmed"), (0, 0, "returned")]
)
def test_the_batch_says_how_far_the_bank_has_come(pending: int, paid: int, state: str) -> None:
    assert rules.state_after(pending, paid) == state


@pytest.mark.parametrize(("month", "last"), [(1, 31), (2, 28), (4, 30), (12, 31)])
def test_a_month_ends_on_its_last_day(month: int, last: int) -> None:
    assert rules.month_end(2026, month) == date(2026, month, last)
    assert rules.month_end(2028, 2) == date(2028, 2, 29)

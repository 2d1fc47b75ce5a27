"""How much of a special account may still be promised."""

from hypothesis import given
from hypothesis import strategies as st

from services.claims.funds.special_account import SpecialAccount

FEN = st.integers(-(10**13), 10**13)
AMOUNTS = st.integers(1, 10**12)


@given(FEN, st.integers(0, 10**13), st.lists(AMOUNTS, max_size=20))
def test_whatever_is_promised_in_whatever_order_never_more_is_promised_than_there_is(
    balance: int, promised: int, batches: list[int]
) -> None:
    stands = SpecialAccount(balance, promised)
    for amount in batches:
        if not stands.lacks(amount):
            stands = SpecialAccount(balance, stands.promised_fen + amount)
            assert stands.available_fen >= 0
        else:
            # What is missing is exactly what has to arrive.
            enough = SpecialAccount(balance + stands.lacks(amount), stands.promised_fen)
            assert enough.lacks(amount) == 0
            assert SpecialAccount(enough.balance_fen - 1, enough.promised_fen).lacks(amount) == 1

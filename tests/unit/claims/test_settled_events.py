"""What a settlement tells the other services is just what the contract would write."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.policy import PolicyBook
from services.claims.ledger.postings import PROVIDER
from services.claims.settlements.events import claim_settled
from services.claims.settlements.record import Settlement
from shared.events.claims import ClaimSettled, PayerShare
from shared.ids import new_id
from tests.support.books import shipped_book
from tests.support.visits import charge
from tests.support.years import Year

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
amounts = st.integers(0, 10**15 - 1)
shares = st.lists(st.tuples(texts, amounts), max_size=5).map(tuple)


def settlement() -> Settlement:
    year = Year(lambda _: PolicyBook(shipped_book("sample-county").versions))
    assert year.settle(date(2026, 3, 9), (charge(100_000_00),))
    return year.standings[0].settlement


SETTLED = settlement()


def contract(of: Settlement) -> ClaimSettled:
    said = {name: getattr(of, name) for name in ClaimSettled.model_fields if name in Settlement._fields}
    payers = [PayerShare(payer=payer, amount_fen=amount) for payer, amount in of.payers]
    return ClaimSettled(**{**said, "settlement_id": of.id, "payers": payers})


def test_a_settlement_of_several_payers_is_told_as_its_contract_says() -> None:
    assert len(SETTLED.payers) > 1
    assert claim_settled(SETTLED).data.model_dump_json() == contract(SETTLED).model_dump_json()


@given(texts, texts, st.dates(), amounts, shares)
def test_any_settlement_is_told_as_its_contract_says(
    facility: str, visit_type: str, day: date, amount: int, payers: tuple[tuple[str, int], ...]
) -> None:
    of = SETTLED._replace(
        id=new_id(),
        facility_code=facility,
        visit_type=visit_type,
        discharged_on=day,
        total_fen=amount,
        person_pays_fen=amount,
        payers=payers,
    )
    event = claim_settled(of)
    assert event.data.TYPE == ClaimSettled.TYPE
    assert ClaimSettled.model_validate_json(event.data.model_dump_json()) == contract(of)


def test_a_settlement_is_told_to_its_household_in_its_village() -> None:
    household = UUID(int=7)
    event = claim_settled(SETTLED._replace(household_id=household, payers=((PROVIDER, 1),)))
    assert (event.key, event.division) == (household, SETTLED.division_code)

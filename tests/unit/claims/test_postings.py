"""Whatever is settled, the transfers add up to it."""

from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.adjudicate import adjudicate
from services.claims.benefits.facts import Charge
from services.claims.ledger.postings import (
    Financing,
    adjustment_postings,
    financing_postings,
    settlement_postings,
)
from tests.support.books import shipped_book
from tests.support.visits import charge, visit

BOOK = shipped_book("sample-county")
LINES = st.lists(
    st.builds(
        charge,
        st.integers(0, 5_000_000),
        st.sampled_from("ABC"),
    ),
    min_size=1,
    max_size=8,
)
CATEGORIES = st.frozensets(
    st.sampled_from(["registered_poor", "dibao", "dibao_margin", "sudden_hardship", "illness_poverty"])
)
KINDS = st.sampled_from(["inpatient", "outpatient", "chronic_outpatient", "delivery"])
PLACES = st.sampled_from(
    [
        ("in_county", "not_needed"),
        ("in_city", "compliant"),
        ("out_of_city", "none"),
        ("out_of_city", "compliant"),
    ]
)


@given(LINES, CATEGORIES, KINDS, PLACES, st.integers(0, 3), st.integers(0, 20_000_000))
def test_payers_and_person_are_the_total_and_so_are_the_transfers(
    lines: list[Charge],
    categories: frozenset[str],
    kind: str,
    place: tuple[str, str],
    level: int,
    before: int,
) -> None:
    facts = visit(
        lines,
        categories=categories,
        visit_type=kind,
        place=place[0],
        referral=place[1],
        provider_level=level,
        chronic_codes=frozenset(["M03900"] if kind == "chronic_outpatient" else ()),
    )
    used = {"critical_illness.own_payment": before, "basic_insurance.paid": before // 2}
    decision = adjudicate(BOOK.governing(facts), facts, used)
    postings = settlement_postings("990101", 2026, "H99010100001", decision.payers, decision.person_pays_fen)
    assert sum(payer.amount_fen for payer in decision.payers) + decision.person_pays_fen == facts.total_fen
    assert sum(posting.amount_fen for posting in postings) == facts.total_fen
    assert all(posting.amount_fen > 0 for posting in postings)
    assert all(posting.debit_account != posting.credit_account for posting in postings)


@given(
    st.dictionaries(
        st.sampled_from(["personal", "central", "province", "city", "county"]), st.integers(0, 10**12)
    ),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
)
def test_the_fund_holds_what_is_left_after_reserve_and_outpatient_account(
    due: dict[str, int], reserve_bp: int, outpatient_bp: int
) -> None:
    total = sum(due.values())
    reserve = total * reserve_bp // 20_000
    outpatient = total * outpatient_bp // 20_000
    balance: dict[str, int] = {}
    for posting in financing_postings(Financing("990101", 2026, due, reserve, outpatient)):
        balance[posting.debit_account] = balance.get(posting.debit_account, 0) + posting.amount_fen
        balance[posting.credit_account] = balance.get(posting.credit_account, 0) - posting.amount_fen
    assert balance.get("fund:basic_insurance:990101:2026", 0) == -(total - reserve - outpatient)
    assert sum(balance.values()) == 0


def test_nobody_owes_a_provider_what_it_carries_itself() -> None:
    payers = [("provider", 3_000), ("basic_insurance", 50_000)]
    postings = settlement_postings("990101", 2026, "H1", payers, 2_000)
    due = sum(each.amount_fen for each in postings if each.credit_account == "provider_due:H1")
    borne = [each for each in postings if each.debit_account == "borne_by_provider:H1"]
    assert due == 50_000
    assert [(each.credit_account, each.amount_fen) for each in borne] == [("provider_waived:H1", 3_000)]


@given(st.integers(-10_000, 10_000), st.integers(-10_000, 10_000))
def test_what_a_provider_comes_to_carry_is_missing_from_what_it_is_due(provider: int, fund: int) -> None:
    differences = {"provider": provider, "basic_insurance": fund}
    postings = adjustment_postings("990101", 2026, "H1", differences, -provider - fund)
    balance: dict[str, int] = {}
    for _, debit, credit, amount in postings:
        balance[debit] = balance.get(debit, 0) + amount
        balance[credit] = balance.get(credit, 0) - amount
    assert balance.get("borne_by_provider:H1", 0) == -balance.get("provider_waived:H1", 0) == provider
    assert balance.get("provider_due:H1", 0) == provider
    assert balance.get("card_due:990101:2026", 0) == -provider - fund

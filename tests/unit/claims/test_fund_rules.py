"""What an approver is warned of, what a transfer means for a fund, and how a fund's position adds up."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.claims.funds import rules
from services.claims.funds.allocation import DEPOSIT, FIFO, RATIO, RETURN, REVERSAL, USE
from services.claims.funds.data import fund_rules
from services.claims.funds.movements import FundKey, Transfer, touched
from services.claims.funds.position import fund
from services.claims.funds.position_repository import Flow
from services.claims.funds.postings import bookings
from services.claims.funds.rules import Due, Repayment

TODAY = date(2026, 11, 2)
BASIC, RELIEF = FundKey("990101", 2026, "basic_insurance"), FundKey("990101", 2026, "poverty_relief_fund")
BANK, RESERVE = "bank:990101", "risk_reserve:990101:2026"
DUE, BASIC_FUND = "financing_due:central:990101:2026", "fund:basic_insurance:990101:2026"
POOL, PREMIUM_DUE = "fund:relapse_insurance:990101:2026", "financing_due:county:990101:2026"
RELIEF_FUND, PROVIDER = "fund:poverty_relief_fund:990101:2026", "provider_due:H99010100001"


@pytest.mark.parametrize(
    ("year", "amount", "due", "alike", "expected"),
    [
        (2026, 100, Due(100, 0), False, ()),
        (2026, 101, Due(100, 0), False, ("above_due",)),
        (2026, 1, Due(100, 100), False, ("above_due",)),
        (2026, 10**9, None, False, ()),
        (2025, 1, Due(100, 0), True, ("past_year", "looks_alike")),
        (2027, 1, Due(100, 0), False, ()),
    ],
)
def test_an_approver_is_warned_of_what_is_unusual(
    year: int, amount: int, due: Due | None, alike: bool, expected: tuple[str, ...]
) -> None:
    assert rules.receipt_warnings(year, amount, due, alike, TODAY) == expected
    assert set(expected) <= rules.WARNING_TEXTS.keys()


def test_arrears_are_what_is_still_to_come() -> None:
    assert (Due(100, 30).arrears_fen, Due(100, 130).arrears_fen) == (70, 0)


def test_an_advance_is_recovered_in_the_following_year_and_wholly() -> None:
    halves = [Repayment(date(2027, 6, 30), 60), Repayment(date(2027, 12, 31), 40)]
    assert rules.schedule_fits(halves, 100, 2026)
    assert not rules.schedule_fits(halves, 101, 2026)
    assert not rules.schedule_fits([Repayment(date(2026, 12, 31), 100)], 100, 2026)
    assert not rules.schedule_fits([Repayment(date(2028, 1, 1), 100)], 100, 2026)
    assert not rules.schedule_fits([*halves, Repayment(date(2027, 1, 1), 0)], 100, 2026)


def test_claw_backs_settle_the_schedule_in_order_and_what_is_late_is_overdue() -> None:
    halves = [Repayment(date(2027, 12, 31), 40), Repayment(date(2027, 6, 30), 60)]
    lines = rules.recovered(halves, 50, date(2027, 7, 1))
    assert [(line.recovered_fen, line.overdue) for line in lines] == [(50, True), (0, False)]
    lines = rules.recovered(halves, 60, date(2027, 7, 1))
    assert [(line.recovered_fen, line.overdue) for line in lines] == [(60, False), (0, False)]


def test_every_fund_has_a_rule_and_the_sample_county_shares_its_basic_insurance_by_ratio() -> None:
    assert fund_rules().rule_of("basic_insurance", "990101") == RATIO
    assert fund_rules().rule_of("poverty_relief_fund", "990101") == FIFO
    assert fund_rules().rule_of("basic_insurance", "120101") == FIFO


def test_an_advance_enters_this_years_fund_and_is_owed_by_the_next() -> None:
    [this, following] = bookings(rules.ADVANCE, "990101", 2026, "basic_insurance", None, 5)
    assert (this.year, this.posting.debit_account, this.posting.credit_account) == (
        2026, "bank:990101", BASIC_FUND,
    )  # fmt: skip
    assert (following.year, following.posting.debit_account, following.posting.credit_account) == (
        2027, "fund:basic_insurance:990101:2027", "risk_fund_owed:990101",
    )  # fmt: skip


def transfer(
    debit: str,
    credit: str,
    kind: str = "payer",
    *,
    bill: bool = False,
    reverses: int | None = None,
    source: str | None = None,
    payer: str | None = None,
) -> Transfer:
    id_, first = (uuid4(), 3) if bill else (None, None)
    return Transfer(9, kind, debit, credit, 5, id_, reverses, first, first, source, payer)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        # a due is a claim, no money; nor is its reversal
        (transfer(DUE, BASIC_FUND, "inflow"), []),
        (transfer(BASIC_FUND, DUE, "reversal", reverses=1), []),
        (transfer(PREMIUM_DUE, POOL, "relapse_premium"), []),
        (transfer(POOL, PREMIUM_DUE, "reversal", reverses=1), []),
        # what a source pays is, for the fund that it was paid for
        (
            transfer(BANK, PREMIUM_DUE, "receipt", source="county", payer="relapse_insurance"),
            [(FundKey("990101", 2026, "relapse_insurance"), DEPOSIT, 9, "county")],
        ),
        (transfer(BANK, DUE, "receipt", source="central"), [(BASIC, DEPOSIT, 9, "central")]),
        (transfer(DUE, BANK, "reversal", reverses=4), [(BASIC, REVERSAL, 4, "")]),
        (transfer(BANK, RELIEF_FUND, "receipt", source="donation"), [(RELIEF, DEPOSIT, 9, "donation")]),
        (transfer(RESERVE, BASIC_FUND, "reserve_use"), [(BASIC, DEPOSIT, 9, "risk_reserve")]),
        (transfer(BANK, BASIC_FUND, "risk_advance"), [(BASIC, DEPOSIT, 9, "risk_advance")]),
        # bills, their adjustments and reversals belong to the first transfer of their settlement
        (transfer(RELIEF_FUND, PROVIDER, bill=True), [(RELIEF, USE, 3, "")]),
        (transfer(PROVIDER, RELIEF_FUND, "payer_decrease", bill=True), [(RELIEF, RETURN, 3, "")]),
        (
            transfer(PROVIDER, RELIEF_FUND, "reversal", bill=True, reverses=3),
            [(RELIEF, REVERSAL, 3, "")],
        ),
        # money set apart, payouts to people, deductions from providers
        (transfer(BASIC_FUND, RESERVE, "set_apart"), [(BASIC, USE, 9, "")]),
        (transfer(RELIEF_FUND, "card_due:990101:2026", "relapse_payout"), [(RELIEF, USE, 9, "")]),
        (transfer(PROVIDER, RELIEF_FUND, "deduction"), [(RELIEF, DEPOSIT, 9, "deduction")]),
        # one fund pays what another is owed: both move
        (
            transfer(RELIEF_FUND, "financing_due:personal:990101:2026", "premium"),
            [(RELIEF, USE, 9, ""), (BASIC, DEPOSIT, 9, "personal")],
        ),
        # what a fund is owed by itself is no money
        (transfer(BASIC_FUND, "financing_due:personal:990101:2026", "premium"), []),
        (transfer("patients:990101:2026", "provider_collected:H99010100001", "person", bill=True), []),
    ],
)  # fmt: skip
def test_what_a_transfer_means_for_funds(
    made: Transfer, expected: list[tuple[FundKey, str, int, str]]
) -> None:
    found = [(key, each.kind, each.use_no, each.earmark) for key, each in touched(made)]
    assert found == expected


def flow(account: str, kind: str, other: str, debits: int = 0, credits: int = 0, **changes: Any) -> Flow:
    plain = Flow(account, True, kind, other, False, None, None, debits, credits, 0, 0)
    return plain._replace(**changes)


def test_a_funds_position_adds_up_to_its_balance() -> None:
    name = "fund:basic_insurance"
    flows = [
        flow("financing_due:central", "inflow", name, 1000),
        flow("financing_due:central", "receipt", "bank", 0, 600, payer="basic_insurance"),
        # the pool of the relapse insurance is owed by the county; nothing of that is the basic insurance's
        flow("financing_due:county", "relapse_premium", "fund:relapse_insurance", 77),
        flow("financing_due:personal", "inflow", name, 10),
        flow(name, "inflow", "financing_due", 0, 10),
        flow("financing_due:personal", "sponsored_premium", "fund:medical_assistance", 0, 3),
        flow(name, "inflow", "financing_due", 0, 1000),
        flow(name, "set_apart", "risk_reserve", 40),
        flow(name, "set_apart", "outpatient_account", 60),
        flow("risk_reserve", "set_apart", "fund", 0, 40),
        flow("outpatient_account", "set_apart", "fund", 0, 60),
        # bills of 300, one of 50 reversed; an adjustment gave 20 back
        flow(name, "payer", "provider_due", 300, 50, of_settlements=True, reversed_debits_fen=50),
        flow(name, "payer_decrease", "provider_due", 0, 20, of_settlements=True),
        flow(name, "deduction", "provider_due", 0, 5),
        flow(name, "risk_advance", "bank", 0, 100),
        flow(name, "risk_advance_owed", "risk_fund_owed", 30),
        flow(name, "interest", "bank", 0, 7),
    ]
    found = fund("basic_insurance", flows, (2, 80))
    assert (found.due, found.received, found.arrears) == (1010, 603, 407)
    assert found.risk_reserve is not None
    assert (found.risk_reserve.set_apart, found.risk_reserve.left, found.pooled) == (40, 40, 910)
    assert (found.payouts_gross, found.payouts_reversed, found.payouts) == (300, 70, 230)
    assert (found.deductions_returned, found.advanced, found.advance_owed, found.other) == (5, 100, 30, 7)
    assert found.balance == 910 - 230 + 5 + 100 - 30 + 7
    assert (found.available, found.cash) == (found.balance - 80, found.balance - 407)
    rate = found.utilisation
    assert (rate.numerator_fen, rate.denominator_fen, rate.rate) == (230, 910, 2527)


def test_the_pool_of_the_relapse_insurance_is_raised_by_what_its_policy_makes_due() -> None:
    name = "fund:relapse_insurance"
    flows = [
        flow("financing_due:county", "relapse_premium", name, 360),
        flow("financing_due:county", "receipt", "bank", 0, 300, payer="relapse_insurance"),
        flow("financing_due:county", "inflow", "fund:basic_insurance", 1000),
        flow(name, "relapse_premium", "financing_due", 0, 360),
        flow(name, "relapse_payout", "card_due", 190),
    ]
    found = fund("relapse_insurance", flows, (0, 0))
    assert (found.due, found.received, found.arrears, found.pooled) == (360, 300, 60, 360)
    assert (found.payouts, found.balance, found.cash, found.other) == (190, 170, 110, 0)


def test_the_utilisation_rate_of_the_source_document_comes_out() -> None:
    # DOMAIN O-08, O-10: 3,498,709.70 of the pooled 11,438,795.20 in five months is 30.59 %
    name = "fund:basic_insurance"
    flows = [
        flow(name, "inflow", "financing_due", 0, 1_313_127_000),
        flow(name, "set_apart", "risk_reserve", 52_525_080),
        flow(name, "set_apart", "outpatient_account", 116_722_400),
        flow(name, "payer", "provider_due", 349_870_970, of_settlements=True),
    ]
    rate = fund("basic_insurance", flows, (0, 0)).utilisation
    assert (rate.denominator_fen, rate.rate) == (1_143_879_520, 3059)

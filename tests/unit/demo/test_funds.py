"""What the demonstration says about funds holds only if it is so."""

from typing import Any

from deploy.demo.fund_replies import Earmarks, Funds, SettlementSources
from deploy.demo.steps.funds import ARRIVALS, FundFacts
from deploy.demo.tables import funds


def facts(arrears: str = "4.00", left: str = "1.00", part: str = "2.00") -> FundFacts:
    fund: dict[str, Any] = {
        "payer": "basic_insurance",
        "sources": [],
        "due": "10.00",
        "received": "6.00",
        "arrears": arrears,
        "risk_reserve": None,
        "outpatient_account": None,
        "pooled": "10.00",
        "commitments": {"amount": "0.00"},
        "payouts": "5.00",
        "balance": "5.00",
        "utilisation": {"numerator_fen": 500, "denominator_fen": 1000},
    }
    line = {"deposited": "6.00", "settlements": "5.00", "set_apart": "0.00", "other": "0.00", "left": left}
    earmarks = {"rule": "fifo", "earmarks": [{"earmark": "central", **line}]}
    paid = {"payer": "basic_insurance", "amount": "2.00", "attributed": True}
    sources = {"payers": [{**paid, "parts": [{"amount": part, "earmark": "central"}]}]}
    return FundFacts(
        Funds.model_validate({"funds": [fund], "bank": "6.00"}),
        {"basic_insurance": Earmarks.model_validate(earmarks)},
        SettlementSources.model_validate(sources),
    )


def test_funds_that_add_up_have_no_fault() -> None:
    assert funds.faults(facts(), 600) == []


def test_money_that_is_missing_anywhere_is_a_fault() -> None:
    assert len(funds.faults(facts(), 601)) == 1
    assert len(funds.faults(facts(arrears="3.99"), 600)) == 1
    assert len(funds.faults(facts(left="1.01"), 600)) == 1
    assert len(funds.faults(facts(part="1.99"), 600)) == 1


def test_some_sources_of_the_sample_county_are_in_arrears() -> None:
    arrived: dict[str, int] = {}
    for each in ARRIVALS:
        arrived[each.source] = arrived.get(each.source, 0) + each.percent
    assert (arrived["central"], arrived["city"], arrived["county"]) == (100, 50, 30)

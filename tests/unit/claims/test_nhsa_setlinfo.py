"""Settlements as the national interface tells them: 41 fields, payers by code, and four identities."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.adjudicate import Decision, accumulator_kinds, adjudicate
from services.claims.benefits.facts import Facts
from services.claims.benefits.policy import PolicyVersion
from services.claims.benefits.steps import steps_as_dicts
from services.claims.nhsa.codes import FUNDS, FundPayType, codes
from services.claims.nhsa.envelope import OK, heard, reply
from services.claims.nhsa.fields import yuan
from services.claims.nhsa.setlinfo import About, Shares, age, reasons, setldetail, setlinfo, shares
from services.claims.nhsa.vault import Known
from services.claims.settlements.record import Settlement
from tests.support.books import shipped_versions
from tests.support.full_pack import full_pack
from tests.support.visits import visit
from tests.unit.claims.test_properties import visits

FIELDS = [
    *("mdtrt_id", "setl_id", "psn_no", "psn_name", "psn_cert_type", "certno", "gend", "naty", "brdy", "age"),
    *("insutype", "psn_type", "cvlserv_flag", "setl_time", "mdtrt_cert_type", "med_type"),
    *("medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"),
    *("act_pay_dedc", "hifp_pay", "pool_prop_selfpay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay"),
    *("maf_pay", "hosp_part_amt", "oth_pay", "fund_pay_sumamt", "psn_part_amt", "acct_pay", "psn_cash_pay"),
    *("balc", "acct_mulaid_pay", "medins_setl_id", "clr_optins", "clr_way", "clr_type"),
]
SHIPPED = shipped_versions()
EVERY_LAYER = [full_pack(yearly=True), full_pack(yearly=False)]
CODES = codes()
ABOUT = About(
    mdtrt_id="A" * 26,
    insutype="390",
    cert_type="02",
    med_type="21",
    clr_type="21",
    medins_setl_id="H" * 30,
    known=Known("990101197005170010", "张三"),
    sex="1",
    birth_date=date(1970, 5, 17),
)


def types_of(version: PolicyVersion) -> dict[str, FundPayType]:
    return {layer.payer: CODES.fund_pay_type(layer.fund_pay_type, layer.title) for layer in version.layers}


def settlement_of(facts: Facts, decision: Decision) -> Settlement:
    now, nobody = datetime(2026, 3, 9, 2, tzinfo=UTC), UUID(int=1)
    values: dict[str, Any] = dict.fromkeys(Settlement._fields[: Settlement._fields.index("payers")])
    for name in ("total", "non_covered", "over_limit", "upfront_copay", "eligible", "person_pays"):
        values[f"{name}_fen"] = getattr(decision, f"{name}_fen")
    days = {"discharged_on": facts.discharged_on, "settled_at": now}
    ids = {"id": nobody, "person_id": nobody, "division_code": "990101200203"}
    return Settlement(**{**values, **days, **ids}, payers=decision.payers)


def told(version: PolicyVersion, facts: Facts, used: dict[str, int]) -> tuple[dict[str, Any], Shares]:
    decision = adjudicate(version, facts, used)
    types = types_of(version)
    found = shares(decision.payers, types, CODES)
    settlement = settlement_of(facts, decision)
    why = reasons(steps_as_dicts(decision.steps), types)
    assert sum(amount for *_, amount in found.detail) == sum(amount for _, amount in decision.payers)
    rows = setldetail(settlement, found, why.by_payer)
    assert all(row["setl_proc_info"] for row in rows)
    return setlinfo(settlement, ABOUT, found, CODES, why.deductible_fen), found


@pytest.mark.parametrize("version", [*SHIPPED, *EVERY_LAYER], ids=lambda each: f"{each.pack} {each.version}")
@given(data=st.data())
def test_the_four_identities_hold(version: PolicyVersion, data: st.DataObject) -> None:
    facts = data.draw(visits())
    used = {kind: data.draw(st.integers(0, 10**7)) for kind in accumulator_kinds(version, facts)}
    info, _ = told(version, facts, used)
    assert info["fund_pay_sumamt"] == sum(info[f"{part}_pay"] for part in FUNDS)
    assert info["medfee_sumamt"] == info["fund_pay_sumamt"] + info["psn_part_amt"] + info["hosp_part_amt"]
    assert info["psn_part_amt"] == info["acct_pay"] + info["psn_cash_pay"] + info["acct_mulaid_pay"]
    taken = info["fulamt_ownpay_amt"] + info["overlmt_selfpay"] + info["preselfpay_amt"]
    assert info["inscp_scp_amt"] == info["medfee_sumamt"] - taken
    assert all(value >= 0 for value in info.values() if isinstance(value, Decimal))


def test_setlinfo_has_the_41_fields_in_their_order() -> None:
    info, _ = told(SHIPPED[0], visit(876_600), {})
    assert list(info) == FIELDS
    assert len(FIELDS) == 41


@pytest.mark.parametrize("version", SHIPPED, ids=lambda each: f"{each.pack} {each.version}")
def test_every_payer_of_a_shipped_pack_has_a_code_that_the_table_lists(version: PolicyVersion) -> None:
    for layer in version.layers:
        assert layer.fund_pay_type in CODES.fund_pay_types
        if layer.payer in CODES.payers:
            assert CODES.payers[layer.payer] == layer.fund_pay_type


def test_a_payer_without_any_code_is_another_fund_and_still_adds_up() -> None:
    found = shares([("basic_insurance", 100), ("somebody", 20), ("provider", 3)], {}, CODES)
    assert [(known.code, amount) for _, known, amount in found.detail] == [
        ("390100", 100),
        ("999997", 20),
        ("999996", 3),
    ]
    assert (found.fund_fen, found.parts["hosp"]) == (120, 3)


def test_what_the_account_pays_is_the_person_s_part() -> None:
    account = CODES.fund_pay_type("310200", "")
    found = shares([("account", 30)], {"account": account}, CODES)
    facts = visit(100)
    decision = adjudicate(SHIPPED[0], facts, {})
    settlement = settlement_of(facts, decision)._replace(person_pays_fen=70, payers=(("account", 30),))
    info = setlinfo(settlement, ABOUT, found, CODES)
    assert (info["acct_pay"], info["psn_cash_pay"], info["psn_part_amt"]) == (yuan(30), yuan(70), yuan(100))
    assert info["fund_pay_sumamt"] == 0


def test_the_deductible_is_what_counted_of_the_basic_insurance_s() -> None:
    sample = [each for each in SHIPPED if each.pack == "sample-county"][-1]
    assert told(sample, visit(876_600), {})[0]["act_pay_dedc"] == yuan(60_000)
    assert told(sample, visit(100), {})[0]["act_pay_dedc"] == yuan(100)


@pytest.mark.parametrize(
    ("born", "on", "expected"),
    [
        (date(2026, 3, 1), date(2026, 3, 31), "0.0"),
        (date(2026, 1, 1), date(2026, 4, 1), "0.2"),
        (date(2024, 2, 29), date(2025, 2, 28), "0.9"),
        (date(2024, 2, 29), date(2025, 3, 1), "1.0"),
        (date(1970, 5, 17), date(2026, 5, 16), "55.9"),
        (date(1970, 5, 17), date(2026, 5, 17), "56.0"),
    ],
)
def test_age_has_one_decimal_and_is_rounded_down(born: date, on: date, expected: str) -> None:
    assert str(age(born, on)) == expected


def test_amounts_are_json_numbers_with_two_decimals() -> None:

    sent = reply(
        heard("990101", datetime(2026, 3, 9, tzinfo=UTC), 7), OK, "", {"a": yuan(120), "b": yuan(-5)}
    )
    assert b'"output":{"a":1.20,"b":-0.05}' in sent
    parsed = json.loads(sent)
    assert parsed["inf_refmsgid"] == "990101" + "20260309080000" + "0000000007"
    assert parsed["refmsg_time"] == "20260309080000000"

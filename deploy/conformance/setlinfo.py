"""What always holds of a settlement's reply, whatever policy an installation has."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from deploy.conformance.sheet import Mismatch, same

FUNDS: Final = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay")
AMOUNTS: Final = (
    *("medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"),
    *FUNDS,
    *("hosp_part_amt", "fund_pay_sumamt", "psn_part_amt", "acct_pay", "psn_cash_pay", "acct_mulaid_pay"),
)
FIELDS: Final = (
    *("mdtrt_id", "setl_id", "psn_no", "psn_name", "psn_cert_type", "certno", "gend", "naty", "brdy", "age"),
    *("insutype", "psn_type", "cvlserv_flag", "setl_time", "mdtrt_cert_type", "med_type"),
    *AMOUNTS,
    *("act_pay_dedc", "pool_prop_selfpay", "balc", "medins_setl_id", "clr_optins", "clr_way", "clr_type"),
)
"""The 41 fields of setlinfo."""
_NOT_FUNDS: Final = ("310200", "999996")
"""fund_pay_type of the person's account and of what the hospital carries."""


def amount(info: Mapping[str, Any], name: str) -> Decimal:
    """An amount with at most two decimals."""
    try:
        value = Decimal(str(info[name]))
    except (KeyError, InvalidOperation) as error:
        raise Mismatch(f"{name} 缺失或不是数值") from error
    if value != round(value, 2):
        raise Mismatch(f"{name} 多于两位小数：{value}")
    return value


def has_every_field(info: Mapping[str, Any]) -> None:
    """All 41 fields are there, empty or not."""
    missing = [name for name in FIELDS if name not in info]
    if missing:
        raise Mismatch(f"setlinfo 缺少字段：{'、'.join(missing)}")


def adds_up(info: Mapping[str, Any]) -> None:
    """The four identities of the interface."""
    of = {name: amount(info, name) for name in AMOUNTS}
    same("fund_pay_sumamt 等于各基金之和", of["fund_pay_sumamt"], sum(of[name] for name in FUNDS))
    parts = of["fund_pay_sumamt"] + of["psn_part_amt"] + of["hosp_part_amt"]
    same("medfee_sumamt 等于基金、个人、医院之和", of["medfee_sumamt"], parts)
    person = of["acct_pay"] + of["psn_cash_pay"] + of["acct_mulaid_pay"]
    same("psn_part_amt 等于账户、现金、共济之和", of["psn_part_amt"], person)
    outside = of["fulamt_ownpay_amt"] + of["overlmt_selfpay"] + of["preselfpay_amt"]
    same("inscp_scp_amt 等于总额减范围外", of["inscp_scp_amt"], of["medfee_sumamt"] - outside)


def detail_adds_up(info: Mapping[str, Any], detail: Any) -> None:
    """setldetail lists every fund once or more, and no fen beside them."""
    if not isinstance(detail, list):
        raise Mismatch("没有 setldetail")
    funds = sum(amount(row, "fund_payamt") for row in detail if row["fund_pay_type"] not in _NOT_FUNDS)
    same("setldetail 各基金之和等于 fund_pay_sumamt", Decimal(funds), amount(info, "fund_pay_sumamt"))


def nothing_negative(info: Mapping[str, Any]) -> None:
    """A settlement has no negative amount."""
    below = [name for name in AMOUNTS if amount(info, name) < 0]
    if below:
        raise Mismatch(f"金额为负：{'、'.join(below)}")


def expected(info: Mapping[str, Any], amounts: Mapping[str, str]) -> None:
    """The amounts of a golden case."""
    for name, value in amounts.items():
        same(name, amount(info, name), Decimal(value))


def taken_back(info: Mapping[str, Any], settled: Mapping[str, Any]) -> None:
    """A cancellation repeats every amount with the other sign."""
    for name in AMOUNTS:
        same(f"撤销的 {name}", amount(info, name), -amount(settled, name))

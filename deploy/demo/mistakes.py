"""Bad messages that real hospital systems send; each must be refused with its own code, nothing written."""

import copy
from collections.abc import Callable
from datetime import date, timedelta

from deploy.demo.id_numbers import with_check_digit
from deploy.demo.model import COUNTY_CODE
from deploy.demo.settlement_request import SettlementRequest
from shared.money import format_yuan, parse_yuan

_FAKE_FACILITY = "H99010199999"

Spoil = Callable[[SettlementRequest], None]


def total_off_by_a_fen(request: SettlementRequest) -> None:
    request["total"] = format_yuan(parse_yuan(request["total"]) + 1)


def line_does_not_multiply(request: SettlementRequest) -> None:
    """Quantity times price is not the line's amount, although the lines add up to the total."""
    charge = request["charges"][0]
    charge["amount"] = format_yuan(parse_yuan(charge["amount"]) + 100)
    request["total"] = format_yuan(parse_yuan(request["total"]) + 100)


def unknown_provider(request: SettlementRequest) -> None:
    request["facility_code"] = _FAKE_FACILITY


def unknown_patient(request: SettlementRequest) -> None:
    """A right number that the registry has never seen."""
    request["patient"]["id_number"] = with_check_digit(f"{COUNTY_CODE}19500101997")


def wrong_check_digit(request: SettlementRequest) -> None:
    number = request["patient"]["id_number"]
    request["patient"]["id_number"] = number[:-1] + ("1" if number[-1] == "0" else "0")


def dates_reversed(request: SettlementRequest) -> None:
    discharged_on = date.fromisoformat(request["discharged_on"])
    request["admitted_on"] = (discharged_on + timedelta(days=2)).isoformat()


def three_decimals(request: SettlementRequest) -> None:
    request["total"] += "5"


def no_charges(request: SettlementRequest) -> None:
    request["charges"] = []


def more_charges(request: SettlementRequest) -> None:
    """A changed bill that adds up: one line is there twice as much."""
    charge = copy.copy(request["charges"][0])
    request["charges"].append(charge)
    request["total"] = format_yuan(parse_yuan(request["total"]) + parse_yuan(charge["amount"]))


SPOILED: dict[str, Spoil] = {
    "合计与明细差一分": total_off_by_a_fen,
    "数量乘单价不等于金额": line_does_not_multiply,
    "医疗机构不存在": unknown_provider,
    "查无此人": unknown_patient,
    "证件号码校验码错误": wrong_check_digit,
    "入院晚于出院": dates_reversed,
    "金额有三位小数": three_decimals,
    "没有收费明细": no_charges,
}
NOT_ENROLLED = "就诊当日未参保"
OTHER_CONTENT = "同一就诊号内容不同"
REUSED_KEY = "同一幂等键内容不同"


def spoiled(request: SettlementRequest, spoil: Spoil, visit_no: str) -> SettlementRequest:
    """A copy of a good request under its own visit number, with one mistake in it."""
    changed = copy.deepcopy(request)
    changed["visit_no"] = visit_no
    spoil(changed)
    return changed

"""Codes of the national interface against our own words, as shipped in ``codes.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

_FILE: Final = Path(__file__).with_name("codes.yaml")
FUNDS: Final = ("hifp", "cvlserv", "hifes", "hifmi", "hifob", "maf", "oth")
"""The amounts of setlinfo that fund_pay_sumamt is the sum of."""
PARTS: Final = (*FUNDS, "hosp", "acct")


@dataclass(frozen=True, slots=True)
class FundPayType:
    """A fund_pay_type and the amount of setlinfo that it counts in."""

    code: str
    name: str
    part: str


@dataclass(frozen=True, slots=True)
class MedType:
    """A med_type: which of our visit types it is, and how its settlement is cleared."""

    code: str
    visit_type: str
    care: str
    clr_type: str


@dataclass(frozen=True, slots=True)
class Codes:
    """The tables of ``codes.yaml``."""

    fund_pay_types: Mapping[str, FundPayType]
    payers: Mapping[str, str]
    other_payer: str
    med_types: Mapping[str, MedType]
    insutypes: Mapping[str, str]
    categories: Mapping[str, str]
    """Charge type to our category."""
    charge_types_by_code: Mapping[str, str]
    other_charge_type: str
    item_classes: Mapping[str, str]
    identities: Mapping[str, tuple[str, str]]
    """Category to code and name."""
    accumulators: Mapping[str, str]
    differences: Mapping[str, str]
    """Kind of difference to the stmt_rslt of a line."""
    voucher_types: Mapping[str, str]
    """mdtrt_cert_type to what its number is: token, id_number, card."""
    settlement: Mapping[str, str]

    def med_type_of(self, visit_type: str) -> MedType:
        """The med_type of one of our visit types."""
        return next(each for each in self.med_types.values() if each.visit_type == visit_type)

    def charge_type_of(self, category: str) -> str:
        """The med_chrgitm_type of one of our charge categories."""
        found = (code for code, known in self.categories.items() if known == category)
        return next(found, self.other_charge_type)

    def level_of(self, item_class: str) -> str:
        """The chrgitm_lv of one of our item classes."""
        return next(code for code, known in self.item_classes.items() if known == item_class)

    def charge_type(self, stated: str | None, item_code: str) -> str:
        """The charge type of a line: as stated, else by the beginning of its national code."""
        return stated or self.charge_types_by_code.get(item_code[:1], self.other_charge_type)

    def fund_pay_type(self, code: str, title: str) -> FundPayType:
        """What is known of a code; a code of a pack that no table lists counts as another fund."""
        return self.fund_pay_types.get(code) or FundPayType(code, title, "oth")


@cache
def codes() -> Codes:
    """The tables in force; a row without a known source or an amount that does not exist is an error."""
    raw: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    for table in raw.values():
        for row in table if isinstance(table, list) else ():
            if "source" in row and row["source"] not in raw["sources"]:
                raise ValueError(f"codes.yaml does not list the source {row['source']}")
    funds = {row["code"]: FundPayType(row["code"], row["name"], row["part"]) for row in raw["fund_pay_types"]}
    if not {each.part for each in funds.values()} <= set(PARTS):
        raise ValueError("codes.yaml names an amount that setlinfo does not have")
    return Codes(
        fund_pay_types=funds,
        payers={row["payer"]: row["code"] for row in raw["payers"]},
        other_payer=raw["other_payer"],
        med_types={
            row["code"]: MedType(row["code"], row["visit_type"], row["care"], row["clr_type"])
            for row in raw["med_types"]
        },
        insutypes={row["scheme"]: row["code"] for row in raw["insutypes"]},
        categories={row["code"]: row["category"] for row in raw["charge_types"]},
        charge_types_by_code={row["begins"]: row["code"] for row in raw["charge_types_by_code"]},
        other_charge_type=raw["other_charge_type"],
        item_classes={row["code"]: row["item_class"] for row in raw["charge_levels"]},
        identities={row["category"]: (row["code"], row["name"]) for row in raw["identities"]},
        accumulators={row["kind"]: row["code"] for row in raw["accumulators"]},
        differences={row["kind"]: row["code"] for row in raw["differences"]},
        voucher_types={row["code"]: row["carries"] for row in raw["voucher_types"]},
        settlement=raw["settlement"],
    )

"""Golden cases, and the inputs of the transactions that carry them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

_SHIPPED = Path(__file__).with_name("cases.yaml")


@dataclass(frozen=True, slots=True)
class Case:
    """One bill and the amounts that its settlement has."""

    title: str
    lines: list[dict[str, str]]
    expect: dict[str, str]

    @property
    def total(self) -> float:
        """What the bill adds up to, as the interface sends it."""
        return float(sum((Decimal(line["amount"]) for line in self.lines), Decimal()))


def load(own: Path | None) -> dict[str, Case]:
    """The shipped cases; ``own`` adds an installation's amounts (its policy's) by case."""
    found = yaml.safe_load(_SHIPPED.read_text("utf-8"))
    added: Mapping[str, Mapping[str, str]] = yaml.safe_load(own.read_text("utf-8")) if own else {}
    unknown = set(added) - set(found)
    if unknown:
        raise ValueError(f"no such case: {', '.join(sorted(unknown))}; known are {', '.join(found)}")
    return {
        name: Case(case["title"], case["lines"], {**case["expect"], **added.get(name, {})})
        for name, case in found.items()
    }


@dataclass(frozen=True, slots=True)
class Patient:
    """Who is treated; ``psn_no`` is what 1101 said."""

    certno: str
    name: str
    psn_no: str = ""
    insutype: str = "390"


def fees(case: Case, mdtrt_id: str, psn_no: str, when: str, batch: str = "B1") -> list[dict[str, Any]]:
    """``feedetail`` of 2204 and 2301."""
    return [
        {
            "feedetl_sn": f"{batch}-{place}",
            "mdtrt_id": mdtrt_id,
            "psn_no": psn_no,
            "chrg_bchno": batch,
            "med_list_codg": line["code"],
            "medins_list_codg": line["code"],
            "medins_list_name": line["name"],
            "fee_ocur_time": when,
            "det_item_fee_sumamt": float(line["amount"]),
            "cnt": float(line["count"]),
            "pric": float(line["price"]),
            "chrgitm_lv": line["level"],
            "selfpay_prop": float(line.get("selfpay", "0")),
            **({"pric_uplmt_amt": float(line["limit"])} if "limit" in line else {}),
        }
        for place, line in enumerate(case.lines, 1)
    ]


def diagnoses(code: str, name: str) -> list[dict[str, Any]]:
    """``diseinfo`` with one diagnosis."""
    return [{"diag_type": "1", "diag_srt_no": 1, "diag_code": code, "diag_name": name, "maindiag_flag": "1"}]


def settling(case: Case, patient: Patient, mdtrt_id: str, med_type: str) -> dict[str, Any]:
    """The input of 2206, 2207, 2303 and 2304."""
    return {
        "data": {
            "psn_no": patient.psn_no,
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": patient.certno,
            "med_type": med_type,
            "medfee_sumamt": case.total,
            "psn_setlway": "01",
            "mdtrt_id": mdtrt_id,
            "acct_used_flag": "0",
            "insutype": patient.insutype,
            "mid_setl_flag": "0",
            "invono": "",
        }
    }

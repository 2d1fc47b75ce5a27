"""Policy packs to publish: the sample county's version of 2026, under other names and for other counties."""

import copy
from typing import Any

import yaml

from services.claims.policies.load import HERE

TEXT = (HERE / "sample-county" / "2026-01-01.yaml").read_text(encoding="utf-8")
_DATA: dict[str, Any] = yaml.safe_load(TEXT)
INPATIENT_RATE = "layers/0/benefits/0/rate/rows/1/rate"
"""What basic insurance pays of a stay in a county hospital, 0.75."""
EXAMPLE_RESULTS = "examples/{}/expect/payers/basic_insurance"


def place(data: Any, path: str, value: Any) -> None:
    """Put a value at a place such as ``layers/0/title``."""
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in parents:
        data = data[part]
    data[last] = value


def pack(name: str, jurisdiction: str, **places: Any) -> dict[str, Any]:
    """The sample pack under another name, with what ``places`` say; ``__`` stands for the slash."""
    data: dict[str, Any] = copy.deepcopy(_DATA)
    data |= {"pack": name, "jurisdiction": jurisdiction}
    for path, value in places.items():
        place(data, path.replace("__", "/"), value)
    return data


def outpatient_pack(name: str, jurisdiction: str, begins: str, rate: str) -> dict[str, Any]:
    """A pack of one layer that pays one rate of every outpatient visit, with its twelve examples."""
    ground = {"source": "notice", "clause": f"门诊支付{rate}", "verified": False}
    benefit = {
        "id": "out.benefit",
        "title": "门诊",
        "when": {"visit_types": ["outpatient"]},
        **ground,
        "rate": {"rows": [{"id": "out.rate", "rate": rate, **ground}]},
    }
    return {
        "pack": name,
        "effective_from": begins,
        "jurisdiction": jurisdiction,
        "title": "门诊办法",
        "governing_date": "discharge",
        "sources": {"notice": {"title": "某县通知"}},
        "accumulators": {},
        "layers": [
            {
                "kind": "basic_insurance",
                "payer": "basic_insurance",
                "title": "居民医保",
                "fund_pay_type": "390100",
                "benefits": [benefit],
            }
        ],
        "examples": [_example(number, begins, rate) for number in range(1, 13)],
    }


def _example(number: int, day: str, rate: str) -> dict[str, Any]:
    """A visit of so many hundred yuan on the first day."""
    pays = number * round(float(rate) * 100)
    return {
        "name": f"门诊{number}百元",
        "visit": {
            "visit_type": "outpatient",
            "discharged_on": day,
            "level": 2,
            "place": "in_county",
            "referral": "not_needed",
        },
        "charges": [{"class": "A", "amount": f"{number * 100}.00"}],
        "expect": {
            "eligible": f"{number * 100}.00",
            "payers": {"basic_insurance": f"{pays}.00"},
            "person_pays": f"{number * 100 - pays}.00",
        },
    }


def as_yaml(data: dict[str, Any]) -> bytes:
    """The pack as a body."""
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False).encode()

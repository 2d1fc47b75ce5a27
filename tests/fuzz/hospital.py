"""A hospital at the national interface for the fuzzer: registered, signed in, its messages well addressed."""

import hashlib
import os
from datetime import datetime
from typing import Any

import httpx

from deploy.local.layout import ROOT
from deploy.local.system import LocalSystem
from services.claims.nhsa.document import message
from services.claims.nhsa.transactions.table import TRANSACTIONS
from shared.clock import SHANGHAI

FACILITY = "H99010100001"
TOKEN, SIGN_NO = "KANGFU_FUZZ_HOSPITAL", "KANGFU_FUZZ_SIGN_NO"
_PROVIDER = {
    "name": "县人民医院",
    "level": 2,
    "division_code": "990101",
    "visit_types": ["inpatient", "outpatient", "chronic_outpatient", "delivery"],
}


def environment(system: LocalSystem) -> dict[str, str]:
    """What the fuzzer's settings and hooks read: the hospital's token and sign-in; where this package is."""
    tokens = system.config.tokens()
    hospital = tokens[f"hospital:{FACILITY}"]
    with httpx.Client(base_url=system.config.url("claims-api"), trust_env=False) as client:
        agency = {"Authorization": f"Bearer {tokens['agency']}"}
        client.put(f"/v1/providers/{FACILITY}", json=_PROVIDER, headers=agency)
        asked = message("9001", {"signIn": {"opter_no": "0001"}})
        reply = client.post("/nhsa", json=asked, headers={"Authorization": f"Bearer {hospital}"})
        sign_no: str = reply.json()["output"]["signinoutb"]["sign_no"]
    return {**os.environ, "PYTHONPATH": str(ROOT), TOKEN: hospital, SIGN_NO: sign_no}


def addressed(body: dict[str, Any]) -> dict[str, Any]:
    """A generated message with a known infno, the hospital's code, a msgid and sign-in, where it has such."""
    number = int.from_bytes(hashlib.sha256(repr(body).encode()).digest()[:4], "big")
    moment = datetime.fromtimestamp(1_700_000_000 + number // 10_000, SHANGHAI)
    known = list(TRANSACTIONS)
    right = {
        "infno": known[number % len(known)],
        "fixmedins_code": FACILITY,
        "msgid": f"{FACILITY}{moment:%Y%m%d%H%M%S}{number % 10_000:04d}",
        "sign_no": os.environ.get(SIGN_NO, ""),
    }
    # One in eight stays as it was generated.
    return body if number % 8 == 0 else {**body, **{name: right[name] for name in right if name in body}}

"""How closed records are written down and hashed, in one way only. Pure.

Each record is one JSON array, as PostgreSQL's ``json_build_array`` and Python's ``json.dumps`` both write it.
A link is SHA-256 over the link before and the record. The links of a county begin with a hash of its code, go
through the transfers of its first close, and on from that close's own hash.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

TRANSFER: Final = (
    *("no", "booked_at", "county_code", "year", "facility_code", "kind", "debit_account"),
    *("credit_account", "amount_fen", "settlement_id", "reference", "reverses"),
)
"""Fields of a transfer in the order in which they are hashed; ``booked_at`` in UTC with microseconds."""

CLOSE: Final = (
    *("county_code", "no", "business_date", "closed_at", "closed_by", "transfers", "first_no", "last_no"),
    *("amount_fen", "settlements", "reversals", "charged_fen", "booked_fen", "stated_fen", "previous_hash"),
    "last_link",
)
"""Fields of a close in the order in which they are hashed; hashes in hexadecimal."""

STATEMENT: Final = (
    *("facility_code", "settlements", "reversals", "charged_fen", "booked_fen", "stated_fen"),
    *("due_before_fen", "due_after_fen", "movements"),
)
"""Fields of a provider statement in the order in which they are hashed."""

INSTANT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


def genesis(county_code: str) -> bytes:
    """Where the chain of a county begins."""
    return hashlib.sha256(county_code.encode()).digest()


def line(values: Sequence[Any]) -> str:
    """A record as it is hashed."""
    return json.dumps(list(values), ensure_ascii=False)


def link(previous: bytes, text: str) -> bytes:
    """The next link of a chain."""
    return hashlib.sha256(previous + text.encode()).digest()


def close_text(close: Sequence[Any], statements: Iterable[Sequence[Any]]) -> str:
    """A close with its provider statements, ordered by provider, as it is hashed."""
    return "\n".join([line(close), *(line(statement) for statement in statements)])

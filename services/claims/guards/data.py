"""Daily limits of charge items as shipped."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from services.claims.guards.rules import ItemLimits
from services.claims.shipped_rules import read_rules

_FILE: Final = Path(__file__).with_name("item_limits.yaml")
_MILLI: Final = 1000


@cache
def item_limits() -> ItemLimits:
    """The limits in force; a row without a known source or with a limit that is no number is an error."""
    rules = read_rules(_FILE)
    rows = rules.content["limits"]
    return ItemLimits(
        {row["item_code"]: int(Decimal(row["per_day"]) * _MILLI) for row in rows},
        {row["item_code"]: rules.source_of(row) for row in rows},
    )

"""Daily limits of charge items as shipped."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from services.claims.guards.rules import ItemLimits

_FILE: Final = Path(__file__).with_name("item_limits.yaml")
_MILLI: Final = 1000


@cache
def item_limits() -> ItemLimits:
    """The limits in force; a row without a known source or with a limit that is no number is an error."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    rows = raw["limits"]
    return ItemLimits(
        {row["item_code"]: int(Decimal(row["per_day"]) * _MILLI) for row in rows},
        {row["item_code"]: f"{raw['sources'][row['source']]['title']}：{row['clause']}" for row in rows},
    )

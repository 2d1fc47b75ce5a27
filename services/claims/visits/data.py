"""The deposit waivers as shipped."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from services.claims.visits.rules import DepositWaiver

_FILE: Final = Path(__file__).with_name("deposit_waivers.yaml")


@cache
def deposit_waivers() -> tuple[DepositWaiver, ...]:
    """The rules in their order; one without a known source is an error."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    titles = {name: source["title"] for name, source in raw["sources"].items()}
    return tuple(
        DepositWaiver(
            id=row["id"],
            title=row["title"],
            effective_from=date.fromisoformat(row["effective_from"]),
            categories=frozenset(row["categories"]),
            visit_types=frozenset(row["visit_types"]),
            places=frozenset(row["places"]),
            referrals=frozenset(row["referrals"]),
            source=f"{titles[row['source']]}：{row['clause']}",
            verified=row["verified"],
        )
        for row in raw["rules"]
    )

"""The deposit waivers as shipped."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from services.claims.shipped_rules import read_rules
from services.claims.visits.rules import DepositWaiver

_FILE: Final = Path(__file__).with_name("deposit_waivers.yaml")


@cache
def deposit_waivers() -> tuple[DepositWaiver, ...]:
    """The rules in their order; one without a known source is an error."""
    rules = read_rules(_FILE)
    return tuple(
        DepositWaiver(
            id=row["id"],
            title=row["title"],
            effective_from=date.fromisoformat(row["effective_from"]),
            categories=frozenset(row["categories"]),
            visit_types=frozenset(row["visit_types"]),
            places=frozenset(row["places"]),
            referrals=frozenset(row["referrals"]),
            source=rules.source_of(row),
            verified=row["verified"],
        )
        for row in rules.content["rules"]
    )

"""The rules of keeping funds, as shipped."""

from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from services.claims.funds.allocation import RULES

_FILE: Final = Path(__file__).with_name("rules.yaml")


class LineageRule(NamedTuple):
    """By which rule the funds of these counties and payers are attributed; no payers means all."""

    counties: tuple[str, ...]
    payers: frozenset[str]
    rule: str


class FundRules(NamedTuple):
    """For how many years after its end a year takes receipts, and how money is attributed."""

    open_years: int
    lineage: tuple[LineageRule, ...]

    def rule_of(self, payer: str, county_code: str) -> str:
        """``fifo`` or ``ratio`` for one fund."""
        return next(
            row.rule
            for row in self.lineage
            if county_code.startswith(row.counties) and (not row.payers or payer in row.payers)
        )


@cache
def fund_rules() -> FundRules:
    """The rules in force; one without a known source, or an unknown way of attributing, is an error."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    used = {raw["open_years"]["source"], *(row["source"] for row in raw["lineage"])}
    if not used <= raw["sources"].keys():
        raise ValueError("rules.yaml names a source that it does not list")
    rows = tuple(
        LineageRule(tuple(row["counties"]), frozenset(row["payers"]), row["rule"]) for row in raw["lineage"]
    )
    if not {row.rule for row in rows} <= set(RULES) or rows[-1].payers or "" not in rows[-1].counties:
        raise ValueError("rules.yaml must end with a row for every fund, and knows fifo and ratio only")
    return FundRules(raw["open_years"]["years"], rows)

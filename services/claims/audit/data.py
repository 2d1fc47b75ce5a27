"""The audit rules as shipped."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from services.claims.audit.model import (
    AnyRule,
    AuditRules,
    CostOutlier,
    DayLimits,
    DrugShare,
    Duplicates,
    Fit,
    Hearing,
    PatientFit,
    PriceLimits,
)
from shared.money import parse_rate

_FILE: Final = Path(__file__).with_name("rules.yaml")
_COMMON: Final = ("id", "kind", "title", "clause", "verified", "valid_from")


@cache
def audit_rules() -> AuditRules:
    """The rules in force; a rule without a known source, or of an unknown kind, is an error."""
    return read(yaml.safe_load(_FILE.read_text(encoding="utf-8")))


def read(raw: Mapping[str, Any]) -> AuditRules:
    """The rules that a document states."""
    titles = {name: source["title"] for name, source in raw["sources"].items()}
    hearings = tuple(
        Hearing(each["valid_from"], each["days"], titles[each["source"]], each["clause"], each["verified"])
        for each in raw["hearing"]
    )
    return AuditRules(tuple(_rule(each, titles) for each in raw["rules"]), hearings)


def _rule(raw: Mapping[str, Any], titles: Mapping[str, str]) -> AnyRule:
    valid_to: date | None = raw.get("valid_to")
    common = {name: raw[name] for name in _COMMON}
    return _KINDS[raw["kind"]](raw, {**common, "source": titles[raw["source"]], "valid_to": valid_to})


def _duplicates(raw: Mapping[str, Any], common: dict[str, Any]) -> AnyRule:
    return Duplicates(**common, categories=tuple(raw["categories"]))


def _prices(raw: Mapping[str, Any], common: dict[str, Any]) -> AnyRule:
    limits = {
        (row["item_code"], level): _scaled(price, 10_000)
        for row in raw["limits"]
        for level, price in row["by_level"].items()
    }
    return PriceLimits(**common, limits=limits)


def _days(raw: Mapping[str, Any], common: dict[str, Any]) -> AnyRule:
    per_day = {row["item_code"]: _scaled(row["quantity"], 1_000) for row in raw["per_day"]}
    return DayLimits(**common, visit_types=tuple(raw["visit_types"]), per_day_milli=per_day)


def _fit(raw: Mapping[str, Any], common: dict[str, Any]) -> AnyRule:
    diagnoses, items = (tuple(map(_one_fit, raw.get(name, ()))) for name in ("diagnoses", "items"))
    return PatientFit(**common, diagnoses=diagnoses, items=items)


def _one_fit(row: Mapping[str, Any]) -> Fit:
    return Fit(row["prefix"], row["name"], row.get("sex"), row.get("from_age"), row.get("to_age"))


def _drugs(raw: Mapping[str, Any], common: dict[str, Any]) -> AnyRule:
    return DrugShare(
        **common,
        categories=tuple(raw["categories"]),
        levels=tuple(raw["levels"]),
        limit_bp=parse_rate(raw["limit"]),
        from_visits=raw["from_visits"],
    )


def _costs(raw: Mapping[str, Any], common: dict[str, Any]) -> AnyRule:
    return CostOutlier(
        **common,
        visit_types=tuple(raw["visit_types"]),
        ratio_percent=_scaled(raw["ratio"], 100),
        deviations_percent=_scaled(raw["deviations"], 100),
        from_visits=raw["from_visits"],
        from_peers=raw["from_peers"],
    )


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any], dict[str, Any]], AnyRule]]] = {
    "duplicate_same_visit": _duplicates,
    "duplicate_same_day": _duplicates,
    "price_above_limit": _prices,
    "quantity_above_days": _days,
    "patient_fit": _fit,
    "drug_share": _drugs,
    "cost_outlier": _costs,
}


def _scaled(number: str, by: int) -> int:
    scaled = Decimal(number) * by
    if scaled != int(scaled):
        raise ValueError(f"{number} has too many decimals")
    return int(scaled)

"""Visits and small packs for tests of the benefit rules."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from services.claims.benefits.facts import Charge, Facts

A_DAY = date(2026, 3, 9)


def charge(
    amount_fen: int,
    item_class: str = "A",
    self_pay_rate_bp: int = 0,
    price_limit_e4: int | None = None,
    quantity_milli: int = 1_000,
    unit_price_e4: int | None = None,
) -> Charge:
    """One line; the unit price of one item is its amount."""
    price = amount_fen * 100 if unit_price_e4 is None else unit_price_e4
    rest = (item_class, self_pay_rate_bp, quantity_milli, price, amount_fen, price_limit_e4)
    return Charge("330100001", "项目", "other", *rest)


def visit(charges: int | Iterable[Charge], **changes: Any) -> Facts:
    """An inpatient visit at a county hospital, or what ``changes`` make of it; fen means one line."""
    lines = (charge(charges),) if isinstance(charges, int) else tuple(charges)
    day = changes.pop("day", A_DAY)
    standard: dict[str, Any] = {
        "visit_type": "inpatient",
        "admitted_on": day,
        "discharged_on": day,
        "settled_on": day,
        "provider_level": 2,
        "place": "in_county",
        "referral": "not_needed",
        "categories": frozenset(),
        "chronic_codes": frozenset(),
        "diagnoses": ("I63.900",),
        "age": 50,
        "sex": "1",
        "charges": lines,
        "total_fen": sum(line.amount_fen for line in lines),
    }
    return Facts(**{**standard, **changes})


def rule(rule_id: str, **more: Any) -> dict[str, Any]:
    """A rule of a test pack with its source."""
    return {"id": rule_id, "source": "notice", "clause": "第一条", "verified": False, **more}


def small_pack(*layers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Plain data of a pack that has only the given layers."""
    return {
        "pack": "test",
        "effective_from": "2026-01-01",
        "jurisdiction": "990101",
        "title": "测试",
        "governing_date": "discharge",
        "sources": {"notice": {"title": "测试文件"}},
        "accumulators": {"test.paid": "累计支付", "test.used": "累计起付", "test.own": "累计自付"},
        "layers": list(layers),
        "examples": [],
        **changes,
    }


def layer(kind: str, **parts: Any) -> dict[str, Any]:
    """A layer of a test pack, its payer called like its kind unless told."""
    return {"kind": kind, "payer": kind, "title": kind, "fund_pay_type": "390100", **parts}


def rate_benefit(rate: str, **parts: Any) -> dict[str, Any]:
    """A benefit with one rate that always applies."""
    return rule("benefit", title="待遇", rate={"rows": [rule("rate", rate=rate)]}, **parts)


def fund_layer(ceiling: str, **parts: Any) -> dict[str, Any]:
    """A fund with one ceiling that always applies."""
    standard = {"per": "visit", "share_of": "total", "covers": ["eligible"], "payer": "fund"}
    return layer("fund", **rule("fund", ceilings=[rule("ceiling", rate=ceiling)]), **{**standard, **parts})

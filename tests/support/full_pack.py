"""A pack with every kind of layer, limit and carrier, with small numbers so that edges are near."""

from typing import Any

from services.claims.benefits.policy import PolicyVersion
from services.claims.benefits.read import read_version
from tests.support.visits import layer, rule, small_pack

_EVERYTHING = ["eligible", "upfront_copay", "over_limit", "non_covered"]
_ACCUMULATORS = {
    "test.admissions_count": "本年住院次数",
    "test.basic": "基本医保本年支付",
    "test.day": "当日支付",
    "test.own": "本年自付",
    "test.critical": "大病保险本年支付",
    "test.used": "救助起付",
    "test.aid": "救助本年支付",
    "test.whole": "本年总费用",
    "test.borne": "本年个人负担",
    "test.relief": "补助本年支付",
    "fund.first": "第一基金本年支付",
}


def _rows(name: str, *numbers: tuple[str, dict[str, Any]], key: str = "amount") -> list[dict[str, Any]]:
    return [rule(f"{name}.{no}", **{key: value}, **more) for no, (value, more) in enumerate(numbers)]


def _limit(name: str, per: str, amount: str, accumulator: str | None = None) -> dict[str, Any]:
    counted = {"accumulator": accumulator} if accumulator else {}
    return {"per": per, **counted, "rows": _rows(name, (amount, {}))}


def _waiver() -> dict[str, Any]:
    items = [
        rule("item.drugs", title="免费药物", item_codes=["XA", "XB01"]),
        rule("item.visits", title="巡诊", charge_categories=["rounds"], when={"categories": ["dibao"]}),
    ]
    return layer("waiver", **rule("waiver", items=items), payer="provider")


def _basic() -> dict[str, Any]:
    by_admission = _rows("first", ("60.00", {}), ("30.00", {"from_admission": 2}))
    inpatient = rule(
        "inpatient",
        title="住院",
        when={"visit_types": ["inpatient"]},
        deductible={"per": "admission", "accumulator": "test.admissions_count", "rows": by_admission[::-1]},
        rate={
            "rows": _rows("rate", ("0.95", {"when": {"levels": [0, 1]}}), ("0.70", {}), key="rate"),
            "points": _rows(
                "points", ("+0.10", {"when": {"categories": ["dibao"]}}), ("-0.20", {}), key="points"
            ),
        },
    )
    outpatient = rule(
        "outpatient",
        title="门诊",
        rate={"rows": _rows("outpatient_rate", ("0.60", {}), key="rate")},
        limits=[_limit("visit", "visit", "300.00"), _limit("day", "day", "400.00", "test.day")],
    )
    limits = [_limit("year", "year", "3000.00", "test.basic")]
    return layer("basic_insurance", benefits=[inpatient, outpatient], limits=limits)


def _critical() -> dict[str, Any]:
    tiers = [
        rule("tier.1", up_to="800.00", rate="0.50"),
        rule("tier.2", up_to="2000.00", rate="0.60"),
        rule("tier.3", up_to=None, rate="0.95"),
    ]
    return layer(
        "critical_illness",
        **rule("critical"),
        accumulator="test.own",
        deductible={"rows": _rows("critical_deductible", ("100.00", {}))},
        tiers=tiers,
        points=_rows("critical_points", ("+0.10", {"when": {"categories": ["dibao"]}}), key="points"),
        limits=[_limit("critical_limit", "year", "1500.00", "test.critical")],
    )


def _assistance() -> dict[str, Any]:
    by_rate = rule(
        "aid.rate",
        title="比例救助",
        when={"visit_types": ["inpatient"]},
        deductible={"per": "year", "accumulator": "test.used", "rows": _rows("aid_used", ("50.00", {}))},
        rate={"rows": _rows("aid_rate", ("0.30", {}), key="rate")},
    )
    tiers = [rule("aid.tier.1", up_to="40.00", rate="0.20"), rule("aid.tier.2", up_to=None, rate="0.40")]
    by_tiers = rule("aid.tiers", title="分段救助", tiers={"per": "visit", "tiers": tiers})
    limits = [_limit("aid_year", "year", "400.00", "test.aid")]
    return layer("medical_assistance", benefits=[by_rate, by_tiers], limits=limits)


def _fund(name: str, ceiling: str, **parts: Any) -> dict[str, Any]:
    head = rule(name, ceilings=[rule(f"{name}.ceiling", rate=ceiling)])
    return layer("fund", **{**head, "payer": name, "title": name, **parts})


def _funds(yearly: bool) -> list[dict[str, Any]]:
    per: dict[str, Any] = {"per": "visit"}
    if yearly:
        per = {"per": "year", "accumulators": {"whole": "test.whole", "person": "test.borne"}}
    balance = {
        "accumulator": "fund.first",
        "rows": _rows("balance", ("900.00", {})),
        "when_empty": rule("empty", payer="county", title="县财政", fund_pay_type="390100"),
    }
    first = _fund(
        "first",
        "0.20",
        **per,
        share_of="total",
        covers=["eligible", "non_covered"],
        limits=[_limit("first_visit", "visit", "500.00")],
        balance=balance,
        rest=rule("rest", payer="hospital", title="医院", fund_pay_type="610100"),
    )
    second = _fund("second", "0.05", **per, share_of="total", covers=_EVERYTHING)
    return [first, second]


def _subsidies() -> dict[str, Any]:
    delivery = rule(
        "delivery",
        title="分娩补助",
        when={"visit_types": ["delivery"]},
        per="event",
        covers=["eligible", "upfront_copay"],
        amounts=_rows("delivery_amount", ("400.00", {})),
        channels=_rows("channels", ("500.00", {})),
    )
    yearly = rule(
        "relief",
        title="年度补助",
        per="person_year",
        accumulator="test.relief",
        covers=_EVERYTHING,
        amounts=_rows("relief_amount", ("70.00", {})),
    )
    return layer("subsidy", subsidies=[delivery, yearly])


def full_pack(*, yearly: bool) -> PolicyVersion:
    """All kinds of layers; the funds' ceilings are those of the visit or of the year."""
    return read_version(
        small_pack(
            *(_waiver(), _basic(), _critical(), _assistance(), _subsidies(), *_funds(yearly)),
            accumulators=_ACCUMULATORS,
        )
    )

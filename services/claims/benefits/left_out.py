"""Why a layer of the pack has no part in a decision: which conditions failed, in Chinese.

Works from the facts, not from a stored explanation, and is not on the path of a settlement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import Charge, Facts
from services.claims.benefits.layers.waiver import WaivedItem, WaiverTerms
from services.claims.benefits.policy import Gate, Layer, PolicyVersion
from services.claims.benefits.steps import Rule

NOBODY: Final = "无"

PARTS: Final = {
    "visit_types": "就诊类型",
    "levels": "医疗机构级别",
    "places": "就医地点",
    "referrals": "转诊情况",
    "categories": "人员类别",
    "without_categories": "人员类别",
    "chronic_codes": "门诊慢特病病种",
    "designated_for": "定点救治病种",
    "diagnoses": "诊断",
    "programmes": "病种",
    "min_age": "年龄",
    "max_age": "年龄",
    "sex": "性别",
    "charges": "费用项目",
}

WORDS: Final[dict[Any, str]] = {
    "inpatient": "住院",
    "outpatient": "普通门诊",
    "chronic_outpatient": "门诊慢特病",
    "delivery": "住院分娩",
    0: "村卫生室",
    1: "一级（乡镇）",
    2: "二级（县级）",
    3: "三级（市级及以上）",
    "in_county": "县域内",
    "in_city": "县外市内",
    "out_of_city": "市外",
    "not_needed": "县域内就医（无需转诊）",
    "compliant": "依规转诊",
    "filed": "仅备案",
    "none": "未转诊未备案",
    "registered_poor": "脱贫人口",
    "extreme_poverty": "特困人员",
    "dibao": "低保对象",
    "dibao_margin": "低保边缘家庭成员",
    "orphan": "孤儿",
    "unstable_exited": "脱贫不稳定人口",
    "marginal_at_risk": "边缘易致贫人口",
    "sudden_hardship": "突发严重困难人口",
    "illness_poverty": "因病致贫重病患者",
    "severe_disability": "重度残疾人",
    "1": "男",
    "2": "女",
}


class Failed(NamedTuple):
    """One part of a condition that did not hold: what was asked for and what there was, in Chinese."""

    part: str
    required: str
    found: str

    def sentence(self) -> str:
        """The part in words."""
        word = "不得为" if self.part == "without_categories" else "须为"
        return f"{PARTS[self.part]}{word}{self.required}，本次为{self.found}"


@dataclass(frozen=True, slots=True)
class ClosedGate:
    """One benefit, ceiling or item of a layer with the parts of its condition that failed."""

    title: str
    rule: Rule
    failed: tuple[Failed, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A layer that had no part in the decision; ``sentence`` says why."""

    layer: str
    payer: str
    title: str
    gates: tuple[ClosedGate, ...]
    sentence: str


def left_out(version: PolicyVersion, facts: Facts) -> list[LeftOut]:
    """Every layer of the pack that these facts leave out, in the pack's order, each with its reasons.

    A layer that applies and pays nothing (deductible not reached, limit used up) is not left out: its step
    says so. Those who only carry what a fund leaves are not listed.
    """
    found = []
    lines: Sequence[Charge] = facts.charges
    for layer in version.layers:
        terms = layer.terms(facts)
        gates: tuple[ClosedGate, ...] = ()
        if terms is None:
            gates = tuple(_closed(gate, facts) for gate in layer.gates(facts))
        elif isinstance(terms, WaiverTerms):
            if not any(line.amount_fen for line in lines if terms.finds(line)):
                gates = tuple(map(_unused, terms.items))
            lines = [line for line in lines if not terms.finds(line)]
        if gates:
            found.append(LeftOut(layer.kind, layer.payer, layer.title, gates, _sentence(layer, gates)))
    return found


def left_out_as_dict(found: LeftOut) -> dict[str, Any]:
    """The same as JSON-able data."""
    return {
        "layer": found.layer,
        "payer": found.payer,
        "title": found.title,
        "sentence": found.sentence,
        "gates": [
            {
                "title": gate.title,
                "rule": gate.rule.id,
                "source": gate.rule.source,
                "source_title": gate.rule.source_title,
                "clause": gate.rule.clause,
                "failed": [part._asdict() for part in gate.failed],
            }
            for gate in found.gates
        ],
    }


def _closed(gate: Gate, facts: Facts) -> ClosedGate:
    parts = gate.condition.failing(facts)
    return ClosedGate(gate.title, gate.rule, tuple(_failed(part, gate.condition, facts) for part in parts))


def _failed(part: str, condition: Condition, facts: Facts) -> Failed:
    asked = getattr(condition, part)
    if part in {"min_age", "max_age"}:
        return Failed(part, f"{asked}岁{'及以上' if part == 'min_age' else '及以下'}", f"{facts.age}岁")
    if part == "programmes":
        titles = "、".join(f"{programme.title}所列病种" for programme in asked)
        return Failed(part, titles, _list(facts.diagnoses))
    return Failed(part, _list(asked), _list(_found(part, facts)))


def _found(part: str, facts: Facts) -> Any:
    names = {
        "visit_types": "visit_type",
        "levels": "provider_level",
        "places": "place",
        "referrals": "referral",
        "without_categories": "categories",
    }
    return getattr(facts, names.get(part, part))


def _list(values: Any) -> str:
    """One value or several in words, in a stable order."""
    if isinstance(values, frozenset):
        ranks = list(WORDS)
        values = sorted(values, key=lambda value: (ranks.index(value) if value in WORDS else 0, str(value)))
    elif not isinstance(values, tuple):
        values = (values,)
    return "、".join(WORDS.get(value, str(value)) for value in values) or NOBODY


def _unused(item: WaivedItem) -> ClosedGate:
    failed = Failed("charges", "、".join(item.named), "无此项目")
    return ClosedGate(item.basis.title, item.basis.rule, (failed,))


def _sentence(layer: Layer, gates: tuple[ClosedGate, ...]) -> str:
    """Equal reasons are told once; gates for other kinds of visits only where there are no others."""
    of_this_visit = [gate for gate in gates if all(part.part != "visit_types" for part in gate.failed)]
    told: dict[str, list[str]] = {}
    for gate in of_this_visit or gates:
        reason = "，".join(part.sentence() for part in gate.failed)
        if reason:
            told.setdefault(reason, []).append(f"“{gate.rule.clause}”")
    reasons = [f"{'、'.join(clauses)}：{reason}" for reason, clauses in told.items()]
    return f"{layer.title}未参与本次支付。{'；'.join(reasons)}。"

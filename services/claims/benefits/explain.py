"""Say in Chinese why every payer pays what it pays: two sentences a step, amounts in yuan.

Works on the complete dict form of steps, so that a stored explanation reads the same as a fresh one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from services.claims.benefits.adjudicate import Decision
from services.claims.benefits.steps import counts_times, steps_as_dicts
from shared.money import BasisPoints, Fen, format_yuan

StepDict = Mapping[str, Any]


def sentences(decision: Decision) -> list[str]:
    """The whole decision as Chinese sentences: division of the bill, every payer, the person's part."""
    return sentences_of(steps_as_dicts(decision.steps), decision.person_pays_fen, decision.personal_share_bp)


def sentences_of(
    steps: Sequence[StepDict], person_pays_fen: Fen, personal_share_bp: BasisPoints
) -> list[str]:
    """The same from stored steps (``step_as_dict``) and the person's part."""
    lines = [sentence for step in steps for sentence in step_sentences(step)]
    return [*lines, f"个人负担{_yuan(person_pays_fen)}，占总费用的{_percent(personal_share_bp)}。"]


def step_sentences(step: StepDict) -> list[str]:
    """One step: what is paid and how it was worked out; where the numbers come from."""
    if step["layer"] == "charges":
        return [_charges_sentence(step)]
    if step["layer"] == "waiver":
        return [f"{step['title']}{_yuan(step['amount_fen'])}，不向患者收取。", _grounds(step)]
    lines = [text for line in step["arithmetic"] if (text := _line(line, step))]
    lines += [_movement(movement, step["labels"]) for movement in step["accumulators"]]
    amount = f"{step['title']}支付{_yuan(step['amount_fen'])}"
    return [f"{amount}：{'；'.join(filter(None, lines))}。", _grounds(step)]


def _charges_sentence(step: StepDict) -> str:
    numbers, labels = step["parameters"], step["labels"]
    parts = [f"{labels[name]}{_yuan(value)}" for name, value in numbers.items() if value]
    taken = f"，扣除{'、'.join(parts)}" if parts else ""
    return f"总费用{_yuan(step['base']['fen'])}{taken}，{labels['amount']}{_yuan(step['amount_fen'])}。"


def _line(line: Mapping[str, Any], step: StepDict) -> str:
    """One line of arithmetic in words; empty where nothing happens (less nothing, plus nothing)."""
    labels, op, value = step["labels"], line["op"], line["value"]
    numbers = [_numbers(step)[name] for name in line["arguments"]]
    if op == "tiers":
        return _tiers_line(*numbers)
    (left, right), (a, b) = (labels[name] for name in line["arguments"]), numbers
    if op == "at_most":
        return f"超过{right}，按{_yuan(b)}支付" if a > b else f"{_yuan(a)}未超过{right}{_yuan(b)}"
    if op in {"at_rate", "at_rate_down"}:
        rounding = "（不足一分舍去）" if op == "at_rate_down" else ""
        return f"{left}{_yuan(a)}按{right}{_percent(b)}计{_yuan(value)}{rounding}"
    if not b or (op == "plus" and not a):
        return ""
    return f"{left}{_yuan(a)}{'减' if op == 'less' else '加'}{right}{_yuan(b)}，得{_yuan(value)}"


def _tiers_line(before: Fen, after: Fen, deductible: Fen, tiers: Sequence[Sequence[Any]]) -> str:
    pieces, lower = [], max(before, deductible)
    for up_to, rate_bp in tiers:
        upper = after if up_to is None else min(after, up_to)
        if upper > lower:
            pieces.append(f"{_yuan(lower)}至{_yuan(upper)}按{_percent(rate_bp)}")
            lower = upper
    if not pieces:
        return f"本年累计自付{_yuan(after)}，未超过起付线{_yuan(deductible)}"
    return f"本年累计自付{_yuan(after)}，起付线{_yuan(deductible)}，其中{'，'.join(pieces)}"


def _movement(movement: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    before, after = movement["before"], movement["after"]
    name = movement["kind"].partition("@")[0]
    if before == after:
        return ""
    if counts_times(name):
        return f"{labels[name]}由{before}次增至{after}次"
    direction = "增至" if after > before else "减至"
    return f"{labels.get(name, '本年累计个人负担')}由{_yuan(before)}{direction}{_yuan(after)}"


def _numbers(step: StepDict) -> dict[str, Any]:
    results = {line["result"]: line["value"] for line in step["arithmetic"]}
    return {step["base"]["name"]: step["base"]["fen"], **step["parameters"], **results}


def _grounds(step: StepDict) -> str:
    by_source: dict[str, list[str]] = {}
    for rule in (step, *step["rules"]):
        clause = rule["clause"] if rule["verified"] else f"{rule['clause']}（待核实）"
        clauses = by_source.setdefault(rule["source_title"], [])
        if clause not in clauses:
            clauses.append(clause)
    texts = [f"{source}：{'，'.join(clauses)}" for source, clauses in by_source.items()]
    return f"依据：{'；'.join(texts)}。"


def _yuan(fen: Fen) -> str:
    return f"{format_yuan(fen)}元"


def _percent(rate_bp: BasisPoints) -> str:
    return f"{rate_bp // 100}.{rate_bp % 100:02d}".rstrip("0").rstrip(".") + "%"

"""The arithmetic of an explained amount as formulas in yuan."""

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.demo.tables.words import short_percent, yuan
from shared.money import Fen

Detail = Mapping[str, Any]


def formulas(detail: Detail) -> list[str]:
    """One formula for each line of arithmetic that does something, then the movements of yearly totals."""
    formulas_ = [f"计算：{text}" for line in detail["arithmetic"] if (text := _formula(line, detail))]
    labels = detail["labels"]
    moved = [f"累计：{text}" for each in detail["accumulators"] if (text := _movement(each, labels))]
    return formulas_ + moved


def _formula(line: Mapping[str, Any], detail: Detail) -> str:
    """Empty where nothing happens: less nothing, plus nothing."""
    op, value = line["op"], line["value"]
    numbers = [_numbers(detail)[name] for name in line["arguments"]]
    if op == "tiers":
        before, after, deductible, tiers = numbers
        return _tiers(before, after, deductible, tiers, value)
    (left, right), (a, b) = (detail["labels"][name] for name in line["arguments"]), numbers
    if op == "at_most":
        return f"{left} {yuan(a)} 超过{right}，取 {yuan(b)}" if a > b else f"未超过{right} {yuan(b)}"
    if op in {"at_rate", "at_rate_down"}:
        rounded = "（不足一分舍去）" if op == "at_rate_down" else ""
        return f"{left} {yuan(a)} × {right} {short_percent(b)} = {yuan(value)}{rounded}"
    if not b or (op == "plus" and not a):
        return ""
    return f"{left} {yuan(a)} {'－' if op == 'less' else '＋'} {right} {yuan(b)} = {yuan(value)}"


def _tiers(before: Fen, after: Fen, deductible: Fen, tiers: Sequence[Sequence[Any]], value: Fen) -> str:
    """The parts of the stretch above the deductible, each at the rate of its tier."""
    if after <= deductible:
        return f"本年累计自付 {yuan(after)}，未超过起付线 {yuan(deductible)}"
    pieces, lower = [], max(before, deductible)
    for up_to, rate_bp in tiers:
        upper = after if up_to is None else min(after, up_to)
        if upper > lower:
            pieces.append(f"（{yuan(upper)} － {yuan(lower)}）× {short_percent(rate_bp)}")
            lower = upper
    sum_text = " ＋ ".join(pieces) or yuan(0)
    return f"本年累计自付 {yuan(after)}，起付线 {yuan(deductible)}：{sum_text} = {yuan(value)}"


def _movement(movement: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    before, after = movement["before"], movement["after"]
    label = labels.get(movement["kind"].partition("@")[0], movement["kind"])
    return f"{label}：{yuan(before)} → {yuan(after)}" if before != after else ""


def _numbers(detail: Detail) -> dict[str, Any]:
    results = {line["result"]: line["value"] for line in detail["arithmetic"]}
    return {detail["base"]["name"]: detail["base"]["fen"], **detail["parameters"], **results}

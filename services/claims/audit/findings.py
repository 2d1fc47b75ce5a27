"""From what the database has picked out to findings: amounts at stake, the arithmetic, the words. Pure.

What a finding puts at stake is an upper limit for the hearing to start from, never above the bill.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from services.claims.audit.model import (
    CostOutlier,
    DayLimits,
    DrugShare,
    Duplicates,
    Fit,
    Found,
    PatientFit,
    PriceLimits,
)
from shared.money import Fen, div_half_up, format_rate, format_yuan, ratio_bp, share_down

_E4_MILLI_PER_FEN: Final = 100_000
_MAD_E4: Final = 14_826
"""A normal distribution's standard deviation is 1.4826 times its median absolute deviation."""


class Line(NamedTuple):
    """A charge line of the month with what the rules need of its visit."""

    facility_code: str
    settlement_id: str
    line_no: int
    item_code: str
    name: str
    quantity_milli: int
    unit_price_e4: int
    price_limit_e4: int | None
    amount_fen: Fen
    level: int
    person_id: str
    day: date
    days: int
    """Days of the stay: the day of admission counts, that of discharge does not, one at least."""


class Patient(NamedTuple):
    """Whom a visit or a line was for; ``code`` is the diagnosis or item that a rule looks at."""

    facility_code: str
    settlement_id: str
    line_no: int | None
    code: str
    sex: str
    age: int
    amount_fen: Fen


class Month(NamedTuple):
    """What a provider billed in the month."""

    facility_code: str
    level: int
    visits: int
    total_fen: Fen
    part_fen: Fen
    """The part that the rule looks at: drugs."""


def repeated_lines(rule: Duplicates, lines: Iterable[Line]) -> list[Found]:
    """Lines of one visit that are equal in item, quantity and price: all but the first are at stake."""
    groups: dict[tuple[str, str, int, int], list[Line]] = defaultdict(list)
    for line in lines:
        groups[line.settlement_id, line.item_code, line.quantity_milli, line.unit_price_e4].append(line)
    found = []
    for group in groups.values():
        ordered = sorted(group, key=lambda line: line.line_no)
        again = ordered[1:]
        stake = sum(line.amount_fen for line in again)
        if not stake:
            continue
        first = ordered[0]
        words = f"{first.name}（{first.item_code}）在同一次就诊中以相同数量和单价计费 {len(ordered)} 行"
        numbers = {"lines": len(ordered), "each_fen": first.amount_fen, "formula": "(lines − 1) × each"}
        found.append(_line_finding(rule, first, [line.line_no for line in again], stake, words, numbers))
    return found


def repeated_days(rule: Duplicates, lines: Iterable[Line]) -> list[Found]:
    """The same item for one person on one day in several visits: all but the first visit's are at stake."""
    groups: dict[tuple[str, str, date], list[Line]] = defaultdict(list)
    for line in lines:
        groups[line.person_id, line.item_code, line.day].append(line)
    found = []
    for group in groups.values():
        first = min(group, key=lambda line: line.settlement_id)
        for line in sorted(group, key=lambda line: (line.settlement_id, line.line_no)):
            if line.settlement_id == first.settlement_id or not line.amount_fen:
                continue
            other = f"另一次就诊（结算 {first.settlement_id}）"
            words = f"{line.name}（{line.item_code}）{line.day} 已在{other}中计费"
            numbers = {"other_settlement": first.settlement_id, "day": line.day.isoformat()}
            found.append(_line_finding(rule, line, [line.line_no], line.amount_fen, words, numbers))
    return found


def prices(rule: PriceLimits, lines: Iterable[Line]) -> list[Found]:
    """Unit prices above the highest allowed: quantity times the excess, as far as the funds paid for it.

    A line that stated a price limit of the insurance was eligible up to that limit only; what lies above
    it is not the funds' money.
    """
    found = []
    for line in lines:
        limit = rule.limits.get((line.item_code, line.level))
        billed = (
            line.unit_price_e4
            if line.price_limit_e4 is None
            else min(line.unit_price_e4, line.price_limit_e4)
        )
        if limit is None or billed <= limit:
            continue
        stake = min(line.amount_fen, div_half_up(line.quantity_milli * (billed - limit), _E4_MILLI_PER_FEN))
        if not stake:
            continue
        words = (
            f"{line.name}（{line.item_code}）单价 {_price(billed)} 元，{line.level} 级机构最高限价"
            f" {_price(limit)} 元，数量 {_quantity(line.quantity_milli)}"
        )
        numbers = {
            "quantity": _quantity(line.quantity_milli),
            "unit_price": _price(billed),
            "limit": _price(limit),
            "formula": "quantity × (unit_price − limit)",
        }
        found.append(_line_finding(rule, line, [line.line_no], stake, words, numbers))
    return found


def quantities(rule: DayLimits, lines: Iterable[Line]) -> list[Found]:
    """More of an item than the days of the stay allow: the excess share of what was billed for it."""
    groups: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        groups[line.settlement_id, line.item_code].append(line)
    found = []
    for (_, item_code), group in groups.items():
        first, per_day = group[0], rule.per_day_milli.get(item_code)
        billed = sum(line.quantity_milli for line in group)
        if per_day is None or billed <= per_day * first.days:
            continue
        excess, amount = billed - per_day * first.days, sum(line.amount_fen for line in group)
        stake = div_half_up(amount * excess, billed)
        if not stake:
            continue
        words = (
            f"{first.name}（{item_code}）计 {_quantity(billed)}，住院 {first.days} 天最多 "
            f"{_quantity(per_day * first.days)}"
        )
        numbers = {
            "billed": _quantity(billed),
            "days": first.days,
            "per_day": _quantity(per_day),
            "amount_fen": amount,
            "formula": "amount × (billed − days × per_day) ÷ billed",
        }
        nos = sorted(line.line_no for line in group)
        found.append(_line_finding(rule, first, nos, stake, words, numbers))
    return found


def misfits(rule: PatientFit, patients: Iterable[Patient]) -> list[Found]:
    """Diagnoses and items that are not for the patient's sex or age: the line, or the whole bill."""
    found, seen = [], set()
    for each in patients:
        fits = rule.items if each.line_no is not None else rule.diagnoses
        fit, what = _first_misfit(fits, each)
        if fit is None or not each.amount_fen:
            continue
        fingerprint = f"{rule.id}/{each.settlement_id}/{each.line_no or 0}"
        if fingerprint in seen:
            continue
        seen.add(fingerprint)
        wanted = _wanted(fit)
        words = f"{each.code}（{fit.name}）限{wanted}，患者为{_sex(each.sex)}、{each.age} 岁"
        numbers: dict[str, object] = {"code": each.code, "misfit": what, "sex": each.sex, "age": each.age}
        lines = () if each.line_no is None else (each.line_no,)
        found.append(
            Found(
                rule,
                each.facility_code,
                each.settlement_id,
                lines,
                fingerprint,
                each.amount_fen,
                words,
                numbers,
            )
        )
    return found


def drug_shares(rule: DrugShare, month: date, providers: Iterable[Month]) -> list[Found]:
    """Providers whose drugs are more than the share allowed of what they billed: the excess is at stake."""
    found = []
    for each in providers:
        allowed = share_down(each.total_fen, rule.limit_bp)
        if each.level not in rule.levels or each.visits < rule.from_visits or each.part_fen <= allowed:
            continue
        share = ratio_bp(each.part_fen, each.total_fen)
        words = (
            f"{month:%Y-%m} 药品 {format_yuan(each.part_fen)} 元，占医疗费用"
            f" {format_yuan(each.total_fen)} 元的 {_percent(share)}，上限 {_percent(rule.limit_bp)}"
        )
        numbers: dict[str, object] = {
            "visits": each.visits,
            "drugs_fen": each.part_fen,
            "total_fen": each.total_fen,
            "share": format_rate(share),
            "limit": format_rate(rule.limit_bp),
            "formula": "drugs − limit × total",
        }
        found.append(_month_finding(rule, month, each, each.part_fen - allowed, words, numbers))
    return found


def outliers(rule: CostOutlier, month: date, providers: Sequence[Month]) -> list[Found]:
    """Providers whose average stands out among those of their level, by ratio and by robust deviation.

    At stake is what the visits cost above the ratio times the median. Medians of an even number of averages
    are rounded half-up to the fen.
    """
    levels: dict[int, list[Month]] = defaultdict(list)
    for each in providers:
        if each.visits >= rule.from_visits:
            levels[each.level].append(each)
    found = []
    for peers in levels.values():
        if len(peers) < rule.from_peers:
            continue
        averages = [div_half_up(each.total_fen, each.visits) for each in peers]
        middle = median(averages)
        spread = median([abs(average - middle) for average in averages])
        for each in peers:
            if stands_out(rule, each, middle, spread):
                found.append(_outlier(rule, month, each, middle, spread, len(peers)))
    return found


def stands_out(rule: CostOutlier, each: Month, middle: Fen, spread: Fen) -> bool:
    """Whether a provider's average lies above the peers' median by ratio and by robust deviations."""
    average = div_half_up(each.total_fen, each.visits)
    by_ratio = average * 100 > middle * rule.ratio_percent
    by_spread = (average - middle) * 100 * 10_000 > rule.deviations_percent * _MAD_E4 * spread
    return by_ratio and by_spread


def _above(rule: CostOutlier, each: Month, middle: Fen) -> Fen:
    return max(each.total_fen - div_half_up(middle * rule.ratio_percent * each.visits, 100), 0)


def again(
    rule: DrugShare | CostOutlier, month: date, providers: Sequence[Month], arithmetic: Mapping[str, Any]
) -> Fen:
    """What a provider's month still puts at stake, on the bills that stand; zero if it is in order.

    Peers count as they did when it was found (``arithmetic``), whatever they take back later.
    """
    if isinstance(rule, DrugShare):
        return sum(found.at_stake_fen for found in drug_shares(rule, month, providers))
    middle, spread = arithmetic["median_fen"], arithmetic["mad_fen"]
    return sum(
        _above(rule, each, middle)
        for each in providers
        if each.visits >= rule.from_visits and stands_out(rule, each, middle, spread)
    )


def _outlier(rule: CostOutlier, month: date, each: Month, middle: Fen, spread: Fen, peers: int) -> Found:
    average = div_half_up(each.total_fen, each.visits)
    words = (
        f"{month:%Y-%m} 次均费用 {format_yuan(average)} 元（{each.visits} 人次），{peers} 家同级机构中位数 "
        f"{format_yuan(middle)} 元，为其 {average * 100 // middle}%"
    )
    numbers: dict[str, object] = {
        "visits": each.visits,
        "total_fen": each.total_fen,
        "average_fen": average,
        "median_fen": middle,
        "mad_fen": spread,
        "peers": peers,
        "ratio_percent": rule.ratio_percent,
        "formula": "total − ratio × median × visits",
    }
    return _month_finding(rule, month, each, _above(rule, each, middle), words, numbers)


def median(values: Sequence[int]) -> int:
    """The middle value; between two of them, half-up."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else div_half_up(ordered[middle - 1] + ordered[middle], 2)


def _line_finding(
    rule: Duplicates | PriceLimits | DayLimits,
    line: Line,
    line_nos: Sequence[int],
    stake: Fen,
    words: str,
    numbers: Mapping[str, object],
) -> Found:
    nos = ",".join(map(str, line_nos))
    fingerprint = f"{rule.id}/{line.settlement_id}/{nos}"
    return Found(
        rule,
        line.facility_code,
        line.settlement_id,
        tuple(line_nos),
        fingerprint,
        stake,
        words,
        dict(numbers),
    )


def _month_finding(
    rule: DrugShare | CostOutlier,
    month: date,
    each: Month,
    stake: Fen,
    words: str,
    numbers: Mapping[str, object],
) -> Found:
    fingerprint = f"{rule.id}/{each.facility_code}/{month:%Y-%m}"
    return Found(rule, each.facility_code, None, (), fingerprint, stake, words, dict(numbers))


def _first_misfit(fits: Iterable[Fit], patient: Patient) -> tuple[Fit | None, str]:
    for fit in fits:
        if patient.code.startswith(fit.prefix):
            what = fit.misfit(patient.sex, patient.age)
            if what:
                return fit, what
    return None, ""


def _wanted(fit: Fit) -> str:
    ages = (
        f"{fit.from_age} 岁以上" if fit.from_age is not None else "",
        f"不满 {fit.to_age} 岁" if fit.to_age is not None else "",
    )
    return "、".join(part for part in ({"1": "男性", "2": "女性"}.get(fit.sex or "", ""), *ages) if part)


def _sex(sex: str) -> str:
    return {"1": "男性", "2": "女性"}.get(sex, "性别不明")


def _percent(rate_bp: int) -> str:
    return f"{rate_bp // 100}.{rate_bp % 100:02d}%"


def _price(e4: int) -> str:
    return f"{e4 // 10_000}.{e4 % 10_000:04d}".rstrip("0").ljust(len(str(e4 // 10_000)) + 3, "0")


def _quantity(milli: int) -> str:
    whole, part = divmod(milli, 1_000)
    return f"{whole}.{part:03d}".rstrip("0") if part else str(whole)

"""Why a pack is refused, in Chinese, for the people who write packs."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from jsonschema.exceptions import ValidationError

LONGEST_SHOWN = 60

RULES: Final[tuple[tuple[str, str], ...]] = (
    (r"the key (.+) is given twice", "键 {0} 写了两次"),
    (r"not readable as YAML: (.+)", "不是有效的 YAML：{0}"),
    (r"folder and file are named after .+", "文件夹要与 pack 同名，文件要与 effective_from 同名"),
    (r"expected a provider level 0 to 3 and an age in years", "level 应为 0 至 3，age 应为整数岁"),
    (r"expected amounts in yuan as text", '应为带引号、两位小数的金额（元），例如 "600.00"'),
    (r"expected an amount in yuan as text", '应为带引号、两位小数的金额（元），例如 "600.00"'),
    (r"expected a mapping", "应为“键: 值”的一组内容"),
    (r"expected a text", "应为文字，不能为空"),
    (r"expected a list", "应为列表"),
    (r"expected one of (.+)", "只能是：{0}"),
    (r"expected some of (.+)", "只能从中选取至少一个：{0}"),
    (r"expected a date such as .+", '应为实际存在的日期，例如 "2026-01-01"'),
    (r"an amount cannot be negative", "金额不能为负数"),
    (r"expected a rate between 0 and 1 as text", '应为带引号的 0 至 1 之间的比例，例如 "0.75"'),
    (r"expected signed points such as .+", '应为带正负号的百分点，例如 "+0.05"'),
    (r"points need a sign", "百分点必须带正负号"),
    (r"the pack lists no accumulator of this name", "accumulators 中没有登记这个累计项"),
    (r"no source is called (.+)", "sources 中没有名为 {0} 的出处"),
    (r"expected true or false", "只能是 true（已核对原文）或 false（默认值，待核实）"),
    (r"two rules are called (.+)", "规则编号 {0} 重复"),
    (r"not a part of a condition, or a list .+", "不是条件的组成部分，或者该写单个值却写成了列表（或相反）"),
    (
        r"a ceiling on the eligible cost covers eligible cost only",
        "share_of 为 eligible 时 covers 只能是 [eligible]",
    ),
    (r"tiers must rise and only the last .+", "分段上限必须逐段升高，并且只有最后一段不封顶（up_to: null）"),
    (r"a pack needs at least one version", "政策包至少要有一个版本"),
    (
        r"versions of one pack share its name and its governing date",
        "同一政策包的各版本必须同名，governing_date 也必须相同",
    ),
    (r"two versions of a pack begin on the same day", "同一政策包有两个版本的生效日期相同"),
    (r"a public notice stands for (.+) days or more", "公示不得少于 {0} 天"),
    (r"a version needs layers", "至少要有一个支付层"),
    (r"waivers come before all other layers", "减免层（waiver）要排在所有其他层之前"),
    (
        r"the payer (.+) has two titles or two fund_pay_types",
        "{0} 出现两次时，title 和 fund_pay_type 必须相同",
    ),
    (
        r"a benefit has one of rate \(with its deductible\), fixed and tiers",
        "一项待遇只能写 rate（比例，可带 deductible）、fixed（定额）、tiers（分段）之一",
    ),
    (
        r"tiers per year count in an accumulator, tiers per visit do not",
        "per: year 的分段要写 accumulator，per: visit 的不能写",
    ),
    (
        r"admissions, and only they, are counted under a name in _count",
        "住院次数的累计项名称以 _count 结尾，其他累计项不能以它结尾",
    ),
    (
        r"a ceiling per year counts in accumulators, one per visit does not",
        "per: year 的基金要写 accumulators（whole、person），per: visit 的不能写",
    ),
    (
        r"funds that share a yearly burden count the same in it",
        "共用全年负担的几个基金，share_of 和 whole 必须相同；whole 与 person 不能同名",
    ),
    (r"(\S+) is kept for balances of funds", "以 {0} 开头的累计项只用于基金余额"),
    (r"the balance of a fund is counted under (\S+)", "基金余额的累计项要以 {0} 开头"),
    (
        r"(\S+) leaves something to (\S+), but see which funds follow",
        "{0} 把余下的留给 {1}：后面还有基金时不能写 person，没有基金时不能写 next",
    ),
    (
        r"a subsidy per person-year counts in an accumulator, others do not",
        "per: person_year 的补助要写 accumulator，per: event 的不能写",
    ),
    (r"an item is named by codes or by charge categories", "减免项目要写 item_codes 或 charge_categories"),
    (r"expected whole numbers as text where times are counted", '住院次数应为带引号的整数，例如 "1"'),
    (r"expected disease programmes of this pack", "programmes 中没有登记这个病种目录"),
    (r"expected a whole number", "应为不小于 0 的整数"),
    (r"expected a list of texts", "应为文字的列表"),
    (r"a disease needs ICD-10 prefixes", "病种要写 icd10 前缀"),
    (r"a programme needs diseases", "病种目录要写 diseases"),
    (r"expected either tiers or tier_sets", "要么写 tiers，要么写 tier_sets"),
    (r"expected either an amount, or a share of an income", "要么写 amount，要么写 income 和 share"),
    (r"a threshold is more than nothing", "门槛必须大于零"),
    (r"expected classes, each once", "classes 不能为空，同一类别不能写两次"),
    (r"an example names a class that the section .+", "例题中的 class 不在 classes 里"),
    (r"a class needs tiers of its own where .+", "整体没有写 tiers 时，每个类别都要写自己的 tiers"),
    (r"(\S+) is kept for the burden of households", "以 {0} 开头的累计项只用于家庭负担"),
    (r"an accumulator counts one thing only", "同一个累计项不能既作限额又作起付线、分段或次数"),
    (r"only limits and burdens are shared by layers", "起付线、分段和住院次数的累计项不能由几个支付层共用"),
    (
        r"the limit (\S+) is shared by layers on both sides of a fund",
        "限额累计项 {0} 被基金前后的支付层共用，中间的基金也要共用它",
    ),
    (r"expected tiers", "tiers 不能为空"),
    (r"a policy has a premium and covers somebody", "保费和参保比例都要大于零"),
    (r"expected a month and day such as .+", '应为带引号、实际存在的月日，例如 "02-28"'),
    (r"expected categories of persons", "categories 中有不认识的人员类别"),
    (r"an exemption names categories or days from birth", "免等待的情形要写 categories 或 days_from_birth"),
    (
        r"a premium is sponsored by a rate or by a fixed amount",
        "资助参保要么写 rate（比例），要么写 amount（定额）",
    ),
    (
        r"a tier names diseases, known categories if any, and an amount",
        "每一档要写病种（diagnoses 或 programmes）和大于零的 amount，categories 只能用规定的人员类别",
    ),
    (r"lies before the first version", "日期早于第一个版本的生效日期"),
    (r"the version of (.+) is in force on its governing date", "按规定日期应适用 {0} 的版本，不是本版本"),
)
"""What the rules say in English, and the same in Chinese; a test finds those without a Chinese text."""

SAMPLES: Final[Mapping[str, str]] = {
    "amount": '带引号、两位小数的金额（元），例如 "600.00"',
    "rate": '带引号的 0 至 1 之间的比例，两至四位小数，例如 "0.75"',
    "points": '带引号、带正负号的百分点，例如 "+0.05"',
    "date": '带引号的日期，例如 "2026-01-01"',
    "word": "小写英文字母开头，只含小写字母、数字和下划线",
    "rule_id": "小写英文字母开头，只含字母、数字、下划线和点，例如 basic.rate.1",
    "accumulator": "两段小写英文，中间一个点，例如 basic_insurance.paid",
    "chronic_code": "M 加五位数字，例如 M03900",
}
"""What a text that breaks a pattern of the schema should look like, by the name of its definition."""

TYPES: Final[Mapping[str, str]] = {
    "string": "带引号的文字",
    "object": "“键: 值”的一组内容",
    "array": "列表",
    "boolean": "true 或 false",
    "integer": "整数",
    "null": "null",
}


def in_chinese(message: str) -> str:
    """The Chinese text of a ``PackError`` message; unknown messages are shown as they are."""
    for pattern, text in RULES:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return text.format(*found.groups())
    return message


class Fault(NamedTuple):
    """What the schema has against a place: the rule ``wanted``, the value ``found``, the keys it knows."""

    wanted: Any
    found: Any
    known: Iterable[str]
    definitions: Mapping[str, Any]


def schema_reason(error: ValidationError, definitions: Mapping[str, Any]) -> str:
    """What the schema has against a place, in Chinese."""
    known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
    tell = _TELL.get(str(error.validator))
    if tell is None:
        return f"不符合格式要求：{error.message}"
    return tell(Fault(error.validator_value, error.instance, known, definitions))


def _unknown_keys(fault: Fault) -> str:
    return f"不认识的键 {'、'.join(sorted(set(map(str, fault.found)) - set(fault.known)))}"


def _one_of_words(fault: Fault) -> str:
    return f"不认识 {_shown(fault.found)}，只能是：{'、'.join(map(str, fault.wanted))}"


def _pattern(fault: Fault) -> str:
    patterns = {fault.definitions[name].get("pattern"): text for name, text in SAMPLES.items()}
    wanted = patterns.get(fault.wanted, f"符合 {fault.wanted} 的文字")
    return f"{_shown(fault.found)} 写法不对：应为{wanted}"


def _type(fault: Fault) -> str:
    wanted = fault.wanted if isinstance(fault.wanted, list) else [fault.wanted]
    return f"应为{'或'.join(TYPES.get(name, name) for name in wanted)}，不能是 {_shown(fault.found)}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


_TELL: Final[Mapping[str, Callable[[Fault], str]]] = {
    "required": lambda fault: f"缺少 {'、'.join(key for key in fault.wanted if key not in fault.found)}",
    "additionalProperties": _unknown_keys,
    "enum": _one_of_words,
    "const": lambda fault: f"只能是 {_shown(fault.wanted)}",
    "pattern": _pattern,
    "type": _type,
    "minItems": lambda fault: f"至少要有 {fault.wanted} 项，现有 {len(fault.found)} 项",
    "uniqueItems": lambda _: "有重复的项",
    "minProperties": lambda _: "不能为空",
    "minLength": lambda _: "不能为空",
    "maxLength": lambda fault: f"超过 {fault.wanted} 个字",
    "minimum": lambda fault: f"不能小于 {fault.wanted}",
    "maximum": lambda fault: f"不能大于 {fault.wanted}",
    "oneOf": lambda _: "有几种写法可选，但必须恰好用其中一种（例如 rate 与 fixed 只能写一个）",
    "not": lambda fault: f"这里不能写 {'、'.join(fault.wanted.get('required', []))}",
}

"""Chinese words for the codes of the interfaces, and how amounts, counts and shares are written."""

from deploy.demo import places
from shared.money import BasisPoints, Fen, format_yuan

PAYERS = {
    "basic_insurance": "城乡居民基本医疗保险",
    "critical_illness": "城乡居民大病保险",
    "medical_assistance": "医疗救助",
    "poverty_relief_fund": "卫生扶贫救助基金",
}
OTHER_PAYERS = {
    "further_assistance": "再救助",
    "five_subsidies": "贫困患者“五补助”",
    "county_finance": "县财政兜底",
    "public_health_programme": "公共卫生项目减免",
    "provider": "定点医疗机构减免",
}
"""Payers that few bills have; the month's table shows their sum."""
FUNDS = {**PAYERS, **OTHER_PAYERS, "relapse_insurance": "防贫保"}
SOURCES = {
    "personal": "个人缴费",
    "central": "中央财政",
    "province": "省级财政",
    "city": "市级财政",
    "county": "县级财政",
}
VISIT_TYPES = {
    "inpatient": "住院",
    "outpatient": "普通门诊",
    "chronic_outpatient": "门诊慢特病",
    "delivery": "住院分娩",
}
PLACES = {"in_county": "县域内", "in_city": "县外市内", "out_of_city": "市外"}
REFERRALS = {"not_needed": "无需转诊", "compliant": "依规转诊", "filed": "已备案", "none": "未转诊、未备案"}
CATEGORIES = {
    "registered_poor": "脱贫人口",
    "extreme_poverty": "特困人员",
    "dibao": "低保对象",
    "dibao_margin": "低保边缘",
    "orphan": "孤儿",
    "unstable_exited": "脱贫不稳定",
    "marginal_at_risk": "边缘易致贫",
    "sudden_hardship": "突发严重困难",
    "illness_poverty": "因病致贫重病",
    "severe_disability": "重度残疾",
}
CHARGES = {
    "western_medicine": "西药",
    "chinese_patent_medicine": "中成药",
    "herbal": "中草药",
    "laboratory": "化验",
    "examination": "检查",
    "treatment": "治疗",
    "surgery": "手术",
    "material": "材料",
    "nursing": "护理",
    "bed": "床位",
    "other": "其他",
}
SERVICES = {"registry": "登记", "claims": "结算", "screening": "筛查"}
_PROVIDERS = {provider.facility_code: provider.name for provider in places.providers()}
_LEVELS = {provider.facility_code: provider.level for provider in places.providers()}
LEVELS = {0: "村卫生室", 1: "乡镇卫生院", 2: "县级医院", 3: "市级、省级医院"}


def word(words: dict[str, str], code: str) -> str:
    """The Chinese word of a code; a code that is new to the demonstration is shown as it is."""
    return words.get(code, code)


def provider(facility_code: str) -> str:
    """The name of a provider of the sample county."""
    return _PROVIDERS.get(facility_code, facility_code)


def provider_level(facility_code: str) -> int:
    """The level of a provider of the sample county."""
    return _LEVELS.get(facility_code, max(LEVELS))


def yuan(fen: Fen) -> str:
    """An amount in yuan with thousands separators, such as 1,234,567.80."""
    whole, _, cents = format_yuan(abs(fen)).partition(".")
    return f"{'-' if fen < 0 else ''}{int(whole):,}.{cents}"


def percent(rate_bp: BasisPoints) -> str:
    """A rate such as 4.87%."""
    return f"{rate_bp // 100}.{rate_bp % 100:02d}%"


def short_percent(rate_bp: BasisPoints) -> str:
    """A rate as rules state it, such as 5%."""
    return f"{rate_bp // 100}.{rate_bp % 100:02d}".rstrip("0").rstrip(".") + "%"


def count(number: int) -> str:
    """A count with thousands separators."""
    return f"{number:,}"

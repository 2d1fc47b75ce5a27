"""Chinese words for the codes that stand on papers for people. A code without a word is shown as it is."""

from collections.abc import Mapping
from typing import Final

VISIT_TYPES: Final[Mapping[str, str]] = {
    "inpatient": "住院",
    "outpatient": "普通门诊",
    "chronic_outpatient": "门诊慢特病",
    "delivery": "住院分娩",
}
PLACES: Final[Mapping[str, str]] = {"in_county": "县域内", "in_city": "县外市内", "out_of_city": "市外"}
REFERRALS: Final[Mapping[str, str]] = {
    "not_needed": "无需转诊",
    "compliant": "依规转诊",
    "filed": "已备案",
    "none": "未转诊、未备案",
}
CATEGORIES: Final[Mapping[str, str]] = {
    "registered_poor": "脱贫人口",
    "extreme_poverty": "特困人员",
    "dibao": "低保对象",
    "dibao_margin": "低保边缘家庭成员",
    "orphan": "孤儿",
    "unstable_exited": "脱贫不稳定户",
    "marginal_at_risk": "边缘易致贫户",
    "sudden_hardship": "突发严重困难户",
    "illness_poverty": "因病致贫重病患者",
    "severe_disability": "重度残疾人",
}
LEVELS: Final[Mapping[int, str]] = {0: "村卫生室", 1: "一级", 2: "二级", 3: "三级"}
ITEM_CLASSES: Final[Mapping[str, str]] = {"A": "甲类", "B": "乙类", "C": "自费"}
CHARGES: Final[Mapping[str, str]] = {
    "bed": "床位费",
    "examination": "检查费",
    "laboratory": "化验费",
    "treatment": "治疗费",
    "surgery": "手术费",
    "nursing": "护理费",
    "material": "卫生材料费",
    "western_medicine": "西药费",
    "herbal": "中草药费",
    "chinese_patent_medicine": "中成药费",
    "other": "其他费用",
}
"""Categories of charges, in the order in which a statement lists them."""
HERBAL: Final = "herbal"
DRUGS: Final = frozenset({"western_medicine", "chinese_patent_medicine", HERBAL})

"""Refusals of the guards: what was paid for already."""

from shared.problems import ProblemSpec

STAY_OVERLAPS = ProblemSpec(
    "claims.stay_overlaps",
    409,
    zh="患者在 {admitted_on} 至 {discharged_on} 期间已有另一次住院结算，住院日期重叠；请核对日期，"
    "或联系经办机构核实另一次住院",
    en="Another settled stay of the patient overlaps {admitted_on} to {discharged_on}; check the dates, "
    "or ask the agency about the other stay",
)
INVOICE_TWICE = ProblemSpec(
    "claims.invoice_twice",
    409,
    zh="发票号 {invoice_no} 已用于另一次就诊的结算，同一发票不能结算两次",
    en="Invoice {invoice_no} belongs to another settled visit; an invoice is settled once",
)
ITEM_OVER_LIMIT = ProblemSpec(
    "claims.item_over_limit",
    409,
    zh="项目 {item_code} 每人每日最多 {limit}，{why_zh}（依据：{source}）",
    en="Item {item_code} is limited to {limit} a person and day; {why_en} (source: {source})",
)

"""Refusals of the day close."""

from shared.problems import ProblemSpec

CLOSE_IN_FUTURE = ProblemSpec(
    "claims.close_in_future",
    422,
    zh="日结日期 {business_date} 晚于今天 {today}",
    en="The business date {business_date} is after today, {today}",
)
CLOSE_OUT_OF_ORDER = ProblemSpec(
    "claims.close_out_of_order",
    409,
    zh="日结日期 {business_date} 早于上一次日结的日期 {last}",
    en="The business date {business_date} is before that of the last close, {last}",
)
TIE_OUT_FAILED = ProblemSpec(
    "claims.tie_out_failed",
    409,
    zh="日结未通过：有 {count} 笔结算的费用明细、台账、结算单不符，首笔为 {settlement_id}；未保存任何数据",
    en="Not closed: charges, ledger and statement of {count} settlement(s) differ, first {settlement_id};"
    " nothing was saved",
)
SETTLEMENT_DIFFERS = ProblemSpec(
    "claims.settlement_differs",
    409,
    zh="{facility_code} 的结算 {settlement_id}：费用明细 {charged} 元，台账 {booked} 元，结算单 {stated} 元",
    en="Settlement {settlement_id} of {facility_code}: charges {charged}, ledger {booked},"
    " statement {stated}",
)

"""Refusals of keeping funds. 422: the message cannot be right; 409: the state of the fund is in the way."""

from shared.problems import ProblemSpec

OUTSIDE_COUNTY = ProblemSpec(
    "funds.outside_jurisdiction",
    403,
    zh="县 {county} 不在您的管辖范围内",
    en="County {county} lies outside your jurisdiction",
)
UNKNOWN_FUND = ProblemSpec(
    "funds.unknown_fund",
    422,
    zh="本县待遇政策中没有名为 {payer} 的支付方，现有：{known}",
    en="The county's policy knows no payer {payer}; known are: {known}",
)
DAY_OUT_OF_RANGE = ProblemSpec(
    "funds.day_out_of_range",
    422,
    zh="日期应在 {first} 至 {last} 之间（不能是将来的日期）",
    en="The day must lie between {first} and {last} (never in the future)",
)
YEAR_CLOSED = ProblemSpec(
    "funds.year_closed",
    409,
    zh="{year} 年度早已结束，不能再记；最早可记 {oldest} 年度",
    en="The year {year} is long closed; the oldest year still open is {oldest}",
)
YEAR_NOT_BEGUN = ProblemSpec(
    "funds.year_not_begun",
    422,
    zh="年度 {year} 尚早，最晚可记 {latest} 年度",
    en="The year {year} is too far ahead; the latest is {latest}",
)
AMOUNT_ZERO = ProblemSpec("funds.amount_zero", 422, zh="金额须大于零", en="The amount must be above zero")
NO_PLAN = ProblemSpec(
    "funds.no_plan",
    409,
    zh="{county} 县 {year} 年度还没有筹资方案，请先由登记部门公布方案",
    en="There is no financing plan of county {county} for {year}; it has to be announced first",
)
SOURCE_NOT_PLANNED = ProblemSpec(
    "funds.source_not_planned",
    409,
    zh="筹资方案中没有来源 {source}，方案中有：{known}",
    en="The financing plan has no source {source}; it has: {known}",
)
BANK_REFERENCE_USED = ProblemSpec(
    "funds.bank_reference_used",
    409,
    zh="银行流水号 {bank_reference} 已登记且内容不同（业务单 {id}）；更正请先冲销原单",
    en="Bank reference {bank_reference} is taken by another content (operation {id}); reverse that first",
)
TOTAL_MISMATCH = ProblemSpec(
    "funds.total_mismatch",
    422,
    zh="各笔合计为 {found} 元，申报合计为 {stated} 元，相差 {difference} 元；未保存任何数据",
    en="The items add up to {found}, the stated total is {stated}, {difference} apart; nothing was saved",
)
OPERATION_STATE = ProblemSpec(
    "funds.operation_state",
    409,
    zh="该业务单处于 {state} 状态，不能再{action_zh}",
    en="The operation is {state}; it cannot be {action_en}",
)
SECOND_PERSON = ProblemSpec(
    "funds.second_person_needed",
    403,
    zh="经办人不能审批自己经办的业务单，须由另一人办理",
    en="Whoever prepared an operation cannot decide on it; somebody else has to",
)
WARNINGS_NOT_ACCEPTED = ProblemSpec(
    "funds.warnings_not_accepted",
    409,
    zh="该业务单有提示事项未经确认：{warnings}；审批时请在 accept 中逐项确认",
    en="The operation has warnings that nobody accepted: {warnings}; accept each of them on approval",
)
RESERVE_EXCEEDED = ProblemSpec(
    "funds.reserve_exceeded",
    409,
    zh="风险基金余额为 {left} 元，不能动用 {amount} 元",
    en="The risk reserve holds {left}; {amount} cannot be taken from it",
)
NO_DEFICIT = ProblemSpec(
    "funds.no_deficit",
    409,
    zh="风险基金只用于弥补超支：该基金超支 {deficit} 元，申请 {amount} 元",
    en="The reserve only covers a deficit: the fund's is {deficit}, asked for is {amount}",
)
OWED_EXCEEDED = ProblemSpec(
    "funds.owed_exceeded",
    409,
    zh="尚欠上级风险调剂金 {owed} 元，不能扣回（或冲销） {amount} 元",
    en="The upper-level risk fund is owed {owed}; {amount} cannot be clawed back (or taken back)",
)
SCHEDULE_MISMATCH = ProblemSpec(
    "funds.schedule_mismatch",
    422,
    zh="扣回计划合计 {found} 元，应等于预拨 {amount} 元，且日期都在 {year} 年内",
    en="The schedule adds up to {found}; it must be the advance of {amount}, every day within {year}",
)
NOT_REVERSIBLE = ProblemSpec(
    "funds.not_reversible",
    409,
    zh="只有已审批入账且没有冲销在办的业务单才能冲销（现为 {state}）",
    en="Only an approved operation without a reversal under way can be reversed (it is {state})",
)

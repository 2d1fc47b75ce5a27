"""Refusals of the audit."""

from shared.problems import ProblemSpec

MONTH_NOT_OVER = ProblemSpec(
    "claims.audit_month_not_over",
    422,
    zh="{month} 尚未结束，须在月末之后稽核",
    en="{month} is not over; audit it when it is",
)
AUDIT_TOO_LARGE = ProblemSpec(
    "claims.audit_too_large",
    422,
    zh="规则 {rule} 命中超过 {limit} 行，请先核对规则的限值",
    en="The rule {rule} picks out more than {limit} lines; check its limits first",
)
FINDING_STATE = ProblemSpec(
    "claims.audit_finding_state",
    409,
    zh="疑点处于 {state}，不能办理 {action}；可办理的状态：{allowed}",
    en="The finding is {state}; {action} is possible in: {allowed}",
)
STATEMENT_LATE = ProblemSpec(
    "claims.audit_statement_late",
    409,
    zh="申辩期限为 {due}，已过期",
    en="The defence was due by {due}",
)
STATEMENT_PERIOD_RUNS = ProblemSpec(
    "claims.audit_statement_period_runs",
    409,
    zh="医疗机构可申辩至 {due}，期满或收到申辩后才能作出决定",
    en="The provider may state its defence until {due}; decide after that, or once it has",
)
HEARING_MISSING = ProblemSpec(
    "claims.audit_hearing_missing",
    409,
    zh="医疗机构要求听证，须先登记听证情况",
    en="The provider asked for a hearing; record it first",
)
HEARING_DAY = ProblemSpec(
    "claims.audit_hearing_day",
    422,
    zh="听证日期 {held_on} 应在告知之后，且不晚于今天 {today}",
    en="The day of the hearing {held_on} must follow the notice and not lie after today, {today}",
)
DECIDED_BY_SAME_PERSON = ProblemSpec(
    "claims.audit_second_person",
    403,
    zh="决定须由告知之外的另一人作出",
    en="The decision is made by somebody other than the person who gave notice",
)
DEDUCTION_AMOUNT = ProblemSpec(
    "claims.audit_deduction_amount",
    422,
    zh="决定扣减的须给出大于零的金额，不予扣减的不得给出金额",
    en="A deduction needs an amount above zero, a dismissal must not have one",
)
DEDUCTION_ABOVE_CLAIM = ProblemSpec(
    "claims.audit_deduction_above_claim",
    422,
    zh="扣减 {amount} 元，超过尚可扣减的 {limit} 元：以基金对现存单据的支付减去已扣减的为限，"
    "整月疑点还以按现存单据重新计算的涉及金额为限",
    en="A deduction of {amount} exceeds {limit}: what funds paid of the bills that stand and was not deducted"
    " yet; for a finding on a month, what these bills still put at stake",
)
PROVIDER_ONLY = ProblemSpec(
    "claims.audit_provider_only",
    403,
    zh="申辩由被稽核的医疗机构用自己的令牌提交",
    en="The defence is stated by the provider itself, with its own token",
)

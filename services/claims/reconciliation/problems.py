"""Refusals of reconciliations."""

from shared.problems import ProblemSpec

DAY_NOT_CLOSED = ProblemSpec(
    "claims.day_not_closed",
    409,
    zh="有 {count} 天尚未日结，不能对账：{days}；请在经办机构日结后再对账",
    en="{count} day(s) are not closed and cannot be reconciled: {days}; ask again after the day close",
)
TOO_MANY_TO_RECONCILE = ProblemSpec(
    "claims.too_many_to_reconcile",
    422,
    zh="对账期间有 {found} 笔，超过上限 {limit} 笔；请缩短对账期间",
    en="The period holds {found} lines, more than {limit}; take a shorter period",
)
PERIOD_INVALID = ProblemSpec(
    "claims.period_invalid",
    422,
    zh="对账期间 {first_day} 至 {last_day} 无效：止日不得早于起日，且最长 {limit} 天",
    en="The period {first_day} to {last_day} is not valid: first day first, at most {limit} days",
)
HOSPITAL_ONLY = ProblemSpec(
    "claims.hospital_only",
    403,
    zh="对账由医疗机构用自己的令牌发起，经办机构只能查看",
    en="Reconciliations are run by a provider with its own token; the agency can only read them",
)
NOT_ITS_OWN = ProblemSpec(
    "claims.not_its_own",
    403,
    zh="令牌属于医疗机构 {own}，不能为其他机构 {facility_code} 对账",
    en="The token belongs to provider {own}; it cannot reconcile for {facility_code}",
)
LINE_WITHOUT_NAME = ProblemSpec(
    "claims.line_without_name",
    422,
    zh="该行应给出结算编号或就诊号",
    en="This line must name the settlement id or the visit number",
)

"""Refusals of referrals."""

from shared.problems import ProblemSpec

REFERRAL_CONFLICT = ProblemSpec(
    "claims.referral_conflict",
    409,
    zh="转诊单号 {referral_no} 已被使用且内容不同；更正请撤销原单后用新的单号登记",
    en="Referral {referral_no} exists with other content; withdraw it and file under another number",
)
REFERRAL_WITHOUT_GOAL = ProblemSpec(
    "claims.referral_without_goal",
    422,
    zh="应给出转往的医疗机构，或转往的级别、地区",
    en="Say where to: a provider, a level or a place",
)
REFERRAL_PERIOD = ProblemSpec(
    "claims.referral_period",
    422,
    zh="有效期止日 {valid_until} 应不早于登记日，且不晚于登记日起 {months} 个月",
    en="The last day {valid_until} must be on or after the day of filing and within {months} months of it",
)
FILED_IN_FUTURE = ProblemSpec(
    "claims.filed_in_future",
    422,
    zh="登记日期 {filed_on} 晚于今天 {today}",
    en="The day of filing {filed_on} is after today, {today}",
)
FOREIGN_REFERRAL = ProblemSpec(
    "claims.foreign_referral",
    403,
    zh="令牌属于医疗机构 {own}，不能登记或撤销 {facility_code} 的转诊",
    en="The token belongs to provider {own}; it cannot file or withdraw referrals of {facility_code}",
)
UNKNOWN_REFERRAL = ProblemSpec(
    "claims.unknown_referral",
    404,
    zh="没有转诊单 {referral_no}；请先登记转诊，或去掉转诊单号按未转诊结算",
    en="There is no referral {referral_no}; file it first, or leave it out and settle as not referred",
)

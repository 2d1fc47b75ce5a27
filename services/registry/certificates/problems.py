"""Refusals about certificates of chronic diseases."""

from shared.problems import ProblemSpec

CERTIFICATE_DATES = ProblemSpec(
    "registry.certificate_dates",
    422,
    zh="有效期止日 {valid_to} 必须晚于起日 {valid_from}（止日当天不含）",
    en="The certificate ends on {valid_to} (exclusive), which must be after {valid_from}",
)
CERTIFICATE_OVERLAPS = ProblemSpec(
    "registry.certificate_overlaps",
    409,
    zh="此人该病种自 {valid_from} 起已有认定，期间重叠；请先终止原认定，或登记不重叠的期间",
    en="A certificate for the disease from {valid_from} on overlaps; end that one first",
)
NO_CERTIFICATE = ProblemSpec(
    "registry.no_certificate",
    404,
    zh="此人没有该病种的认定",
    en="The person has no certificate for the disease",
)
RESTRICTED_DISEASE = ProblemSpec(
    "registry.restricted_disease",
    403,
    zh="该病种属限制查阅类，登记和终止须有权限范围 {scope}",
    en="The disease belongs to the restricted class; recording and ending it needs the scope {scope}",
)

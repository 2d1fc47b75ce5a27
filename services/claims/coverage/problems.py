"""Refusals that have to do with what covers a patient."""

from shared.problems import ProblemSpec

CHRONIC_UNCERTIFIED = ProblemSpec(
    "claims.chronic_uncertified",
    409,
    zh="患者在 {day} 没有病种 {chronic_code} 的有效慢特病认定，而本机构未开通普通门诊，不能按普通门诊结算",
    en="On {day} the patient has no valid certificate for {chronic_code}, and the provider is not designated"
    " for ordinary outpatient visits, as which it would be settled",
)

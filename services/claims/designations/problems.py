"""Refusals of designations for disease programmes."""

from shared.problems import ProblemSpec

UNKNOWN_PROGRAMME = ProblemSpec(
    "claims.unknown_programme",
    422,
    zh="所报期间内没有生效的政策包含病种目录 {programme}，请核对目录编号，或先发布政策包",
    en="No policy pack in force in the period has a disease programme {programme}; check its id,"
    " or publish the pack first",
)
DESIGNATION_DATES = ProblemSpec(
    "claims.designation_dates",
    422,
    zh="目录 {programme} 的定点止日 {valid_to} 必须晚于起日 {valid_from}",
    en="For programme {programme} the designation ends on {valid_to}, not after it begins on {valid_from}",
)
DESIGNATIONS_OVERLAP = ProblemSpec(
    "claims.designations_overlap",
    422,
    zh="目录 {programme} 的两段定点期间重叠，请合并后再提交",
    en="Two periods of designation for programme {programme} overlap; join them",
)

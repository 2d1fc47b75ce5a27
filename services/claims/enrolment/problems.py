"""Refusals about waiting periods and sponsored premiums."""

from shared.problems import ProblemSpec

NO_WAITING_RULES = ProblemSpec(
    "claims.enrolment_no_rules",
    409,
    zh="{county} 在 {day} 的政策包没有待遇等待期（enrolment/waiting）",
    en="The policy pack of {county} on {day} has no waiting period (enrolment/waiting)",
)
NO_SPONSORSHIP = ProblemSpec(
    "claims.sponsorship_no_rules",
    409,
    zh="{county} 在 {day} 的政策包没有资助参保（enrolment/sponsorship）",
    en="The policy pack of {county} on {day} sponsors no premiums (enrolment/sponsorship)",
)
ONE_WAY_TO_NAME = ProblemSpec(
    "claims.enrolment_one_person",
    422,
    zh="id_number 与 history（连同 county）给出且只给出其中一个",
    en="Give either id_number, or history together with county",
)
UNKNOWN_CATEGORY = ProblemSpec(
    "claims.unknown_category",
    422,
    zh="没有人员类别 {category}，可用的有：{known}",
    en="There is no category {category}; known are: {known}",
)
EMPTY_ENROLMENT = ProblemSpec(
    "claims.enrolment_empty",
    422,
    zh="参保止日 {valid_to} 应晚于起日 {valid_from}（止日当天不含）",
    en="An enrolment ends on {valid_to} (exclusive), which must be after {valid_from}",
)

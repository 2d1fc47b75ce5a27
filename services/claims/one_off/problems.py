"""Refusals of one-off aid: of a whole batch, and of single lines of it."""

from collections.abc import Mapping
from typing import Final

from services.claims.problems import BAD_ID_NUMBER
from shared.problems import ProblemSpec

COUNTY_WITHOUT_PACK = ProblemSpec(
    "claims.one_off_county_without_pack",
    409,
    zh="{county} 没有政策包，不能申请一次性救助",
    en="County {county} has no policy pack, so there is no one-off aid to apply for",
)
DECLARED_IMPOSSIBLE = ProblemSpec(
    "claims.one_off_declared_impossible",
    422,
    zh="{people} 人、合计 {total} 元不可能由救助标准 {tiers} 元组成，请核对申报人数和金额",
    en="{people} people and {total} in all cannot come from the tiers {tiers}; check the figures declared",
)
NOBODY_ACCEPTED = ProblemSpec(
    "claims.one_off_nobody_accepted",
    409,
    zh="批次中没有一人符合条件，请先试算（:preview）查看逐行原因；未保存任何数据",
    en="Nobody in the batch is entitled; see each line's reason with :preview. Nothing was saved",
)
BATCH_DECIDED = ProblemSpec(
    "claims.one_off_batch_decided",
    409,
    zh="该批次已由 {decided_by} 办结（{state}），不能再次审批",
    en="The batch has been decided by {decided_by} ({state}); it cannot be decided again",
)
SAME_PERSON = ProblemSpec(
    "claims.one_off_same_person",
    403,
    zh="审批人不能是编制人，须由另一人审批",
    en="Whoever prepared the batch cannot approve it; somebody else has to",
)
PERSON_NOT_FOUND = ProblemSpec(
    "claims.one_off_person_not_found",
    404,
    zh="没有找到该身份号码的人员，请核对证件或先在登记系统登记",
    en="Nobody has this ID number; check it, or have the person registered first",
)
OTHER_COUNTY = ProblemSpec(
    "claims.one_off_other_county",
    409,
    zh="该人员登记在 {county}，请向登记地申请",
    en="The person is registered in {county}; apply there",
)
DIAGNOSED_LATER = ProblemSpec(
    "claims.one_off_diagnosed_later",
    422,
    zh="确诊日期 {diagnosed_on} 晚于今天 {today}",
    en="The date of diagnosis {diagnosed_on} is after today, {today}",
)
NOT_IN_FORCE = ProblemSpec(
    "claims.one_off_not_in_force",
    409,
    zh="确诊日 {day} 的政策没有一次性救助",
    en="The policy of {day}, the date of diagnosis, has no one-off aid",
)
NO_TIER = ProblemSpec(
    "claims.one_off_no_tier",
    409,
    zh="病种 {diagnoses} 不在救助档次内，或人员类别不符",
    en="No tier is for {diagnoses}, or not for this category of person",
)
TWICE_IN_BATCH = ProblemSpec(
    "claims.one_off_twice_in_batch",
    409,
    zh="同一批次中该人员已在第 {line} 行申请",
    en="The same person is in line {line} of this batch",
)
ALREADY_AIDED = ProblemSpec(
    "claims.one_off_already_aided",
    409,
    zh="该人员已按“{tier}”救助或在其他批次中待审批，同一标准只救助一次",
    en="Aided by “{tier}” already, or waiting for it in another batch; a rule aids a person once",
)
NOTHING_LEFT = ProblemSpec(
    "claims.one_off_nothing_left",
    409,
    zh="本年已救助 {given} 元，不低于本档标准 {amount} 元，没有差额",
    en="The year's aid, {given}, is not below this tier's {amount}; there is no difference to pay",
)

OF_LINES: Final[Mapping[str, ProblemSpec]] = {
    spec.code: spec
    for spec in (
        BAD_ID_NUMBER,
        PERSON_NOT_FOUND,
        OTHER_COUNTY,
        DIAGNOSED_LATER,
        NOT_IN_FORCE,
        NO_TIER,
        TWICE_IN_BATCH,
        ALREADY_AIDED,
        NOTHING_LEFT,
    )
}
"""By which codes a stored line tells why it was refused."""

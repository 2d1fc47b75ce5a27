"""Refusals of batches of sponsored premiums."""

from shared.problems import ProblemSpec

NOBODY_SPONSORED = ProblemSpec(
    "claims.sponsorship_nobody",
    409,
    zh="{county} {year} 年没有尚未资助的应资助人员（须已参保且当日具有资助身份）",
    en="{county} has nobody left to sponsor in {year} (enrolled, and of a sponsored identity on the day)",
)
BATCH_DECIDED = ProblemSpec(
    "claims.sponsorship_decided",
    409,
    zh="该批次已由 {decided_by} 办结（{state}），不能再次审批",
    en="The batch has been decided by {decided_by} ({state}); it cannot be decided again",
)
SAME_PERSON = ProblemSpec(
    "claims.sponsorship_same_person",
    403,
    zh="审批人不能是编制人，须由另一人审批",
    en="Whoever prepared the batch cannot approve it; somebody else has to",
)

"""Refusals about policies and pool of the relapse insurance."""

from shared.problems import ProblemSpec

NO_POLICY_TERMS = ProblemSpec(
    "claims.relapse_policy_no_terms",
    409,
    zh="{county} 在 {day} 的政策包没有防贫保投保条款（relapse_insurance/policy）",
    en="The policy pack of {county} on {day} has no terms of a relapse policy (relapse_insurance/policy)",
)
POLICY_NOBODY = ProblemSpec(
    "claims.relapse_policy_nobody",
    422,
    zh="农村人口 {population} 人按投保比例不足一人，请核对人口数",
    en="Of {population} rural people the share insured is nobody; check the population",
)
POLICY_EXISTS = ProblemSpec(
    "claims.relapse_policy_exists",
    409,
    zh="{county} {year} 年已有防贫保保单（待审批或已生效），一县一年一份",
    en="{county} has a relapse policy for {year} already, waiting or approved; there is one a year",
)
POLICY_DECIDED = ProblemSpec(
    "claims.relapse_policy_decided",
    409,
    zh="该保单已由 {decided_by} 办结（{state}），不能再次审批",
    en="The policy has been decided by {decided_by} ({state}); it cannot be decided again",
)
SAME_PERSON = ProblemSpec(
    "claims.relapse_policy_same_person",
    403,
    zh="审批人不能是编制人，须由另一人审批",
    en="Whoever prepared the policy cannot approve it; somebody else has to",
)
POOL_EMPTY = ProblemSpec(
    "claims.relapse_pool_empty",
    409,
    zh="防贫保资金池 {year} 年余额 {balance} 元，不足以支付 {payout} 元（{clause}）",
    en="The relapse pool of {year} holds {balance}, not the {payout} to be paid ({clause})",
)

"""Refusals of reversals and re-adjudications. A refusal writes nothing, but that a proposal is stale."""

from shared.problems import ProblemSpec

ALREADY_REVERSED = ProblemSpec(
    "claims.already_reversed",
    409,
    zh="该结算已经撤销，不能再次撤销",
    en="The settlement is reversed already; it cannot be reversed again",
)
REASON_RESERVED = ProblemSpec(
    "claims.reason_reserved",
    422,
    zh="撤销原因不能以“{beginning} ”开头：该写法只用于国家接口冲正交易，对账时不计入双方",
    en='A reason cannot begin with "{beginning} ": that marks what the interface undid, and counts nowhere',
)
SAME_SUBJECT = ProblemSpec(
    "claims.same_subject",
    403,
    zh="提出人不能复核自己提出的调整，请由另一人办理",
    en="Who proposed an adjustment cannot approve it; a second person has to",
)
READJUDICATION_DECIDED = ProblemSpec(
    "claims.readjudication_decided",
    409,
    zh="该重新核算已处理（{state}），不能再次处理",
    en="The re-adjudication is decided already ({state})",
)
READJUDICATION_STALE = ProblemSpec(
    "claims.readjudication_stale",
    409,
    zh="提出之后又有新的结算、事实或政策变化，未记账；该人年已重新列入待核算",
    en="A settlement, a fact or a policy changed since it was proposed; nothing was posted, the year is due"
    " again",
)
FILTER_IS_PREVIEW = ProblemSpec(
    "claims.filter_is_preview",
    422,
    zh="筛选条件只用于试算，请同时给出 dry_run=true；正式核算按到期名单进行",
    en="A filter only shows what would come out: send dry_run=true; what is posted follows the list",
)

"""Refusals of payments. Each tells the finance bureau what to do; a refusal writes nothing."""

from shared.problems import ProblemSpec

PAYMENT_STATE = ProblemSpec(
    "claims.payment_state",
    409,
    zh="批次现处于 {state}，不能执行 {action}；只有处于 {allowed} 时可以",
    en="The batch is in state {state}, so {action} is not possible; it is from {allowed}",
)
PAYMENT_SAME_PERSON = ProblemSpec(
    "claims.payment_same_person",
    403,
    zh="编制和审批须由两个人办理：该批次由您编制，请由另一人审批",
    en="Two people prepare and approve a payment: you prepared this one, somebody else must approve it",
)
ACCOUNT_SAME_PERSON = ProblemSpec(
    "claims.account_same_person",
    403,
    zh="收款账户的变更须由两个人办理：该变更由您提交，请由另一人审批",
    en="Two people change an account: you proposed this change, somebody else must approve it",
)
ACCOUNT_CHANGE_STATE = ProblemSpec(
    "claims.account_change_state",
    409,
    zh="该账户变更已审批、已驳回或已被新的变更取代",
    en="This change of accounts is approved, rejected or replaced by a newer one already",
)
ACCOUNT_CHANGED = ProblemSpec(
    "claims.account_changed",
    409,
    zh="编制之后有 {count} 个收款账户已变更，请撤销该批次后重新编制",
    en="{count} account(s) have changed since the batch was prepared; cancel it and prepare it again",
)
PAYEE_KIND = ProblemSpec(
    "claims.payee_kind",
    422,
    zh="收款方 {payee} 与类别 {payee_kind} 不符：机构为 12 位编码，个人为人员编号，县为县级区划代码",
    en="Payee {payee} is no {payee_kind}: a facility's code, a person's id, or for a county its own code",
)
PAYEE_REPEATED = ProblemSpec(
    "claims.payee_repeated",
    422,
    zh="收款方 {payee} 在同一请求中出现多次",
    en="Payee {payee} is named more than once in the request",
)
SHORTFALL = ProblemSpec(
    "claims.payment_shortfall",
    409,
    zh="批次须付 {amount} 元，专户可用 {available} 元（账面 {balance} 元，减已批在途 {promised} 元），"
    "差 {missing} 元：请先将到位资金登记入账；确需先批的，注明理由并加 despite_shortfall=true",
    en="The batch pays {amount}, the special account has {available} (it holds {balance}, {promised} are"
    " promised), {missing} are missing: book what has arrived first, or say despite_shortfall=true and why",
)
SHORTFALL_REASON = ProblemSpec(
    "claims.payment_shortfall_reason",
    422,
    zh="资金不足仍予审批（despite_shortfall=true）的，须在 note 中注明理由",
    en="Whoever approves despite a shortfall has to say why, in note",
)
PERIOD = ProblemSpec(
    "claims.payment_period",
    422,
    zh="month 与 through 应给出且只给出一个",
    en="Give either month or through, and not both",
)
PERIOD_IN_FUTURE = ProblemSpec(
    "claims.payment_period_in_future",
    422,
    zh="截止日 {through} 晚于今天 {today}",
    en="The batch would reach to {through}, which is after today, {today}",
)
NOTHING_PAYABLE = ProblemSpec(
    "claims.nothing_payable",
    409,
    zh="截至 {through} 没有可以支付的款项：{carried} 个收款方应扣款结转，{unpayable} 个没有收款账户",
    en="Up to {through} nothing can be paid: {carried} payee(s) carried forward, {unpayable} without account",
)
SET_OFF_RULE = ProblemSpec(
    "claims.set_off_rule",
    422,
    zh="抵扣方式 instalment 须给出每期金额，share 须给出比例，all 两者都不能给出",
    en="Set-off by instalment needs its amount, by share its rate, and all takes neither",
)
PAYER_ACCOUNT_MISSING = ProblemSpec(
    "claims.payer_account_missing",
    409,
    zh="县 {county} 还没有登记付款账户（基金专户），请先登记并由另一人审批",
    en="County {county} has no account to pay from; propose it and have it approved first",
)
NOT_EXPORTED = ProblemSpec(
    "claims.payment_not_exported",
    409,
    zh="该批次尚未导出，请先执行 :export",
    en="The batch is not exported yet; call :export first",
)
RESULT_UNREADABLE = ProblemSpec(
    "claims.result_unreadable",
    422,
    zh="银行回执无法读取：{reason_zh}",
    en="The bank's file cannot be read: {reason_en}",
)
RESULT_FOREIGN = ProblemSpec(
    "claims.result_foreign",
    409,
    zh="银行回执不属于该批次：批次号、文件摘要或明细号 {found} 不符",
    en="The bank's file belongs to another batch: {found} is not of this one",
)
RESULT_UNBALANCED = ProblemSpec(
    "claims.result_unbalanced",
    409,
    zh="银行回执不平：文件称 {stated_count} 笔 {stated_sum} 元，实为 {count} 笔 {sum} 元",
    en="The bank's file does not balance: it says {stated_count} items, {stated_sum}; it has {count}, {sum}",
)
RESULT_AMOUNT = ProblemSpec(
    "claims.result_amount",
    409,
    zh="明细 {item} 的金额为 {found} 元，批次中为 {expected} 元",
    en="Item {item} says {found}, the batch {expected}",
)
RESULT_REPEATED = ProblemSpec(
    "claims.result_repeated_item",
    422,
    zh="明细 {item} 在回执中出现多次",
    en="Item {item} is in the file more than once",
)
RESULT_CONTRADICTS = ProblemSpec(
    "claims.result_contradicts",
    409,
    zh="明细 {item} 已记为 {state}，回执却称 {found}",
    en="Item {item} is {state} already, the file says {found}",
)
RESULT_INCOMPLETE = ProblemSpec(
    "claims.result_incomplete",
    409,
    zh="回执缺少 {missing} 笔未决明细；确认只是部分回执时请加 partial=true",
    en="The file lacks {missing} open item(s); if it is a part only, say partial=true",
)
RETURN_OF_UNPAID = ProblemSpec(
    "claims.return_of_unpaid",
    409,
    zh="明细 {item} 现为 {state}，银行没有报告过付款成功，不能登记退汇",
    en="Item {item} is {state}: the bank has not reported it paid, so it cannot have come back",
)
RETURN_REPEATED = ProblemSpec(
    "claims.return_repeated",
    409,
    zh="明细 {item} 的退汇已于 {day} 登记，一笔付款只能退汇一次",
    en="The return of item {item} on {day} is booked already; a payment comes back once",
)
RETURN_AMOUNT = ProblemSpec(
    "claims.return_amount",
    409,
    zh="明细 {item} 退汇 {found} 元，与已付的 {expected} 元不符；部分退回须与银行核实",
    en="Item {item} is said to come back with {found}, {expected} was paid; ask the bank about a part",
)
RETURN_DAY = ProblemSpec(
    "claims.return_day",
    422,
    zh="明细 {item} 的退汇日期 {day} 应在 {first}（导出日）至 {today} 之间",
    en="Item {item} came back on {day}; that must lie between {first}, its export, and {today}",
)
RETURN_SET_OFF_OPEN = ProblemSpec(
    "claims.return_set_off_open",
    409,
    zh="待审批的批次 {batch} 正在抵扣预拨款 {item}，请先撤销该批次，再登记退汇",
    en="Batch {batch}, which waits for approval, sets off advance {item}; cancel it, then book the return",
)
NO_FAILED_ITEM = ProblemSpec(
    "claims.no_failed_item",
    409,
    zh="批次中没有可以处理的支付失败或退汇明细",
    en="The batch has no item of this kind that failed or came back",
)
SUBSIDY_PROGRAMME = ProblemSpec(
    "claims.subsidy_programme",
    422,
    zh="没有补助项目 {programme}，可用的有：{known}",
    en="There is no subsidy programme {programme}; known are: {known}",
)
SUBSIDY_PERIOD = ProblemSpec(
    "claims.subsidy_period",
    422,
    zh="{period} 不是该项目的发放周期（{schedule}）",
    en="{period} is no period of this programme ({schedule})",
)
SUBSIDY_PERIOD_IN_FUTURE = ProblemSpec(
    "claims.subsidy_period_in_future",
    422,
    zh="{period} 尚未开始（今天 {today}）",
    en="{period} has not begun (today is {today})",
)
SUBSIDY_RUN_OPEN = ProblemSpec(
    "claims.subsidy_run_open",
    409,
    zh="{programme} 有一次发放尚未审批，请先审批或撤销",
    en="A run of {programme} waits for its approval; approve or cancel it first",
)
SUBSIDY_NOTHING_DUE = ProblemSpec(
    "claims.subsidy_nothing_due",
    409,
    zh="{period} 没有应发、应补或应扣的金额",
    en="Nothing is due, to be paid up or taken back for {period}",
)
SUBSIDY_PAID_MEANWHILE = ProblemSpec(
    "claims.subsidy_paid_meanwhile",
    409,
    zh="编制之后，其中 {count} 个人月已由他县发放（人员迁移），请撤销后重新编制",
    en="Another county has paid {count} month(s) of it since it was prepared; prepare the run again",
)
SUBSIDY_STATE = ProblemSpec(
    "claims.subsidy_state",
    409,
    zh="该次发放现处于 {state}，只有 prepared 时可以审批或撤销",
    en="The run is in state {state}; only one that is prepared can be approved or cancelled",
)
